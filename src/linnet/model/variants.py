"""Weighted variants of a link's destination: each visitor draws one, and the same one at every visit."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from linnet.model.click import LETTERS
from linnet.model.errors import InvalidField
from linnet.model.rules import Rule, clean_name
from linnet.model.url import clean_url, location

MAX_VARIANTS: Final = len(LETTERS)
MAX_WEIGHT: Final = 1000
_LOT_BYTES: Final = 4
_LOTS_BYTES: Final = _LOT_BYTES * MAX_VARIANTS
_MOST: Final = 1 << 8 * _LOT_BYTES
_FIELDS: Final = ("originalURL", "weight", "name", "label")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedVariant:
    """Of all visitors, ``weight`` parts go to ``original_url`` (None: to the link's own). ``label`` tells the variant's clicks
    (``ab_path``), wherever it stands among the others; "" until it has one. ``name`` is for people."""

    original_url: str | None
    weight: int
    name: str = ""
    label: str = ""


class OwnTargeting(NamedTuple):
    """What a link has beyond Short.io's targeting."""

    rules: tuple[Rule, ...] = ()
    variants: tuple[WeightedVariant, ...] = ()


NOTHING_OWN: Final = OwnTargeting()


class Way(NamedTuple):
    """A variant as the edge uses it; its destination fits a Location header."""

    label: str
    weight: int
    destination: str


def read_variants(value: object) -> tuple[WeightedVariant, ...]:
    """The variants in a JSON value, in their order; InvalidField names the place in it that is wrong."""
    if not isinstance(value, list) or len(value) > MAX_VARIANTS:
        raise InvalidField(f"variants must be an array of at most {MAX_VARIANTS} variants.", field="variants")
    variants = tuple(_read_variant(each, f"variants[{number}]") for number, each in enumerate(value))
    labels = [variant.label for variant in variants]
    for number, label in enumerate(labels):
        if label and label in labels[:number]:
            path = f"variants[{number}].label"
            raise InvalidField(f"{path} '{label}' is another variant's label too.", field=path)
    return variants


def variants_json(variants: Iterable[WeightedVariant]) -> list[dict[str, Any]]:
    """``variants`` in their JSON form; ``read_variants`` makes the same of it again."""
    return [
        {
            name: value
            for name, value in zip(_FIELDS, (each.original_url, each.weight, each.name, each.label), strict=True)
            if value not in (None, "")
        }
        for each in variants
    ]


def labelled(variants: Sequence[WeightedVariant], before: Sequence[WeightedVariant]) -> tuple[WeightedVariant, ...]:
    """``variants``, which take the place of others, each with a label: its own, or that of one with the same destination
    before, or a letter that none of them has, as long as there are any: clicks of different variants are told apart by it."""
    taken = {variant.label for variant in variants}
    known = {variant.original_url: variant.label for variant in reversed(before) if variant.label not in taken}
    found = []
    for variant in variants:
        if not variant.label and variant.original_url in known:
            variant = replace(variant, label=known.pop(variant.original_url))
        found.append(variant)
    taken = {variant.label for variant in found}
    retired = {variant.label for variant in before} - taken
    newest = max((LETTERS.index(variant.label) for variant in before if variant.label), default=-1)
    # From the newest one on, so that letters of long ago come again as late as can be.
    order = LETTERS[newest + 1 :] + LETTERS[: newest + 1]
    free = iter(sorted(set(LETTERS) - taken, key=lambda label: (label in retired, order.index(label))))
    return tuple(replace(each, label=next(free)) if not each.label else each for each in found)


def ways_of(variants: Iterable[WeightedVariant], original_url: str) -> tuple[Way, ...]:
    """``variants`` as they travel in the route of a link to ``original_url``."""
    return tuple(Way(variant.label, variant.weight, location(variant.original_url or original_url)) for variant in variants)


def lots_of(link_number: int, address: str, user_agent: bytes) -> bytes:
    """What a visitor of a link draws, one lot for each letter: the same at every visit, without a cookie, as long as address
    and browser are the same; others at every link."""
    key = link_number.to_bytes(8, "big")
    return hashlib.blake2b(address.encode() + b"\0" + user_agent, digest_size=_LOTS_BYTES, key=key).digest()


def drawn(ways: Sequence[Way], lots: bytes) -> Way:
    """The way of the visitor who drew ``lots`` (b"": the heaviest). Each way gets its part of the visitors; who gives one more
    weight moves visitors to it, and none between the others (weighted rendezvous hashing)."""
    best, least = ways[0], math.inf
    for way in ways:
        start = (ord(way.label) - _FIRST) * _LOT_BYTES
        lot = int.from_bytes(lots[start : start + _LOT_BYTES], "big")
        waiting = -math.log((lot + 0.5) / _MOST) / way.weight
        if waiting < least:
            best, least = way, waiting
    return best


_FIRST: Final = ord(LETTERS[0])


def _read_variant(value: object, path: str) -> WeightedVariant:
    if not isinstance(value, dict):
        raise InvalidField(f"{path} must be an object with weight and, if you like, originalURL, name and label.", field=path)
    for name in value:
        if name not in _FIELDS:
            raise InvalidField(f"{path} has no '{str(name)[:32]}': it may have {', '.join(_FIELDS)}.", field=path)
    url, weight, label = (value.get(name) for name in ("originalURL", "weight", "label"))
    if not isinstance(weight, int) or isinstance(weight, bool) or not 1 <= weight <= MAX_WEIGHT:
        raise InvalidField(f"{path}.weight must be a whole number from 1 to {MAX_WEIGHT}.", field=f"{path}.weight")
    if url is not None and not isinstance(url, str):
        raise InvalidField(f"{path}.originalURL must be a text.", field=f"{path}.originalURL")
    if label is not None and label not in LETTERS:
        choice = f"{LETTERS[0]} to {LETTERS[-1]}"
        raise InvalidField(f"{path}.label must be a letter from {choice}, or left out.", field=f"{path}.label")
    return WeightedVariant(
        original_url=None if url is None else clean_url(url, field=f"{path}.originalURL"),
        weight=weight,
        name=clean_name(value.get("name"), f"{path}.name"),
        label=label or "",
    )
