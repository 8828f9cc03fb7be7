"""Questions as SQL for ClickHouse. Values are bound by the server, never spliced; names come from fixed tables."""

# ruff: noqa: S608 (values are bound, and names are our own)

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

from linnet.model.statistics import Interval, Kind, Question
from linnet.statistics.plan import (
    DAY,
    QUARTER,
    ROLLED_UP,
    Span,
    is_daily,
    is_filtered,
    ranks_links,
    spans_counted,
)
from linnet.statistics.sql_clickhouse_parts import SECOND, Counted, Rows, Scope, Statement, parts
from linnet.statistics.sql_parts import name_of

# Signed, as the sums of roll-ups are.
_SUMS: Final = "toInt64(count()) AS c, toInt64(countIf(human)) AS h, toInt64(countIf(human AND scan)) AS s"
_VISITORS: Final = "uniqExactIf(visitor, human AND visitor <> 0) AS v"
# Later than any click.
_END: Final = datetime(2299, 1, 1, tzinfo=UTC)
_MADE: Final = 'link_number, "at", nonce, day, quarter'


def totals(question: Question, interval: Interval | None) -> Statement:
    """One row: the fields of ``Totals``, in their order; of a question with filters."""
    scope = Scope(question)
    days = f"{scope.clicks(f'{_SUMS}, {_VISITORS}', interval)} GROUP BY day"
    counted = f"SELECT sum(c) AS clicks, sum(h) AS human_clicks, sum(s) AS scans, sum(v) AS visitors FROM ({days})"
    reached = scope.with_goals("name, value", scope.clicks(_MADE, interval, " AND nonce <> 0"), interval)
    return _totals(scope, counted, reached)


def rolled_totals(question: Question, interval: Interval | None, days: Sequence[Counted] | None) -> Statement:
    """One row: the fields of ``Totals``, in their order; of a question without filters. ``days`` is what ``days_counted`` tells
    of a domain; None for a link."""
    scope = Scope(question)
    sums = "clicks AS c, human_clicks AS h, scans AS s"
    rolled, step = (scope.links, DAY) if question.link_number is not None else (scope.quarters, QUARTER)
    rows = parts(interval, step, partial(rolled, sums), partial(scope.clicks, _SUMS))
    people = list(scope.seen(interval, [each for each in days or () if each[1]]))
    if days is None or not all(at for _, at in days):
        people.append(f"SELECT toInt64(v) AS v FROM ({scope.clicks(_VISITORS, interval, scope.open(days))} GROUP BY day)")
    counted = f"""SELECT * FROM (SELECT sum(c) AS clicks, sum(h) AS human_clicks, sum(s) AS scans FROM ({rows})) AS sums
        CROSS JOIN (SELECT sum(v) AS visitors FROM ({" UNION ALL ".join(people)})) AS people"""
    return _totals(scope, counted, scope.goals(interval))


def goals(question: Question, interval: Interval | None) -> Statement:
    """One row: conversions that came of matching clicks, their value."""
    scope = Scope(question)
    reached = scope.with_goals("name, value", scope.clicks(_MADE, interval, " AND nonce <> 0"), interval)
    return scope.statement(f"SELECT count(), sum(value) FROM ({reached})")


def days_counted(question: Question, interval: Interval | None) -> Statement:
    """Rows: each day of the interval with clicks of people, and when its visitors were counted; 0 where they have to be."""
    return Scope(question).days_counted(interval)


def _totals(scope: Scope, counted: str, reached: str) -> Statement:
    return scope.statement(
        f"""SELECT clicks, human_clicks, visitors, scans, conversions, worth FROM ({counted}) AS counted
        CROSS JOIN (SELECT count() AS conversions, sum(value) AS worth FROM ({reached})) AS reached"""
    )


def by_quarter(question: Question) -> Statement:
    """Rows: start of a quarter hour in seconds since the epoch, and its clicks, people's for BY_INTERVAL; none without any."""
    scope = Scope(question)
    people = question.kind is Kind.BY_INTERVAL and not question.names_humans()
    counted = "human_clicks AS c" if people else "clicks AS c"

    def raw(interval: Interval | None) -> str:
        rows = scope.clicks("day, quarter, toInt64(count()) AS c", interval, " AND human" if people else "")
        return f"{rows} GROUP BY day, quarter"

    if is_filtered(question) or (question.link_number is not None and not is_daily(question)):
        rows = raw(question.interval)
    elif question.link_number is None:
        rows = parts(question.interval, QUARTER, partial(scope.quarters, f"day, quarter, {counted}"), raw)
    else:
        rows = parts(question.interval, DAY, partial(scope.links, f"day, 0 AS quarter, {counted}"), raw)
    return scope.statement(f"SELECT {SECOND} AS second, sum(c) AS total FROM ({rows}) GROUP BY second HAVING total > 0")


def top(question: Question, column: str) -> Statement:
    """Rows: value, detail, score; the highest score first. Unknown values ("") are left out.

    Counted are people's clicks, unless the question itself says which (``Question``).
    """
    scope = Scope(question)
    return scope.statement(
        f"""SELECT value, detail, sum(score) AS total FROM ({_ranked(scope, column)})
        GROUP BY value, detail HAVING total > 0 ORDER BY total DESC, value, detail LIMIT {scope.bound.number(question.limit)}"""
    )


def top_links(question: Question) -> Statement:
    """Rows: link number (0 for all clicks without a link), score; one more than the limit, the highest score first."""
    scope = Scope(question)

    def raw(interval: Interval | None) -> str:
        rows = scope.clicks("link_number, toInt64(count()) AS score", interval, _restriction(scope, "path"))
        return f"{rows} GROUP BY link_number"

    if is_filtered(question) or question.prefix:
        rows = raw(question.interval)
    else:
        rows = parts(question.interval, DAY, partial(scope.links, "link_number, human_clicks AS score"), raw)
    return scope.statement(
        f"""SELECT link_number, sum(score) AS total FROM ({rows}) GROUP BY link_number HAVING total > 0
        ORDER BY total DESC, toString(link_number) LIMIT {scope.bound.number(question.limit + 1)}"""
    )


def link_paths(question: Question) -> Statement:
    """Rows: link number, a path with which it was visited."""
    scope = Scope(question)
    asked = f"{_restriction(scope, 'path')} AND link_number IN {scope.bound.numbers(question.link_numbers)}"
    return scope.statement(f"{scope.clicks('link_number, max(path)', question.interval, asked)} GROUP BY link_number")


def moments(question: Question) -> Statement:
    """One row: how many values TOP_BY_INTERVAL counts, and the first and the last of their quarter hours, in seconds."""
    scope = Scope(question)
    rows = _ranked(scope, question.column, placed=True)
    return scope.statement(f"SELECT count(), min({SECOND}), max({SECOND}) FROM ({rows}) WHERE score > 0")


def top_by_interval(question: Question, starts: Sequence[datetime]) -> Statement:
    """Rows: start of the bucket in seconds, value, detail, score; the top list of each bucket that has one, in order.

    For a domain's paths the value is "" and the detail a number where a link's clicks are counted.
    """
    scope = Scope(question)
    seconds = scope.bound.numbers(int(start.timestamp()) for start in starts)
    rows = _ranked(scope, question.column, placed=True)
    return scope.statement(
        f"""SELECT roundDown({SECOND}, {seconds}) AS start, value, detail, sum(score) AS total FROM ({rows})
        GROUP BY start, value, detail HAVING total > 0 ORDER BY start, total DESC, value, detail
        LIMIT {scope.bound.number(question.limit)} BY start"""
    )


def counts(question: Question) -> Statement | None:
    """Rows: position among what is counted, people's clicks of it; without clicks there is no row. None: nothing is counted."""
    scope = Scope(question)
    spans = spans_counted(question.counted)
    rows = []
    if spans.whole:
        numbers = scope.bound.numbers({int(span[1]) for span in spans.whole})
        days = scope.links("link_number AS what, day AS made_at, human_clicks AS score", None)
        rows.append(_in_spans(scope, f"{days} AND link_number IN {numbers}", "Date", spans.whole))
    for column, counted in (("link_number", spans.edges), ("path", spans.paths)):
        if counted:
            all_of_it = Interval(start=min(span[2] for span in counted), end=max(span[3] for span in counted))
            wanted = f" AND human AND {column} IN {_listed(scope, {span[1] for span in counted})}"
            made = scope.clicks(f'{column} AS what, "at" AS made_at, 1 AS score', all_of_it, wanted)
            rows.append(_in_spans(scope, made, "DateTime64", counted))
    if not rows:
        return None
    return scope.statement(
        f"SELECT position, sum(score) AS total FROM ({' UNION ALL '.join(rows)}) GROUP BY position HAVING total > 0"
    )


def last_clicks(question: Question, columns: Sequence[str], since: datetime | None) -> Statement:
    """Rows of ``columns``, newest first, of those clicks that were not made before ``since``."""
    scope = Scope(question)
    bounds = ""
    if question.before is not None:
        bounds += f' AND "at" < {scope.bound.moment(question.before)}'
    if question.after is not None:
        bounds += f' AND "at" > {scope.bound.moment_until(question.after)}'
    if since is not None:
        start = scope.bound.moment(since)
        bounds += f' AND day >= toDate({start}) AND "at" >= {start}'
    names = ", ".join(f'"{name}"' for name in columns if name != "goal_completed")
    order = 'ORDER BY "at" DESC, link_number DESC'
    found = f"{scope.clicks(names, question.interval, bounds)} {order} LIMIT {scope.bound.number(question.limit)}"
    # Of several goals that came of a click, the first.
    shown = ", ".join("goal" if name == "goal_completed" else f'made."{name}"' for name in columns)
    within = Interval(start=since, end=_END) if since is not None else question.interval
    text = scope.with_goals(shown, found, within, of_click='argMin(name, ("at", name)) AS goal')
    return scope.statement(f'{text} ORDER BY made."at" DESC, made.link_number DESC')


def window(question: Question, clicks: int) -> Statement:
    """One row: where the time begins in which the newest ``clicks`` were made, in seconds, and how many quarter hours before it
    have clicks. It is told by a roll-up, without regard to filters, and for one link by whole days."""
    scope = Scope(question)
    rows = scope.days(
        "day, 0 AS quarter, clicks AS c" if question.link_number is not None else "day, quarter, clicks AS c", None
    )
    ends = [moment for moment in (question.before, question.interval.end if question.interval else None) if moment]
    bounds = "".join(f" AND second < {scope.bound.number(int(moment.timestamp()) + 1)}" for moment in ends)
    wanted = scope.bound.number(clicks)
    return scope.statement(
        f"""SELECT minIf(second, newer < {wanted}), countIf(newer >= {wanted}) FROM (
            SELECT second, sum(total) OVER (ORDER BY second DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newer
            FROM (SELECT {SECOND} AS second, sum(c) AS total FROM ({rows}) GROUP BY second HAVING total > 0{bounds}))"""
    )


def breakdown(question: Question) -> Statement:
    """Rows: value, the fields of ``Totals`` in their order, and human clicks that led to a goal."""
    scope = Scope(question)
    by_goal = question.column == "goal_completed"
    value = "name" if by_goal else f"toString({name_of(question.column)})"
    needed = 'link_number, "at", nonce, day, human, visitor, scan'
    if by_goal:
        made = scope.clicks(needed, question.interval, " AND nonce <> 0")
        rows = scope.with_goals("made.*, name AS of_value, 1 AS goals, value AS worth", made, question.interval)
    else:
        made = scope.clicks(f"{value} AS of_value, {needed}", question.interval, f" AND {value} <> ''")
        reached = "count() AS goals, sum(value) AS worth"
        rows = scope.with_goals("made.*, goals, worth", made, question.interval, of_click=reached)
    return scope.statement(
        f"""SELECT of_value, count() AS c, countIf(human) AS h, uniqExactIf((day, visitor), human AND visitor <> 0),
            countIf(human AND scan), sum(goals), sum(worth), countIf(human AND goals > 0)
        FROM ({rows}) GROUP BY of_value ORDER BY h DESC, of_value LIMIT {scope.bound.number(question.limit)}"""
    )


def _ranked(scope: Scope, column: str, *, placed: bool = False) -> str:
    """Rows: value, detail, score, and when ``placed`` day and quarter hour; not grouped yet."""
    question = scope.question
    value, detail = _value_and_detail(question, column)
    place = "day, quarter, " if placed else ""

    def raw(interval: Interval | None) -> str:
        restriction = _restriction(scope, column)
        if column == "goal_completed":
            made = scope.clicks(_MADE, interval, f"{restriction} AND nonce <> 0")
            begins = f" WHERE startsWith(name, {scope.bound.text(question.prefix)})" if question.prefix else ""
            return scope.with_goals(f"{place}name AS value, '' AS detail, 1 AS score", made, interval) + begins
        known = "" if ranks_links(question, column) else f" AND {value} <> ''"
        return scope.clicks(f"{place}{value} AS value, {detail} AS detail, 1 AS score", interval, restriction + known)

    rolled = None
    if not placed or is_daily(question):
        rolled = _rolled_up(scope, column, raw, "day, 0 AS quarter, " if placed else "")
    return parts(question.interval, DAY, rolled, raw) if rolled is not None else raw(question.interval)


def _value_and_detail(question: Question, column: str) -> tuple[str, str]:
    if column == "city":
        return "toString(city)", "concat(country, '/', region)"
    if column == "region":
        return "toString(region)", "toString(country)"
    if ranks_links(question, column):
        return "if(link_number = 0, path, '')", "toString(link_number)"
    name = "path" if column == "path_404" else name_of(column)
    return f"toString({name})", "''"


def _restriction(scope: Scope, column: str) -> str:
    """The conditions under which raw clicks are counted in a top list of ``column``, each behind an AND."""
    question = scope.question
    text = " AND status = 404" if column == "path_404" else ""
    if column not in ("human", "bot") and not question.names_humans():
        text += " AND human"
    if question.prefix and column != "goal_completed":
        name = "path" if column == "path_404" else name_of(column)
        text += f" AND startsWith(toString({name}), {scope.bound.text(question.prefix)})"
    return text


def _rolled_up(scope: Scope, column: str, raw: Rows, place: str) -> Rows | None:
    """The roll-up that knows the clicks by value and day; None when none does."""
    question = scope.question
    if is_filtered(question):
        return None
    if column == "human" and not question.prefix:
        pair = "arrayJoin([('true', human_clicks), ('false', clicks - human_clicks)]) AS pair"
        return partial(scope.days, f"{place}({pair}).1 AS value, '' AS detail, pair.2 AS score")
    if column in ROLLED_UP and question.link_number is None:
        return partial(scope.values, f"{place}value, detail, human_clicks AS score", column)
    if ranks_links(question, column) and not question.prefix:
        names = f"{place}'' AS value, toString(link_number) AS detail, human_clicks AS score"
        # Of clicks without a link the roll-up does not know the paths.
        return lambda whole: f"{scope.links(names, whole)} AND link_number <> 0 UNION ALL {raw(whole)} AND link_number = 0"
    return None


def _in_spans(scope: Scope, rows: str, kind: str, spans: Sequence[Span]) -> str:
    """Rows: position of each span and the score of those of ``rows`` that are of it and in it."""
    positions, wanted, firsts, afters = zip(*spans, strict=True)
    moments_of = scope.bound.days if kind == "Date" else scope.bound.moments
    lists = [scope.bound.numbers(positions), _listed(scope, wanted), moments_of(firsts), moments_of(afters)]
    listed = f"""SELECT each.1 AS position, each.2 AS what, each.3 AS first, each.4 AS after
        FROM (SELECT arrayJoin(arrayZip({", ".join(lists)})) AS each)"""
    return f"""SELECT position, score FROM ({rows}) AS made INNER JOIN ({listed}) AS listed ON made.what = listed.what
        WHERE made_at >= first AND made_at < after"""


def _listed(scope: Scope, wanted: Sequence[int | str] | set[int | str]) -> str:
    numbers = [each for each in wanted if isinstance(each, int)]
    return scope.bound.numbers(numbers) if numbers else scope.bound.texts(str(each) for each in wanted)
