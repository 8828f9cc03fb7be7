"""What is stored of a visitor, by its address: handed out to who answers for the domain, or erased."""

from collections.abc import Generator, Iterable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_network

from linnet.actions.context import Context, domain_by_id
from linnet.clicks.visitors import OrderedVisitors, VisitorOrder
from linnet.model.access import Action
from linnet.model.audit import Event
from linnet.model.click_record import FileFormat
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField
from linnet.model.statistics import Filter, Interval, Kind, Question
from linnet.statistics.exports import ClickExports, Export
from linnet.visitor.address import network_bits, normal_address, truncated


def visitor_clicks(
    context: Context,
    visitors: OrderedVisitors,
    exports: ClickExports,
    domain_id: int,
    address: str,
    *,
    with_network: bool | None = None,
) -> Generator[bytes]:
    """The clicks of a domain that are stored under a visitor's address, oldest first, as lines of JSON in parts.

    ``with_network`` and who may as for ``erase_visitor``. Whoever takes the parts closes them.
    """
    domain = _domain(context, domain_id)
    order = stored_addresses(visitors, domain, address, with_network=with_network)
    _note(context, Event.VISITOR_EXPORTED, domain, with_network)
    return _lines(exports, order, visitors.find(order).days)


def erase_visitor(
    context: Context, visitors: OrderedVisitors, domain_id: int, address: str, *, with_network: bool | None = None
) -> int:
    """Erase what tells of a visitor in the clicks of a domain; returns of how many. What was counted of them stays.

    ``with_network`` says whether it is meant with everybody whose clicks are stored under its network; InvalidField where that
    has to be said, and is not (None). Needs what changing the domain's settings needs. The audit log holds no address.
    """
    domain = _domain(context, domain_id)
    order = stored_addresses(visitors, domain, address, with_network=with_network)
    _note(context, Event.VISITOR_ERASED, domain, with_network)
    return visitors.erase(order)


def stored_addresses(visitors: OrderedVisitors, domain: Domain, address: str, *, with_network: bool | None) -> VisitorOrder:
    """The order about a visitor's clicks in a domain: those under its address and, if wanted, under its network's."""
    own = normal_address(address.strip()[:100])
    if not own:
        raise InvalidField("address must be an IP address such as 192.0.2.77 or 2001:db8::1.", field="address")
    network = truncated(own)
    if with_network is None:
        shared = visitors.find(VisitorOrder(domain.id, (network,))).clicks.get(network, 0)
        if shared:
            raise InvalidField(
                f"{shared} clicks of {domain.hostname} are stored under {network}, which stands for everybody in "
                f"{ip_network((network, network_bits(network)))}, because addresses are stored without their last part there. "
                "Say whether these are meant too: network=true or network=false; as a command, --network or --no-network.",
                field="network",
            )
    return VisitorOrder(domain.id, tuple({own, network} if with_network else {own} - {network}))


def _lines(exports: ClickExports, order: VisitorOrder, days: Iterable[date]) -> Generator[bytes]:
    """Day by day, because a visitor has clicks on few of them."""
    ours = Filter(column="address", values=order.addresses)
    for day in days:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        interval = Interval(start=start, end=start + timedelta(days=1))
        question = Question(kind=Kind.LAST_CLICKS, domain_id=order.domain_id, interval=interval, include=(ours,))
        with closing(exports.export(Export(question=question, format=FileFormat.NDJSON))) as parts:
            yield from parts


def _domain(context: Context, domain_id: int) -> Domain:
    with context.database.read() as work:
        return domain_by_id(work, context.actor, Action.CONFIGURE, domain_id)


def _note(context: Context, event: Event, domain: Domain, with_network: bool | None) -> None:
    with context.database.write() as work:
        # Before it happens: whoever asked is known also where the answer does not come.
        context.note(work, event, str(domain.id), domain, network=bool(with_network))
        if event is Event.VISITOR_ERASED:
            # What webhooks were told holds addresses as well, and which ones is not asked.
            work.deliveries.forget_clicks(domain.id, context.now())
