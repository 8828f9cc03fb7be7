"""The route of a whole link, beside which the storage's own ways to it are held."""

from collections.abc import Iterable, Mapping

from linnet.model.link import Link
from linnet.model.opengraph import Tag
from linnet.model.path import wildcard_depth
from linnet.model.route import LinkFields, Route, milliseconds, route_from
from linnet.model.rules import Rule
from linnet.model.targeting import Place
from linnet.model.variants import WeightedVariant

OWNER = "owner@example.com"
_INTEGRATIONS = ("adroll", "fb", "tt", "ga", "gtm")


def route_of(
    link: Link,
    places: Iterable[Place] = (),
    *,
    opengraph: tuple[Tag, ...] = (),
    tracking: Mapping[str, str] | None = None,
    rules: tuple[Rule, ...] = (),
    variants: tuple[WeightedVariant, ...] = (),
) -> Route:
    """The route of ``link``, whose domain and folder say nothing; ``tracking`` is what they add."""
    own = {name: getattr(link, f"integration_{name}") for name in _INTEGRATIONS}
    fields = LinkFields(
        original_url=link.original_url,
        redirect_type=link.redirect_type,
        skip_query=link.skip_query,
        expires_at_ms=milliseconds(link.expires_at) if link.expires_at is not None else None,
        expired_url=link.expired_url,
        clicks_limit=link.clicks_limit,
        depth=wildcard_depth(link.path),
        password_hash=link.password_hash,
        contact=OWNER if link.password_contact else None,
        iphone_url=link.iphone_url,
        android_url=link.android_url,
        split_url=link.split_url,
        split_percent=link.split_percent,
        title=link.title,
        cloaked=bool(link.cloaking),
        tracking=dict(tracking or {}) | {name: value for name, value in own.items() if value},
        places={(place.country, place.region): place.original_url for place in places},
        rules=rules,
        variants=variants,
        opengraph=opengraph,
    )
    return route_from(link.number, link.domain_id, fields)
