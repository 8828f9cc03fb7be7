"""Weighted variants: read, labelled, and drawn by visitors."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.click import LETTERS, VARIANT_BITS, VARIANTS, ClickFlag, variant_of
from linnet.model.conversion import NONCE_BITS
from linnet.model.errors import InvalidField
from linnet.model.variants import (
    MAX_VARIANTS,
    MAX_WEIGHT,
    Way,
    WeightedVariant,
    drawn,
    labelled,
    lots_of,
    read_variants,
    variants_json,
)

VISITORS = [lots_of(7, f"10.{number >> 8}.{number & 255}.1", b"agent") for number in range(10_000)]

_DESTINATIONS = ["https://example.com/a", "https://example.com/b", "https://bücher.example/"]
variants = st.lists(
    st.builds(
        WeightedVariant,
        original_url=st.none() | st.sampled_from(_DESTINATIONS),
        weight=st.integers(1, MAX_WEIGHT),
        name=st.text(st.characters(categories=("L", "P")), max_size=10),
        label=st.sampled_from(("", *LETTERS)),
    ),
    max_size=MAX_VARIANTS,
    unique_by=lambda variant: variant.label or object(),
).map(tuple)


def ways(**weights: int) -> list[Way]:
    return [Way(label, weight, f"https://example.com/{label}") for label, weight in weights.items()]


def shares(given_ways: list[Way]) -> list[str]:
    return [drawn(given_ways, lots).label for lots in VISITORS]


@given(variants)
def test_reading_and_writing_are_inverse(given_variants: tuple[WeightedVariant, ...]):
    written = variants_json(given_variants)
    assert read_variants(json.loads(json.dumps(written))) == given_variants
    assert variants_json(read_variants(written)) == written


@given(variants, variants)
def test_each_variant_has_a_letter_of_its_own_which_it_keeps(
    wanted: tuple[WeightedVariant, ...], others: tuple[WeightedVariant, ...]
):
    before = labelled(others, ())
    found = labelled(wanted, before)
    assert [replace(each, label="") for each in found] == [replace(each, label="") for each in wanted]
    assert all(each.label == asked.label for each, asked in zip(found, wanted, strict=True) if asked.label)
    assert len({each.label for each in found} & set(LETTERS)) == len(found)
    assert labelled(tuple(reversed(found)), found) == tuple(reversed(found))


def test_a_destination_keeps_its_letter_in_another_order_and_a_new_one_gets_a_letter_that_was_never_seen():
    one, two, three = (WeightedVariant(original_url=f"https://example.com/{name}", weight=1) for name in "123")
    before = labelled((one, two), ())
    assert [each.label for each in before] == ["a", "b"]
    assert [each.label for each in labelled((three, two), before)] == ["c", "b"]
    assert [each.label for each in labelled((two, replace(one, weight=9)), before)] == ["b", "a"]
    after = labelled((one, three), before)
    assert [each.label for each in labelled((one, replace(three, original_url="https://example.com/4")), after)] == ["a", "d"]


def test_a_letter_is_used_again_only_where_there_are_no_others():
    full = tuple(WeightedVariant(original_url=f"https://example.com/{number}", weight=1) for number in range(MAX_VARIANTS))
    before = labelled(full, ())
    new = WeightedVariant(original_url="https://example.com/new", weight=1)
    assert labelled((*full[1:], new), before)[-1].label == "a"


@pytest.mark.parametrize("weights", [{"a": 1, "b": 1}, {"a": 700, "c": 200, "p": 100}, {"b": 1000, "a": 1}])
def test_each_way_gets_its_part_of_the_visitors(weights: dict[str, int]):
    counted = Counter(shares(ways(**weights)))
    for label, weight in weights.items():
        assert counted[label] / len(VISITORS) == pytest.approx(weight / sum(weights.values()), abs=0.02)


def test_more_weight_moves_visitors_to_a_way_and_none_between_the_others():
    before, after = shares(ways(a=5, b=3, c=2)), shares(ways(c=2, b=6, a=5))
    moved = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert {other for _, other in moved} == {"b"}
    assert len(moved) / len(VISITORS) == pytest.approx(6 / 13 - 3 / 10, abs=0.02)


def test_the_order_of_ways_does_not_matter():
    assert shares(ways(a=5, b=3, c=2)) == shares(list(reversed(ways(a=5, b=3, c=2))))


def test_a_visitor_draws_the_same_at_every_visit_and_another_at_another_link():
    assert lots_of(7, "192.0.2.1", b"x") == lots_of(7, "192.0.2.1", b"x")
    both = ways(a=1, b=1)
    elsewhere = [drawn(both, lots_of(8, f"10.{number >> 8}.{number & 255}.1", b"agent")).label for number in range(10_000)]
    assert sum(one == other for one, other in zip(shares(both), elsewhere, strict=True)) == pytest.approx(5_000, abs=200)


@given(st.binary(max_size=80))
def test_whatever_is_drawn_leads_somewhere(lots: bytes):
    assert drawn(ways(a=1, p=1000), lots).label in "ap"
    assert drawn(ways(a=1, p=1000), b"").label == "p"


@given(st.sampled_from(VARIANTS), st.integers(0, 2**NONCE_BITS - 1), st.integers(0, 7))
def test_a_variant_travels_in_the_flags_of_a_click_beside_what_else_is_there(variant: str, nonce: int, others: int):
    flags = VARIANT_BITS[variant] | nonce << ClickFlag.NONCE_SHIFT | others
    assert flags < 1 << 62
    assert VARIANTS[variant_of(flags)] == variant
    assert flags >> ClickFlag.NONCE_SHIFT & ClickFlag.NONCE_MASK == nonce


def test_flags_that_nobody_writes_are_no_variant():
    assert [VARIANTS[variant_of(flags)] for flags in (3 << 3, 17 << 57, 31 << 57)] == ["", "", ""]


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, "variants"),
        ([{"weight": 1}] * 17, "variants"),
        ([5], "variants[0]"),
        ([{"weight": 1}, {"weight": 1, "percent": 5}], "variants[1]"),
        ([{}], "variants[0].weight"),
        ([{"weight": 0}], "variants[0].weight"),
        ([{"weight": 1001}], "variants[0].weight"),
        ([{"weight": True}], "variants[0].weight"),
        ([{"weight": 1.5}], "variants[0].weight"),
        ([{"weight": 1, "originalURL": "x"}], "variants[0].originalURL"),
        ([{"weight": 1, "originalURL": []}], "variants[0].originalURL"),
        ([{"weight": 1, "label": "q"}], "variants[0].label"),
        ([{"weight": 1, "label": "split"}], "variants[0].label"),
        ([{"weight": 1, "label": ["a"]}], "variants[0].label"),
        ([{"weight": 1, "label": "a"}, {"weight": 1, "label": "a"}], "variants[1].label"),
        ([{"weight": 1, "name": 1}], "variants[0].name"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(value: object, field: str):
    with pytest.raises(InvalidField) as refusal:
        read_variants(value)
    assert refusal.value.field == field
