"""OpenGraph tags of a link: what crawlers show of it in a preview (contract c.5)."""

from collections.abc import Sequence
from typing import Final

from linnet.model.errors import InvalidField
from linnet.model.text import has_control_characters
from linnet.model.url import clean_url

MAX_TAGS: Final = 100
MAX_CONTENT: Final = 4096
PROPERTIES: Final = frozenset(
    """
    title type image url audio description determiner locale locale:alternate site_name video article:published_time
    article:modified_time article:expiration_time article:author article:section article:tag updated_time image:url
    image:secure_url image:type image:width image:height image:alt music:duration music:album music:album:disc
    music:album:track music:musician music:song music:song:disc music:song:track music:release_date music:creator video:actor
    video:actor:role video:director video:writer video:duration video:release_date video:tag video:series book:author
    book:isbn book:release_date book:tag product:price:amount product:price:currency product:availability product:condition
    product:retailer_item_id product:brand product:category product:color product:size product:material product:pattern
    product:shipping_cost:amount product:shipping_cost:currency product:shipping_weight:value product:shipping_weight:units
    product:weight:value product:weight:units product:sale_price:amount product:sale_price:currency
    product:sale_price_dates:start product:sale_price_dates:end product:expiration_time product:original_price:amount
    product:original_price:currency product:gender product:age_group product:target_gender product:retailer_part_no
    product:mfr_part_no product:upc product:ean product:isbn product:plural_title product:item_group_id profile:first_name
    profile:last_name profile:username profile:gender twitter:card twitter:site twitter:site:id twitter:creator
    twitter:creator:id twitter:description twitter:title twitter:image twitter:image:alt twitter:player twitter:player:width
    twitter:player:height twitter:player:stream twitter:app:name:iphone twitter:app:id:iphone twitter:app:url:iphone
    twitter:app:name:ipad twitter:app:id:ipad twitter:app:url:ipad twitter:app:name:googleplay twitter:app:id:googleplay
    twitter:app:url:googleplay twitter:app:country
    """.split()
)
# What crawlers load or link to. Not the addresses of apps (twitter:app:url:…), whose schemes are the apps' own.
_ADDRESSES: Final = frozenset(
    """
    url image audio video image:url image:secure_url twitter:image twitter:player twitter:player:stream
    """.split()
)

Tag = tuple[str, str]


def clean_tags(tags: Sequence[Tag]) -> tuple[Tag, ...]:
    """``tags`` checked and without ``og:`` before a name, in their order; InvalidField otherwise. A property may come more than
    once (``locale:alternate``), and where it is an address, it must be one of the web."""
    if len(tags) > MAX_TAGS:
        raise InvalidField(f"At most {MAX_TAGS} OpenGraph tags are allowed, not {len(tags)}.")
    return tuple(_clean_tag(name.removeprefix("og:"), content) for name, content in tags)


def read_tags(value: object) -> tuple[Tag, ...]:
    """The tags in a JSON value, pairs of a property and its content, cleaned; InvalidField for anything else."""
    if not isinstance(value, list) or not all(_is_pair(each) for each in value):
        raise InvalidField("opengraph must be an array of pairs of a property and its content.", field="opengraph")
    try:
        return clean_tags([(name, content) for name, content in value])
    except InvalidField as refusal:
        raise InvalidField(refusal.message, field="opengraph") from None


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value)


def _clean_tag(name: str, content: str) -> Tag:
    if name not in PROPERTIES:
        raise InvalidField(f"'{name[:64]}' is no OpenGraph property; names go without 'og:', as in 'title'.", field=name[:64])
    if len(content) > MAX_CONTENT:
        raise InvalidField(f"{name} is longer than {MAX_CONTENT} characters.", field=name)
    if has_control_characters(content.replace("\n", " ").replace("\t", " ").replace("\r", " ")):
        raise InvalidField(f"{name} holds control characters.", field=name)
    return name, clean_url(content, field=name) if name in _ADDRESSES else content
