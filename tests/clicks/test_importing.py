"""Clicks with a history brought into a store: each once."""

import dataclasses
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.clicks import importing
from linnet.clicks.conversions import Conversion
from linnet.clicks.import_files import FileRow, rows_of
from linnet.clicks.importing import import_clicks, position
from linnet.clicks.portions import Portion, Span
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.truth_duckdb import DuckdbTruth
from linnet.clicks.verification import Verification, verify
from linnet.model.click import Batch
from linnet.model.click_record import FileFormat
from linnet.model.errors import InvalidField
from linnet.model.statistics import Kind, Question
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.exports import Export, Exporter
from linnet.visitor.agent import judge_by
from linnet.visitor.bots import common_rules
from tests.clicks.builders import AT, click
from tests.clicks.importing import reading, task

MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckdbClickStore]:
    opened = DuckdbClickStore(tmp_path / "c.duckdb")
    yield opened
    opened.close()


def rows(count: int, **fields: Any) -> list[FileRow]:
    return [
        FileRow(n, {"clicked_at": f"2026-03-01T12:{n % 60:02d}:00Z", "path": "/abc", "query": f"n={n}"} | fields)
        for n in range(count)
    ]


def queries(store: DuckdbClickStore) -> list[str]:
    with store.cursor() as connection:
        return sorted(query for (query,) in connection.execute("SELECT query FROM clicks").fetchall())


def differences(store: DuckdbClickStore) -> list[Any]:
    rules = common_rules()
    truth = DuckdbTruth(store, judge_by(rules), rules.version, lambda segment: None)
    return [each for step in verify(truth, Verification()) for each in step.differences]


def test_every_row_is_imported_once_however_often_it_is_begun(store: DuckdbClickStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importing, "BATCH_ROWS", 10)
    source = rows(95)
    for until in (0, 3, 0, 4):
        with pytest.raises(ConnectionError):
            import_clicks(task(store, until=until), source)
    assert position(task(store)).offset == 70
    report = import_clicks(task(store), source)
    assert (report.rows, report.before, report.clicks) == (95, 70, 25)
    again = import_clicks(task(store), source)
    assert (again.rows, again.before, again.clicks) == (95, 95, 0)
    assert queries(store) == sorted(f"n={n}" for n in range(95))
    assert differences(store) == []
    other = import_clicks(task(store, "another file"), source)
    assert other.clicks == 95


def test_who_imports_the_same_at_once_is_told_so(store: DuckdbClickStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importing, "BATCH_ROWS", 10)

    def slowly() -> Iterator[FileRow]:
        for number, row in enumerate(rows(50)):
            if number == 25:
                import_clicks(task(store), rows(50))
            yield row

    with pytest.raises(InvalidField, match="Somebody else"):
        import_clicks(task(store), slowly())
    assert queries(store) == sorted(f"n={n}" for n in range(50))


def test_bad_rows_are_told_and_left_out(store: DuckdbClickStore):
    source = [*rows(3), FileRow(3, {"clicked_at": "soon"}), FileRow(4, {}, "this is no CSV"), *rows(1, status="x")]
    looked = import_clicks(task(None), source)
    assert (looked.rows, looked.clicks, looked.bad, looked.before) == (6, 3, 3, 0)
    report = import_clicks(task(store), source)
    assert [(each.line, each.field) for each in report.problems] == [(3, "clicked_at"), (4, ""), (0, "status")]
    assert (report.clicks, report.bad) == (3, 3)
    assert import_clicks(task(store), source).before == 6
    many = import_clicks(task(None), [FileRow(n, {}) for n in range(1000)])
    assert (many.bad, len(many.problems), many.bad_fields) == (1000, 100, {"clicked_at": 1000})


def test_links_are_found_by_id_then_by_path_and_the_rest_has_none_or_another(store: DuckdbClickStore):
    asked = [
        {"link_id": "lnk_7_b", "path": "/old-path"},
        {"link_id": "lnk_9_gone", "path": "/abc"},
        {"link_id": "", "path": "/abc"},
        {"path": "/b"},
        {"path": "/nowhere"},
    ]
    source = [FileRow(n, {"clicked_at": 1772366400000 + n} | row) for n, row in enumerate(asked)]
    assert import_clicks(task(store), source).without_link == 2
    assert import_clicks(task(store, "again", other_link=9), source).without_link == 1
    with store.cursor() as connection:
        found = connection.execute('SELECT link_number FROM clicks ORDER BY "at", link_number').fetchall()
    assert [number for (number,) in found] == [4, 4, 3, 3, 0, 0, 4, 4, 0, 9]


def test_goals_come_with_their_clicks(store: DuckdbClickStore):
    goals = [{"goal": "signup", "value": 1.5}, {"goal": "buy", "value": 20}]
    source = [
        FileRow(1, {"clicked_at": 1772366400000, "path": "/abc", "conversions": goals}),
        FileRow(2, {"clicked_at": 1772366400000, "path": "/abc", "goal_completed": "buy", "nonce": 77}),
    ]
    assert import_clicks(task(store), source).conversions == 3
    import_clicks(task(store), source)
    with store.cursor() as connection:
        goal = "SELECT goal_completed, count(*) FROM converted GROUP BY ALL ORDER BY ALL"
        assert connection.execute(goal).fetchall() == [("buy", 2), ("signup", 1)]
        assert connection.execute("SELECT sum(value) FROM conversions").fetchall() == [(21.5,)]
        nonces = {nonce for (nonce,) in connection.execute("SELECT nonce FROM clicks").fetchall()}
    assert 77 in nonces
    assert len(nonces - {0}) == 2


def test_what_is_cleared_away_may_be_imported_again_and_is_kept_if_that_is_wanted(store: DuckdbClickStore):
    import_clicks(task(store), rows(20))
    store.clear_domain(7, AT + 90 * MINUTE)
    assert queries(store) == []
    assert position(task(store)).cleared_before == AT + 90 * MINUTE
    dropped = import_clicks(task(store), rows(20))
    assert (dropped.clicks, dropped.cleared) == (0, 20)
    store.clear_domain(7, AT + 90 * MINUTE)
    restored = import_clicks(task(store, restored=True), rows(20))
    assert (restored.clicks, restored.cleared) == (20, 0)
    assert differences(store) == []
    # What is older than all that was taken in again stays forgotten.
    late = click(at=AT - MINUTE)
    assert store.write([Batch(segment="s", offset=1, clicks=[late])]) == 0


def test_another_domains_imports_survive_a_clearing(store: DuckdbClickStore):
    seventy = reading()
    seventy = dataclasses.replace(seventy, domain=dataclasses.replace(seventy.domain, id=70))
    import_clicks(task(store, reading=seventy), rows(5))
    import_clicks(task(store), rows(5))
    store.clear_domain(7, AT + 90 * MINUTE)
    assert position(task(store)).offset == 0
    assert position(task(store, reading=seventy)).offset == 5


HOSTILE = ["", "a", "=1+1", "'=x", '"', "a,b", "line\r\nbreak", "\ttab", "ü€", "\x00", "-", "@x", "<script>", "x" * 9_000]


@pytest.mark.parametrize("kind", list(FileFormat))
def test_what_was_exported_comes_back_as_it_was(tmp_path: Path, store: DuckdbClickStore, kind: FileFormat):
    chance = random.Random(5)
    texts = (
        "query",
        "referrer",
        "referrer_host",
        "user_agent",
        "browser",
        "os",
        "device",
        "city",
        "region",
        "utm_source",
        "utm_term",
    )
    clicks = [
        click(
            at=AT + timedelta(milliseconds=chance.randrange(10**9)) - timedelta(days=20),
            link_number=(link := chance.choice([0, 3, 4])),
            path=chance.choice(["/abc", "/Ünï code", "/b"]) if link else "/abc",
            status=chance.choice([302, 404, 410]),
            human=(human := chance.random() < 0.7),
            bot="" if human else chance.choice(["", "a rule"]),
            address=chance.choice(["", "192.0.2.0", "2001:db8::"]),
            country=chance.choice(["", "DE"]),
            language=chance.choice(["", "de"]),
            ab_path=chance.choice(["", "a", "split"]),
            scan=chance.random() < 0.2,
            visitor=chance.choice([0, 1, 2**40 - 1]),
            nonce=chance.choice([0, n + 1, 2**48 - 1 - n]),
            **{name: chance.choice(HOSTILE) for name in texts},
        )
        for n in range(800)
    ]
    converted = [each for each in clicks if each.nonce][:50]
    goals = [
        Conversion(7, each.link_number, each.at, each.nonce, name, each.at + MINUTE, 9.75)
        for each in converted
        for name in ("buy", "=sign up")
    ]
    store.write([Batch(segment="s", offset=1, clicks=clicks)])
    store.write_portions([portion_of(goals)])
    ids = {3: "lnk_7_a", 4: "lnk_7_b"}
    exporter = Exporter(DuckdbStatistics(store.cursor, store.clear_domain), lambda numbers: ids)
    everything = Export(question=Question(kind=Kind.LAST_CLICKS, domain_id=7), format=kind)
    file = tmp_path / f"clicks.{kind}"
    file.write_bytes(b"".join(exporter.export(everything)))
    before = dump(store)
    store.clear_domain(7, AT + 90 * MINUTE)
    assert dump(store) != before
    report = import_clicks(task(store, restored=True), rows_of(file, kind))
    assert (report.clicks, report.bad, report.conversions) == (800, 0, len(goals))
    assert dump(store) == before
    assert differences(store) == []
    assert b"".join(exporter.export(everything)) == file.read_bytes()


def portion_of(goals: list[Conversion]) -> Portion:
    return Portion(None, [Span("goals", None, 1)], goals)


def dump(store: DuckdbClickStore) -> list[list[Any]]:
    """All clicks, conversions and sums."""
    store.merge_rollups()
    tables = ("clicks", "conversions", "rollup_quarters", "rollup_links", "rollup_values")
    with store.cursor() as connection:
        return [connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in tables]
