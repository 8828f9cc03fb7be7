"""Totals by the values of a column, by example; at random they are in ``test_engines_agree``."""

from linnet.clicks.conversions import Conversion
from linnet.model.statistics import Kind, Question
from tests.statistics.clicks import click
from tests.statistics.engines import Clickhouse, every_engine


def test_a_click_with_two_goals_is_in_the_totals_of_both_with_that_goals_worth(clickhouse: Clickhouse):
    both = click(nonce=1, visitor=7, ab_path="a")
    held = [both, click(nonce=2, visitor=7, ab_path="a"), click(nonce=3, human=False, bot="x", ab_path="b")]
    came = [Conversion(1, 1, both.at, 1, name, both.at, worth) for name, worth in (("buy", 20.0), ("look", 0.5))]
    for which, engine in every_engine(clickhouse, held, came):
        goals = engine.breakdown(Question(kind=Kind.BREAKDOWN, domain_id=1, column="goal_completed"))
        variants = engine.breakdown(Question(kind=Kind.BREAKDOWN, domain_id=1, column="ab_path"))
        assert [(each.value, each.totals.clicks, each.totals.conversion_value) for each in goals] == [
            ("buy", 1, 20),
            ("look", 1, 0.5),
        ], which
        (a, b) = variants
        assert (a.totals.human_clicks, a.totals.visitors, a.totals.conversions, a.totals.conversion_value) == (2, 1, 2, 20.5)
        assert (a.converted, b.totals.clicks, b.totals.human_clicks, b.converted) == (1, 1, 0, 0), which
