"""The whole site, built once, and a browser to look at it."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Request, expect, sync_playwright

expect.set_options(timeout=30_000)  # a busy machine is slow, which is no fault of a page

PROJECT = Path(__file__).parent.parent.parent
QUIET = [
    "--no-sandbox",  # the tests run as root, for whom Chromium's sandbox is not available
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all tests of the site on one worker, so that it is built once."""
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("site"))


def build(out: Path) -> Path:
    """Build the whole site as `make site` does, and return its folder."""
    done = subprocess.run(
        [sys.executable, "-m", "generator", "build", "--out", str(out)],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out / "site"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    return build(tmp_path_factory.mktemp("out"))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without a line for each request."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


@pytest.fixture(scope="session")
def address(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a plain web server offers the site, below a path, as any server might."""
    root = tmp_path_factory.mktemp("www")
    (root / "some" / "path").mkdir(parents=True)
    (root / "some" / "path" / "guide").symlink_to(site)
    handler = functools.partial(Quiet, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/some/path/guide/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    path = shutil.which("chromium")
    assert path, "chromium is not installed: `make test` installs it"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield started
        started.close()


class Visit:
    """A browser context that notes every request and every error of a page."""

    def __init__(self, context: BrowserContext, allowed: tuple[str, ...]) -> None:
        self.context = context
        self.foreign: list[str] = []
        self.errors: list[str] = []
        self.allowed = allowed
        self.page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("request", self._note)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _note(self, request: Request) -> None:
        if not request.url.startswith(self.allowed):
            self.foreign.append(request.url)


@pytest.fixture
def visit(browser: Browser, address: str, site: Path) -> Iterator[Visit]:
    """A desktop browser; at the end it has asked no other host and met no error."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, accept_downloads=True)
    made = Visit(context, (address, f"file://{site}", "data:", "blob:"))
    yield made
    context.close()
    assert made.foreign == []
    assert made.errors == []
