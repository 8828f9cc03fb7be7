"""What is stored of a visitor, from the command line, whether the server runs or not."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

from linnet.actions.visitors import erase_visitor, stored_addresses, visitor_clicks
from linnet.clicks.orders import Orders
from linnet.clicks.visitors import OrderedVisitors
from linnet.compose.click_orders import click_orders
from linnet.compose.control import Control, control
from linnet.model.domain import Domain
from linnet.settings import Settings
from linnet.statistics.exports import OrderedExports


def exported_visitor(settings: Settings, address: str, hostname: str | None, *, with_network: bool | None) -> Generator[bytes]:
    """The clicks that are stored under an address, of a domain or (None) of all, as lines of JSON in parts."""
    with _asked(settings, address, hostname, with_network=with_network) as (admin, orders, domains):
        visitors, exports = OrderedVisitors(orders), OrderedExports(orders)
        for domain in domains:
            context = admin.changing(domain)
            parts = visitor_clicks(context, visitors, exports, domain.id, address, with_network=with_network)
            with closing(parts):
                yield from parts


def erased_visitor(settings: Settings, address: str, hostname: str | None, *, with_network: bool | None) -> dict[str, int]:
    """Erase what tells of a visitor, of a domain or (None) of all; of how many clicks, by hostname."""
    with _asked(settings, address, hostname, with_network=with_network) as (admin, orders, domains):
        visitors = OrderedVisitors(orders)
        return {
            domain.hostname: erase_visitor(admin.changing(domain), visitors, domain.id, address, with_network=with_network)
            for domain in domains
        }


@contextmanager
def _asked(
    settings: Settings, address: str, hostname: str | None, *, with_network: bool | None
) -> Iterator[tuple[Control, Orders, list[Domain]]]:
    with control(settings) as admin, click_orders(settings) as orders:
        domains = admin.list_domains() if hostname is None else [admin.domain_named(hostname)]
        visitors = OrderedVisitors(orders)
        for domain in domains:
            # What is refused for one of them is done for none.
            stored_addresses(visitors, domain, address, with_network=with_network)
        yield admin, orders, domains
