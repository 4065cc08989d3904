"""Which ports there are, and who may reach them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from generator.snapshot import Snapshot

EVERYONE = {"anywhere": "anyone", "loopback": "the node itself"}


@dataclass(frozen=True)
class PortRow:
    """A port of a process."""

    id: str
    number: str
    protocol: str
    service: str
    service_id: str
    process: str
    purpose: str
    proxied: bool
    clients: str
    runs_on: str

    def as_json(self) -> dict[str, object]:
        """The row for programs."""
        return asdict(self)


def rows(snapshot: Snapshot) -> list[PortRow]:
    """All ports, by number."""
    roles = {role.id: role.name.lower() for role in snapshot.roles} | EVERYONE
    found = []
    for process, port in snapshot.ports.values():
        service = snapshot.service_by_id[snapshot.service_of[process.id]]
        number = "" if port.protocol == "vrrp" else f"{port.number}-{port.last}" if port.last else str(port.number)
        found.append(
            (
                port.number,
                PortRow(
                    id=port.id,
                    number=number,
                    protocol=port.protocol,
                    service=service.name,
                    service_id=service.id,
                    process=process.id,
                    purpose=port.purpose,
                    proxied=port.proxy is not None,
                    clients=", ".join(roles[client] for client in port.clients),
                    runs_on=", ".join(roles[role] for role in process.roles),
                ),
            )
        )
    return [row for _, row in sorted(found, key=lambda item: (item[0], item[1].id))]
