"""How many links an owner may have."""

from linnet.actions.context import Context
from linnet.model.domain import Domain
from linnet.model.errors import QuotaReached
from linnet.storage.unit_of_work import UnitOfWork


def room_for_links(context: Context, work: UnitOfWork, domain: Domain) -> int | None:
    """How many links can be added to ``domain``; None for any number. Costs nothing where no limit is set.

    Counted are the links in all domains that the domain's owner registered, whoever made them.
    """
    if context.max_links is None:
        return None
    return context.max_links - work.links.count_of_owner(domain.owner_id, at_most=context.max_links)


def quota_reached(context: Context) -> QuotaReached:
    """The refusal of a link for which there is no room."""
    return QuotaReached(
        f"The domains of one owner hold at most {context.max_links} links in this installation, and that is reached: "
        "delete links, or ask the administrator for a higher limit."
    )
