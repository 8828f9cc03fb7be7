"""A link's own rules: read, written, and asked which of them fits."""

import json
import re
import time
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model import rules as rules_module
from linnet.model.condition_json import MAX_DEPTH, MAX_LEAVES, MAX_TEXT, MAX_VALUES, packed, unpacked
from linnet.model.conditions import BROWSERS, DEVICES, OSES, Condition, Leaf, Look, Traits
from linnet.model.errors import InvalidField
from linnet.model.rules import (
    MAX_LEAVES_TOGETHER,
    MAX_RULES,
    MAX_RULES_BYTES,
    Rule,
    first_match,
    read_rules,
    ready,
    route_rules,
    rules_json,
)
from linnet.model.variants import read_variants, variants_json
from tests.support.conditions import conditions, looks

GERMAN = {"language": ["de"]}
RULE = {"condition": GERMAN, "originalURL": "https://example.com/de"}
IN_GERMAN = Look("", "", "", Traits(languages=("de",)), 0)

rules = st.lists(
    st.builds(
        Rule,
        condition=conditions,
        original_url=st.sampled_from(["https://example.com/$1", "https://bücher.example/ß?a=b#c"]),
        name=st.text(st.characters(categories=("L", "P", "S")), max_size=20),
    ),
    max_size=5,
).map(tuple)


@given(rules)
def test_reading_and_writing_are_inverse(given_rules: tuple[Rule, ...]):
    written = rules_json(given_rules)
    assert read_rules(json.loads(json.dumps(written))) == given_rules
    assert rules_json(read_rules(written)) == written


@given(rules, looks)
def test_the_first_rule_that_fits_decides(given_rules: tuple[Rule, ...], visit: Look):
    fitting = [number for number, rule in enumerate(given_rules) if rule.condition.matches(visit)]
    text = route_rules(given_rules)
    found = first_match(text, visit) if text is not None else None
    assert (found is None) == (fitting == [])
    if found is not None:
        rule = given_rules[fitting[0]]
        assert found.condition == rule.condition
        assert found.label == f"rule {fitting[0] + 1}" + (f" ({rule.name})" if rule.name else "")


def test_destinations_fit_a_header_on_their_way_to_the_edge():
    text = route_rules(read_rules([RULE | {"originalURL": "https://bücher.example/straße"}]))
    assert text is not None
    found = first_match(text, IN_GERMAN)
    assert found is not None
    assert found.destination == "https://xn--bcher-kva.example/stra%C3%9Fe"


def test_conditions_of_one_text_are_read_once_as_long_as_there_is_room(monkeypatch: pytest.MonkeyPatch):
    texts = [route_rules(read_rules([RULE | {"name": f"{number:020d}"}])) or "" for number in range(5)]
    monkeypatch.setattr(rules_module, "_MAX_REMEMBERED", 3 * len(texts[0]))
    monkeypatch.setattr(rules_module, "_ready", {})
    kept = ready(texts[0])
    assert ready(texts[0]) is kept
    for text in texts:
        ready(text)
    assert ready(texts[0]) is not kept
    assert ready(texts[0]) == kept


def test_the_examples_in_the_documentation_are_rules_and_variants_in_the_form_in_which_they_are_written():
    page = (Path(__file__).parents[2] / "docs" / "redirects.md").read_text()
    shown_rules, shown_variants = map(json.loads, re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    assert rules_json(read_rules(shown_rules)) == shown_rules
    assert variants_json(read_variants(shown_variants)) == shown_variants


def test_the_documentation_names_every_condition_with_all_its_names_and_the_bounds():
    page = (Path(__file__).parents[2] / "docs" / "redirects.md").read_text()
    leaves = [kind.__name__[0].lower() + kind.__name__[1:] for kind in get_args(Leaf)]
    for name in ("all", "any", "not", *leaves):
        assert f"| `{name}` |" in page, name
    for names in (OSES, BROWSERS, DEVICES):
        assert ", ".join(f"`{name}`" for name in names) in page
    bounds = f"{MAX_RULES} rules, {MAX_RULES_BYTES // 1024} KB together; in a condition {MAX_LEAVES} things"
    assert bounds in page
    assert f"({MAX_LEAVES_TOGETHER} in all rules)" in page
    assert f"groups in groups {MAX_DEPTH} deep,\n{MAX_VALUES} values in a list, {MAX_TEXT} characters" in page


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({}, "rules"),
        ([RULE] * (MAX_RULES + 1), "rules"),
        ([RULE, None], "rules[1]"),
        ([RULE | {"url": "https://example.com/"}], "rules[0]"),
        ([{"originalURL": "https://example.com/"}], "rules[0].condition"),
        ([{"condition": GERMAN}], "rules[0].originalURL"),
        ([RULE | {"originalURL": 5}], "rules[0].originalURL"),
        ([RULE | {"originalURL": "javascript:alert(1)"}], "rules[0].originalURL"),
        ([RULE | {"originalURL": "shortsecure://YQ==?Yg=="}], "rules[0].originalURL"),
        ([RULE | {"name": "x" * 101}], "rules[0].name"),
        ([RULE | {"name": "\n"}], "rules[0].name"),
        ([RULE | {"name": 5}], "rules[0].name"),
        (
            [RULE, RULE, RULE | {"condition": {"all": [{"timeOfDay": {"from": "x", "until": "10:00", "timeZone": "UTC"}}]}}],
            "rules[2].condition.all[0].timeOfDay.from",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_place(value: object, field: str):
    with pytest.raises(InvalidField) as refusal:
        read_rules(value)
    assert refusal.value.field == field


def test_rules_are_bounded_together():
    long = RULE | {"originalURL": "https://example.com/" + "x" * 7000}
    assert len(read_rules([long] * 4)) == 4
    with pytest.raises(InvalidField, match=str(MAX_RULES_BYTES)):
        read_rules([long] * 5)


def test_what_all_rules_look_at_together_is_bounded():
    many = RULE | {"condition": {"any": [GERMAN] * 50}}
    assert len(read_rules([many] * 5)) == 5
    with pytest.raises(InvalidField, match=str(MAX_LEAVES_TOGETHER)):
        read_rules([*[many] * 5, RULE])


_MANY_LANGUAGES = tuple(f"zz-{number:03d}" for number in range(128))


@pytest.mark.parametrize(
    "leaf",
    [
        {"query": {"name": "a", "contains": "zzz"}},
        {"cidr": [f"10.0.{number}.0/{24 + number % 9}" for number in range(100)]},
        {"language": [f"{number:03d}".translate({48 + digit: 97 + digit for digit in range(10)}) for number in range(100)]},
        {"referrer": {"hosts": [f"a{number}.example" for number in range(100)]}},
        {"region": ["US-CA", "US-NY", "DE-BY"] * 30},
    ],
    ids=lambda leaf: next(iter(leaf)),
)
def test_the_largest_rules_take_the_most_elaborate_visit_a_few_milliseconds_at_most(leaf: dict[str, object]):
    """As measured: a tenth to a half of one, ready or not. The bound is for busy machines."""
    most = min(MAX_LEAVES, MAX_RULES_BYTES // 2 // (len(json.dumps(leaf)) + 10))
    text = route_rules(read_rules([{"condition": {"any": [leaf] * most}, "originalURL": "https://example.com/"}] * 2))
    assert text is not None
    query = "&".join(["a=" + "z" + "y" * 300] * 200)
    took = []
    for _ in range(5):
        rules_module._ready.clear()
        began = time.process_time()
        traits = Traits("198.51.100.1", _MANY_LANGUAGES, referrer_host="www." + "b." * 100 + "example.com")
        assert first_match(text, Look("DE", "BE", query, traits, 0)) is None
        took.append(time.process_time() - began)
    assert min(took) < 0.005


@given(conditions)
def test_conditions_travel_to_the_edge_as_they_are(condition: Condition):
    assert unpacked(json.loads(json.dumps(packed(condition)))) == condition
