"""What a reader can do with the site in a real browser."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.site.conftest import Visit

KINDS = [
    "index.html",
    "glossary.html",
    "using-a-bundle.html",
    "decisions/index.html",
    "liberty/index.html",
    "liberty/strategies.html",
    "liberty/architecture.html",
    "liberty/limitations/index.html",
    "liberty/limitations/cinder-volume-single-point-of-failure.html",
    "liberty/services/index.html",
    "liberty/services/galera.html",
    "liberty/ports.html",
    "liberty/changes.html",
    "gazpacho/upgrade.html",
    "liberty/corrections.html",
    "liberty/downloads.html",
    "404.html",
]
"""One page of each kind."""


def test_the_front_page_leads_to_a_limitation_within_two_clicks(visit: Visit, address: str) -> None:
    """Release, strategy table, and there the row names its limitation."""
    visit.page.goto(address + "index.html")
    visit.page.get_by_role("link", name="Strategy table").first.click()
    expect(visit.page).to_have_title("Strategies - OpenStack HA guide: Liberty")
    row = visit.page.locator("tr#cinder-volume")
    row.get_by_role("link", name="cinder-volume runs on one node, and nothing takes over").click()
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("cinder-volume runs on one node")


@pytest.mark.parametrize("words", ["openstack-heat-cfn", "openstack-heat-api-cfn"])
def test_the_filter_finds_a_process_by_our_name_and_by_the_guides(visit: Visit, address: str, words: str) -> None:
    """Typing either name leaves the one row, and the address keeps the words."""
    visit.page.goto(address + "liberty/strategies.html")
    visit.page.get_by_label("Contains").fill(words)
    expect(visit.page.locator("#processes tbody tr:visible")).to_have_count(1)
    expect(visit.page.locator("#processes tbody tr:visible")).to_have_id("heat-api-cfn")
    assert visit.page.url.endswith(f"?words={words}")
    visit.page.reload()
    expect(visit.page.locator("#processes tbody tr:visible")).to_have_count(1)


def test_the_filter_by_mode_leaves_the_two_active_passive_rows(visit: Visit, address: str) -> None:
    """A/P is cinder-volume and the LBaaS agent, nothing else."""
    visit.page.goto(address + "liberty/strategies.html")
    visit.page.get_by_label("Mode").select_option("A/P")
    rows = visit.page.locator("#processes tbody tr:visible")
    expect(rows).to_have_count(2)
    assert [row.get_attribute("id") for row in rows.all()] == ["cinder-volume", "neutron-lbaas-agent"]


@pytest.mark.parametrize("words", ["openstack-trove-engine", "wsrep_cluster_address", "sentinel"])
def test_the_search_finds_processes_options_and_aliases(visit: Visit, address: str, words: str) -> None:
    """The search field answers with at least one page that holds the words."""
    visit.page.goto(address + "liberty/index.html")
    visit.page.locator("[data-md-component=search-query]").press_sequentially(words)
    results = visit.page.locator(".md-search-result__item")
    expect(results.first).to_be_visible()


def test_the_version_selector_leads_to_the_same_page_of_another_release(visit: Visit, address: str) -> None:
    """From Liberty's ports to Kilo's."""
    visit.page.goto(address + "liberty/ports.html")
    visit.page.locator(".md-version__current").click()
    visit.page.get_by_role("link", name="Kilo (2015.1)").click()
    visit.page.wait_for_url("**/kilo/ports.html")
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Ports of Kilo")


@pytest.mark.parametrize(("topology", "node"), [("collapsed", "hacontroller2"), ("segregated", "hanetwork1")])
def test_a_bundle_can_be_downloaded_and_unpacked(
    visit: Visit, address: str, tmp_path: Path, topology: str, node: str
) -> None:
    """The link of a node below its topology gives a tar whose README is that node's."""
    visit.page.goto(address + "kilo/downloads.html")
    with visit.page.expect_download() as download:
        visit.page.locator(f"a[href$='/kilo/centos-7/{topology}/{node}.tar.gz']").click()
    file = tmp_path / "bundle.tar.gz"
    download.value.save_as(file)
    subprocess.run(["tar", "-xzf", str(file), "-C", str(tmp_path)], check=True)
    title = (tmp_path / node / "README.md").read_text().splitlines()[1]
    assert title == f"# {node}: Kilo on CentOS 7 with RDO"


def test_an_edit_link_leads_to_the_data_behind_the_page(visit: Visit, address: str) -> None:
    """The page of a limitation is edited in its own YAML file."""
    visit.page.goto(address + "juno/limitations/galera-single-writer.html")
    link = visit.page.get_by_role("link", name="Edit data/limitations/galera-single-writer.yaml")
    assert str(link.get_attribute("href")).endswith("/edit/main/data/limitations/galera-single-writer.yaml")


def test_the_site_works_from_a_disk(visit: Visit, site: Path) -> None:
    """Pages, filter and search work when the files are opened without a server."""
    visit.page.goto(f"file://{site}/liberty/strategies.html")
    visit.page.get_by_label("Contains").fill("openstack-heat-cfn")
    expect(visit.page.locator("#processes tbody tr:visible")).to_have_count(1)
    visit.page.locator("[data-md-component=search-query]").press_sequentially("keepalived")
    expect(visit.page.locator(".md-search-result__item").first).to_be_visible()


def test_a_diagram_links_to_the_page_of_what_it_shows(visit: Visit, address: str) -> None:
    """A click on a card of the architecture opens that service."""
    visit.page.goto(address + "liberty/architecture.html")
    visit.page.locator("svg a", has_text="Keystone").first.click()
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Keystone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_axe_finds_nothing(browser: Browser, address: str, scheme: str, width: int) -> None:
    """No page of any kind has a problem of accessibility that axe knows, in either colours, on desktop and phone."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    found = []
    for kind in KINDS:
        page.goto(address + kind)
        results = Axe().run(page)
        found += [(kind, item["id"], item["nodes"][0]["html"][:100]) for item in results.response["violations"]]
    context.close()
    assert found == []


def test_a_phone_scrolls_no_page_sideways(browser: Browser, address: str) -> None:
    """Wide tables and diagrams scroll within themselves; the page keeps the phone's width."""
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    wide = []
    for kind in KINDS:
        page.goto(address + kind)
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            wide.append(kind)
    context.close()
    assert wide == []
