"""What is not kept of the clicks of visitors who asked not to be tracked."""

from dataclasses import replace
from typing import Any

import pytest

from linnet.clicks.columns import Columns
from linnet.clicks.enrich import Enrichment
from linnet.clicks.tallies import tallies_of
from linnet.model.click import ClickFlag, RawClick
from linnet.visitor.agent import agent_of
from linnet.visitor.geo import Place
from linnet.visitor.referrer import referrer_of
from tests.clicks.builders import raw_click
from tests.clicks.enriching import as_rows, click_of, enriched

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
ENRICHMENT = Enrichment(
    (), agent_of, lambda _: Place("DE", "BE", "Berlin"), referrer_of, salt_of=lambda _: b"salt", honour_opt_out=True
)
LEFT_OUT = {"address", "visitor", "nonce", "city", "user_agent", "query", "referrer"}


def visit(**changes: Any) -> RawClick:
    flags = changes.pop("flags", ClickFlag.OPTED_OUT) | ClickFlag.KEEP_ADDRESS | ClickFlag.SCAN | 7 << ClickFlag.NONCE_SHIFT
    fields = {"target": "/abc?utm_source=mail&email=a%40b.example", "referrer": "https://www.facebook.com/groups/7?who=me"}
    return raw_click(**fields | {"language": "de", "flags": flags} | changes)


def told_of(enrichment: Enrichment, raw: RawClick) -> dict[str, Any]:
    return click_of(enrichment, raw)._asdict()


def of_many(enrichment: Enrichment, raws: list[RawClick]) -> Columns:
    columns, dropped = enriched(enrichment, raws)
    assert columns is not None
    assert not dropped
    return columns


def test_who_opted_out_is_counted_without_what_tells_a_person() -> None:
    told, other = told_of(ENRICHMENT, visit()), told_of(ENRICHMENT, visit(flags=0))
    assert {name for name in told if told[name] != other[name]} == LEFT_OUT
    assert [told[name] for name in sorted(LEFT_OUT)] == ["", "", 0, "", "", "", 0]
    assert all(other[name] for name in LEFT_OUT)
    assert (told["human"], told["country"], told["region"], told["language"], told["scan"]) == (True, "DE", "BE", "de", True)
    assert (told["browser"], told["referrer_host"], told["social"]) == ("Chrome", "facebook.com", "facebook")
    assert (told["utm_source"], told["path"]) == ("mail", "/abc")


def test_where_wishes_are_not_honoured_they_make_no_difference() -> None:
    deaf = replace(ENRICHMENT, honour_opt_out=False)
    assert told_of(deaf, visit()) == told_of(deaf, visit(flags=0)) == told_of(ENRICHMENT, visit(flags=0))
    assert as_rows(of_many(deaf, [visit()])) == as_rows(of_many(ENRICHMENT, [visit(flags=0)]))


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"user_agent": GOOGLEBOT}, GOOGLEBOT),
        # Whoever is asked for a password, or looks ahead, may be a person all the same.
        ({"status": 403}, ""),
        ({"method": "HEAD"}, ""),
    ],
)
def test_a_program_keeps_its_name_and_is_a_program_with_or_without_a_wish(changes: dict[str, Any], kept: str) -> None:
    told, other = told_of(ENRICHMENT, visit(**changes)), told_of(ENRICHMENT, visit(flags=0, **changes))
    assert (told["human"], told["bot"], told["user_agent"]) == (False, other["bot"], kept)


def test_others_in_the_same_batch_keep_everything_and_the_tallies_count_all() -> None:
    raws = [visit(peer=f"192.0.2.{n}", flags=(n % 3 == 0) * ClickFlag.OPTED_OUT, link_number=n) for n in range(1, 31)]
    columns = of_many(ENRICHMENT, raws)
    for row, raw in zip(as_rows(columns), raws, strict=True):
        assert bool(row["address"]) == bool(row["visitor"]) == bool(row["nonce"]) == bool(row["query"]) == (raw[2] % 3 != 0)
        assert (row["browser"], row["utm_source"], row["link_number"]) == ("Chrome", "mail", raw[2])
    tallies = tallies_of(columns)
    by_dimension = {
        (name, value): int(clicks)
        for name, value, clicks in zip(tallies["dimension"], tallies["value"], tallies["clicks"], strict=True)
    }
    assert (
        by_dimension["browser", "Chrome"]
        == by_dimension["country", "DE"]
        == by_dimension["referrer_host", "facebook.com"]
        == 30
    )
    assert by_dimension["city", "Berlin"] == 20
