"""Every link of the site leads somewhere, and two builds are the same."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jsonschema

from generator.archive import sha256
from tests.bundled import catalog
from tests.site.conftest import build


class Page(HTMLParser):
    """The anchors of a page, and what it refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.references: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note ids, links and sources; `use` refers to a symbol of its own drawing."""
        for name, value in attributes:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in ("href", "src", "xlink:href") and value and tag not in ("base", "use"):
                self.references.add(value)


def pages(site: Path) -> dict[Path, Page]:
    """Every HTML page of the site."""
    found = {path: Page(path.read_text()) for path in sorted(site.rglob("*.html"))}
    assert len(found) > 100
    return found


def test_every_internal_link_leads_to_a_page_and_an_anchor(site: Path) -> None:
    """No link within the site is dead, fragments included."""
    read = pages(site)
    dead = []
    for path, page in read.items():
        for reference in page.references:
            parts = urlsplit(reference)
            if parts.scheme or parts.netloc or (reference.startswith("/") and path.name == "404.html"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                dead.append(f"{path.relative_to(site)}: {reference}")
            elif parts.fragment and target in read and unquote(parts.fragment) not in read[target].anchors:
                dead.append(f"{path.relative_to(site)}: {reference} (no such place on the page)")
    assert dead == []


def test_no_page_refers_to_code_or_pictures_of_another_host(site: Path) -> None:
    """Scripts, styles and pictures all come from the site itself."""
    foreign = [
        f"{path.relative_to(site)}: {line.strip()[:120]}"
        for path in pages(site)
        for line in path.read_text().splitlines()
        if 'src="http' in line or 'rel="stylesheet" href="http' in line
    ]
    assert foreign == []


def test_two_builds_give_the_same_bytes(site: Path, tmp_path: Path) -> None:
    """Every page, diagram, archive and index is the same in a second build."""
    again = build(tmp_path)
    one = {str(path.relative_to(site)): path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()}
    other = {str(path.relative_to(again)): path.read_bytes() for path in sorted(again.rglob("*")) if path.is_file()}
    assert sorted(one) == sorted(other)
    assert [path for path in one if one[path] != other[path]] == []


def test_the_api_is_what_its_schema_says_and_names_real_bundles(site: Path) -> None:
    """index.json leads to each release's facts, which fit their schema and whose bundles have these checksums."""
    api = site / "api" / "v1"
    index = json.loads((api / "index.json").read_text())
    jsonschema.validate(index, json.loads((api / "index.schema.json").read_text()))
    lives = json.loads((api / index["history"]).read_text())
    jsonschema.validate(lives, json.loads((api / "history.schema.json").read_text()))
    newest_first = [release.id for release in reversed(catalog().published)]
    assert [release["id"] for release in index["releases"]] == newest_first
    for release in index["releases"]:
        facts = json.loads((api / release["facts"]).read_text())
        jsonschema.validate(facts, json.loads((api / "release.schema.json").read_text()))
        assert facts["bundles"]
        for bundle in facts["bundles"]:
            data = (site / bundle["path"]).read_bytes()
            assert (sha256(data), len(data)) == (bundle["sha256"], bundle["bytes"]), bundle["path"]


def test_the_checksums_are_those_of_the_archives(site: Path) -> None:
    """Each SHA256SUMS lists every archive beside it, with its checksum."""
    folders = sorted(path.parent for path in site.glob("downloads/*/*/*/SHA256SUMS"))
    sites = sum(len(release.platforms) for release in catalog().published) * len(catalog().topologies)
    assert len(folders) == sites
    for folder in folders:
        archives = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
        lines = [f"{sha256(path.read_bytes())}  {path.name}\n" for path in archives]
        assert (folder / "SHA256SUMS").read_text() == "".join(lines)


def test_no_file_of_the_site_names_this_machine(site: Path) -> None:
    """Neither the project's folder nor the temporary one stands in any text."""
    project = str(Path(__file__).parent.parent.parent)
    texts = [path for path in site.rglob("*") if path.suffix in (".html", ".json", ".js", ".css", ".xml", ".svg")]
    assert [path for path in texts if project in path.read_text() or str(site) in path.read_text()] == []


def test_release_pages_keep_their_budget(site: Path) -> None:
    """No diagram is larger than 40 KB."""
    large = []
    drawings = 0
    for path in sorted(site.rglob("*.html")):
        for piece in path.read_text().split('<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink')[1:]:
            drawings += 1
            size = len(piece.partition("</svg>")[0].encode())
            if size > 40_000:
                large.append((str(path.relative_to(site)), size))
    assert drawings > 50
    assert large == []
