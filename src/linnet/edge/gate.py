"""What a domain asks of a visit before its link is looked at."""

from dataclasses import dataclass

from linnet.model.route import DomainRoute
from linnet.visitor.address import AddressSet


@dataclass(frozen=True, slots=True)
class Gate:
    """``excluded`` are the addresses whose clicks are not counted; None when there are none."""

    excluded: AddressSet | None


def gate_of(domain: DomainRoute) -> Gate | None:
    """The gate of a domain; None for one that asks nothing, as most do."""
    return Gate(AddressSet(domain.ip_exclusions)) if domain.ip_exclusions else None
