"""Destinations on a block-list: refused when they are stored."""

from linnet.actions.context import Context, none_is_harmful
from linnet.model.errors import InvalidField
from linnet.model.link import URL_FIELDS, LinkDraft, wire_name
from linnet.model.url import location


def refuse_harmful(context: Context, url: str | None, *, field: str) -> None:
    """InvalidField when ``url``, the value of ``field``, leads to a host on a block-list; None leads nowhere."""
    if not url or context.harmful_host is none_is_harmful:
        return
    host = context.harmful_host(location(url))
    if host is not None:
        raise InvalidField(f"{field} leads to {host}, which is on this server's list of harmful sites.", field=field)


def refuse_harmful_draft(context: Context, draft: LinkDraft) -> None:
    """The same for every address in a cleaned draft."""
    if context.harmful_host is none_is_harmful:
        return
    for name in URL_FIELDS:
        url = getattr(draft, name)
        if isinstance(url, str):
            refuse_harmful(context, url, field=wire_name(name))
