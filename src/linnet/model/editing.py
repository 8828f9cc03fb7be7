"""A link as an editor sees it: whole, and in parts that several editors may change at once."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from linnet.model.link import Link, LinkDraft, wire_name
from linnet.model.opengraph import Tag, read_tags
from linnet.model.rules import Rule, read_rules, rules_json
from linnet.model.statistics import UTM_FIELDS
from linnet.model.targeting import Place, listed_places, read_places
from linnet.model.url import with_parameters
from linnet.model.variants import NOTHING_OWN, OwnTargeting, WeightedVariant, labelled, read_variants, variants_json

# Of nine bytes: two contents of a part that have one digest would be one edit in 10^21.
_DIGEST_BYTES: Final = 9
_DIGEST_LENGTH: Final = 12
_FIELDS: Final = tuple(each.name for each in fields(LinkDraft) if each.name not in ("original_url", "password"))
_STORED: Final = {"originalURL": "original_url", "password": "password_hash"} | {wire_name(name): name for name in _FIELDS}
# What is beside the link itself; its fields are called as on the wire.
BESIDE: Final = ("places", "rules", "variants", "opengraph")
PARTS: Final = ("originalURL", "password", *map(wire_name, _FIELDS), *BESIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A link with all that belongs to it."""

    link: Link
    places: tuple[Place, ...] = ()
    own: OwnTargeting = NOTHING_OWN
    opengraph: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is to become of that which is beside a link; what is None stays as it is."""

    places: Sequence[Place] | None = None
    rules: Sequence[Rule] | None = None
    variants: Sequence[WeightedVariant] | None = None
    opengraph: Sequence[Tag] | None = None

    def own(self, before: OwnTargeting) -> OwnTargeting:
        """What becomes of a link's own targeting, each variant with a label."""
        rules = before.rules if self.rules is None else tuple(self.rules)
        return OwnTargeting(rules, before.variants if self.variants is None else labelled(self.variants, before.variants))


NOTHING_BESIDE: Final = Beside()


def plain_destination(link: Link) -> str:
    """The destination without the parameters that its UTM fields put into it."""
    ours = {name: None for name in UTM_FIELDS if getattr(link, name)}
    return with_parameters(link.original_url, ours) if ours else link.original_url


def parts_of(contents: Contents) -> dict[str, Any]:
    """The values of all ``PARTS``, as far as two of them are the same or not."""
    link = contents.link
    return {
        "originalURL": plain_destination(link),
        "password": link.password_hash,
        **{wire_name(name): getattr(link, name) for name in _FIELDS},
        **beside_json(contents),
        "places": sorted((each.country, each.region, each.original_url) for each in contents.places),
    }


def beside_json(contents: Contents) -> dict[str, Any]:
    """What is beside a link in JSON, by the names of ``BESIDE``; ``read_beside`` makes the same of it again."""
    return {
        "places": listed_places(contents.places),
        "rules": rules_json(contents.own.rules),
        "variants": variants_json(contents.own.variants),
        "opengraph": contents.opengraph,
    }


def read_beside(values: Mapping[str, Any]) -> Beside:
    """What the JSON values of some of ``BESIDE`` say; InvalidField names the one, and the place in it, that is wrong."""
    return Beside(**{name: read(values[name]) for name, read in _READERS.items() if name in values})


_READERS: Final[Mapping[str, Callable[[object], Any]]] = {
    "places": read_places,
    "rules": read_rules,
    "variants": read_variants,
    "opengraph": read_tags,
}


def stored_name(part: str) -> str:
    """What the audit log calls a part: the link's field, or the part itself where it is beside the link."""
    return _STORED.get(part, part)


def version_of(contents: Contents, key: bytes) -> str:
    """A text by which a form remembers what it showed: a digest of each part, which tells nothing of a password's hash."""
    return "".join(_digest(value, key) for value in parts_of(contents).values())


def changed_parts(version: str, contents: Contents, key: bytes) -> list[str]:
    """The parts that are not any more what they were under ``version``; all of them, for one that nobody made."""
    before = digests_in(version)
    return [part for part, value in parts_of(contents).items() if before.get(part) != _digest(value, key)]


def digests_in(version: str) -> Mapping[str, str]:
    """The digests of the parts, none at all in what is no version."""
    if len(version) != _DIGEST_LENGTH * len(PARTS):
        return {}
    return {part: version[place * _DIGEST_LENGTH :][:_DIGEST_LENGTH] for place, part in enumerate(PARTS)}


def _digest(value: Any, key: bytes) -> str:
    text = json.dumps(value, default=str, sort_keys=True).encode()
    return base64.urlsafe_b64encode(hashlib.blake2b(text, digest_size=_DIGEST_BYTES, key=key[:64]).digest()).decode()
