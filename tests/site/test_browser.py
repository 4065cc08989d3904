"""What a reader can do with the site in a real browser."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.bundled import catalog
from tests.site.conftest import Visit

KINDS = [
    "index.html",
    "history.html",
    "glossary.html",
    "using-a-bundle.html",
    "decisions/index.html",
    "gazpacho/index.html",
    "gazpacho/strategies.html",
    "gazpacho/proof.html",
    "epoxy/proof.html",
    "gazpacho/architecture.html",
    "gazpacho/limitations/index.html",
    "gazpacho/limitations/cinder-volume-single-point-of-failure.html",
    "gazpacho/services/index.html",
    "gazpacho/services/ovn.html",
    "gazpacho/ports.html",
    "gazpacho/changes.html",
    "gazpacho/upgrade.html",
    "gazpacho/downloads.html",
    "liberty/strategies.html",
    "liberty/architecture.html",
    "liberty/services/galera.html",
    "liberty/corrections.html",
    "404.html",
]
"""One page of each kind of the newest release, and those of an old one that look otherwise."""

NEWEST_FIRST = [f"{release.name} ({release.number})" for release in reversed(catalog().published)]
"""The releases as readers choose among them."""


def test_the_front_page_leads_to_a_limitation_within_two_clicks(visit: Visit, address: str) -> None:
    """The newest release stands first; its strategy table is a click away, and there the row names its limitation."""
    visit.page.goto(address + "index.html")
    newest_first = [release.name for release in reversed(catalog().published)]
    expect(visit.page.locator(".ha-release__name")).to_have_text(newest_first)
    visit.page.get_by_role("link", name="Strategy table").first.click()
    expect(visit.page).to_have_title("Strategies - OpenStack HA guide: Gazpacho")
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
    """From Gazpacho's ports to Kilo's, and all releases are offered, the newest first."""
    visit.page.goto(address + "gazpacho/ports.html")
    visit.page.locator(".md-version__current").click()
    expect(visit.page.locator(".md-version__link")).to_have_text(NEWEST_FIRST)
    visit.page.get_by_role("link", name="Kilo (2015.1)").click()
    visit.page.wait_for_url("**/kilo/ports.html")
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Ports of Kilo")


def test_the_filter_of_a_modern_release_finds_its_own_processes(visit: Visit, address: str) -> None:
    """OVN and Placement are there, and what has gone is not."""
    visit.page.goto(address + "gazpacho/strategies.html")
    rows = visit.page.locator("#processes tbody tr:visible")
    rows_of = {"northd": ["ovn-sb-database", "ovn-northd"], "placement-api": ["placement-api"], "glance-registry": []}
    for words, found in rows_of.items():
        visit.page.get_by_label("Contains").fill(words)
        expect(rows).to_have_count(len(found))
        assert [row.get_attribute("id") for row in rows.all()] == found


@pytest.mark.parametrize(
    ("archive", "title"),
    [
        ("kilo/centos-7/collapsed/hacontroller2", "Kilo on CentOS 7 with RDO"),
        ("epoxy/debian-13/segregated/hanetwork1", "Epoxy on Debian 13 (trixie)"),
        ("gazpacho/ubuntu-24.04/collapsed/hacompute1", "Gazpacho on Ubuntu 24.04 LTS with the Cloud Archive"),
    ],
)
def test_a_bundle_can_be_downloaded_and_unpacked(
    visit: Visit, address: str, tmp_path: Path, archive: str, title: str
) -> None:
    """The link of a node below its platform and topology gives a tar whose README is that node's."""
    node = Path(archive).name
    visit.page.goto(f"{address}{archive.partition('/')[0]}/downloads.html")
    with visit.page.expect_download() as download:
        visit.page.locator(f"a[href$='/{archive}.tar.gz']").click()
    file = tmp_path / "bundle.tar.gz"
    download.value.save_as(file)
    subprocess.run(["tar", "-xzf", str(file), "-C", str(tmp_path)], check=True)
    assert (tmp_path / node / "README.md").read_text().splitlines()[1] == f"# {node}: {title}"


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
