"""The rule about the services that a topology chooses."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import PurePath

from generator import placeholders
from generator.catalog import Catalog
from generator.problems import Place, known
from generator.rules.registry import Finding, rule
from generator.rules.sites import sites
from generator.rules.values import MEMBER_KINDS, PROCESS_KINDS, VIP_KINDS, Filled, texts
from generator.rules.written import holds


@rule("R509", by_release=True)
def services_complete(catalog: Catalog) -> Iterator[Finding]:
    """Enabled services are OpenStack services of this guide, with those that they need in any release."""
    every = list(texts(catalog))
    choices = [name for name, service in catalog.services.items() if service.kind == "openstack"]
    for place, _, services, _ in sites(catalog):
        for number, name in enumerate(catalog.topologies[PurePath(place.file).stem].services):
            if name not in choices:
                hint = known(name, choices) if name not in catalog.services else "leave it out: it comes by itself"
                yield Finding(place / "services" / number, f"{name!r} is not an OpenStack service of the guide", hint)
        told = set()
        for needed, finding in (*_named(catalog, place, services, every), *_missed(catalog, place, services)):
            if needed not in told:
                told.add(needed)
                yield finding


def _named(
    catalog: Catalog, place: Place, services: Collection[str], every: list[Filled]
) -> Iterator[tuple[str, Finding]]:
    """Services that are left out and that files or steps name."""
    owners = {name: service for name, (service, _) in catalog.processes().items()}
    owners_of_ports = {port.id: owners[name] for name, (_, item) in catalog.processes().items() for port in item.ports}
    for item in (text for text in every if text.service in services):
        for kind, key in placeholders.names_in(item.text):
            by = owners if kind in PROCESS_KINDS else owners_of_ports if kind in VIP_KINDS + MEMBER_KINDS else {}
            needed = by.get(key, "")
            if needed and needed not in services:
                hint = f"{item.place.file} names ${{{kind}.{key}}}: add {needed} to services"
                yield needed, Finding(place / "services", f"{item.service} cannot do without {needed}", hint)


def _missed(catalog: Catalog, place: Place, services: Collection[str]) -> Iterator[tuple[str, Finding]]:
    """Services that are left out and that others find through the catalog of Keystone, so that no file names them."""
    for release in (item.id for item in catalog.published):
        there = {name for name, service in catalog.services.items() if holds(catalog, (service,), release)}
        for name in (name for name in catalog.services if name in there & set(services)):
            for item in catalog.services[name].depends:
                left_out = item.service in there - set(services) and not item.optional
                if left_out and holds(catalog, (item,), release):
                    message = f"{name} cannot do without {item.service} in {release}"
                    yield item.service, Finding(place / "services", message, f"add {item.service} to services")
