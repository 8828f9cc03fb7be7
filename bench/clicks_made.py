"""Many clicks, made fast by hash functions inside the store: one big domain and four small ones, 90 days, Zipf links."""

import random
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import duckdb

from bench.ingest import BOTS, user_agents
from bench.support import note
from linnet.clicks.ordering import Ordering
from linnet.clicks.schema import COLUMNS, MERGED
from linnet.clicks.staging import right_rows
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.visitor.agent import judge_by
from linnet.visitor.bots import load_rules

BIG: Final = 1
SMALL: Final = (2, 3, 4, 5)
DAYS: Final = 90
FIRST: Final = date(2026, 1, 1)
# Each of the small domains has one click for so many of the big one: 222,000 beside 50 million.
SMALLER: Final = 225
LINKS: Final = {BIG: 40_000, **dict.fromkeys(SMALL, 2_000)}
_COUNTRIES: Final = 120
_GOALS: Final = ("order", "sign-up")
# Slots are what a hash chooses among; a value has as many as it is frequent.
_SLOTS: Final = 1 << 20
_EPOCH: Final = date(1970, 1, 1)


def hot_link(domain_id: int) -> int:
    """The number of the domain's link with the most clicks: 9 % of the big domain's."""
    return domain_id * 1_000_000 + 1


def make_clicks(store: DuckdbClickStore, number: int) -> float:
    """Fill an empty store with ``number`` clicks of the big domain and those of the small ones, with their roll-ups and
    conversions. Each day is put in order when it is over, as the running server does, but for the last one, which is still
    going on. Returns the seconds that the ordering took."""
    spent = 0.0
    with store.cursor() as connection:
        _make_dictionaries(connection)
        for index in range(DAYS):
            day = FIRST + timedelta(days=index)
            # On a cursor, so that the dictionaries are there.
            connection.begin()
            _make_day(connection, day, max(1, number // DAYS), first=index * number)
            connection.commit()
            began = time.monotonic()
            _put_in_order(store, day)
            spent += time.monotonic() - began
            if index % 10 == 9:
                note(f"{index + 1} of {DAYS} days made")
    return spent


def _put_in_order(store: DuckdbClickStore, today: date) -> None:
    now = datetime.combine(today, datetime.min.time(), UTC) + timedelta(hours=1)
    Ordering(store, quiet_seconds=0, now=lambda: now).work_off()


def _make_day(connection: duckdb.DuckDBPyConnection, day: date, number: int, *, first: int) -> None:
    parts = [_clicks_of(BIG, day, number, first, "zipf_links")]
    parts += [
        _clicks_of(domain, day, max(1, number // SMALLER), first + domain * 7_000_000_000, "zipf_few_links") for domain in SMALL
    ]
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    every = " UNION ALL ".join(f"({part})" for part in parts)
    connection.execute(f'INSERT INTO clicks ({names}) SELECT {names} FROM ({every}) ORDER BY "at"')
    scope = f"day = DATE '{day}'"
    for table in MERGED:
        rows = right_rows(table, scope)
        connection.execute(f"INSERT INTO {table} SELECT * FROM ({rows}) ORDER BY ALL")
    connection.execute(f"INSERT INTO open_days SELECT DISTINCT domain_id, day FROM clicks WHERE {scope}")
    connection.execute(
        f"""INSERT INTO conversions SELECT domain_id, link_number, "at", nonce, ?[1 + (nonce % 2)::INTEGER],
            "at" + INTERVAL 9 MINUTE, (nonce % 10000) / 100 FROM clicks WHERE {scope} AND human AND nonce % 250 = 0""",
        [list(_GOALS)],
    )


def _clicks_of(domain: int, day: date, number: int, first: int, links: str) -> str:
    """The clicks of a domain's day. Who visits is a hash ``v``, from which follow its place, network, agent and language."""
    days = (day - _EPOCH).days
    bot, campaign, found, social = "p5 < 80", "p3 < 100", "p4 >= 400", "p4 < 800"
    target = "CASE WHEN p1 < 10 THEN hash(i, 77) % 50000 ELSE (link.rank * 2654435761) % 16777215 END"
    return f"""WITH made AS (SELECT i, hash({domain}, {days}, hash(i, 1) % {max(1, int(number * 0.55))}) AS v
            FROM range({first}, {first + number}) AS numbers(i)),
        drawn AS (SELECT i, v, (hash(i, 2) % {_SLOTS})::INTEGER AS link_slot, (hash(v, 3) % {_SLOTS})::INTEGER AS place_slot,
            (hash(v, 4) % 65536)::INTEGER AS agent_slot, (hash(v, 5) % {_SLOTS})::INTEGER AS network_slot,
            (hash(i, 6) % 65536)::INTEGER AS blog_slot, (hash(v, 7) % 4096)::INTEGER AS language_slot,
            (hash(i, 8) % 1000)::INTEGER AS p1, (hash(i, 9) % 1000)::INTEGER AS p2, (hash(i, 10) % 1000)::INTEGER AS p3,
            (hash(i, 11) % 1000)::INTEGER AS p4, (hash(i, 13) % 1000)::INTEGER AS p5, (hash(i, 12) % 86400000)::INTEGER AS ms
            FROM made)
        SELECT {domain}::INTEGER AS domain_id,
            CASE WHEN p1 < 10 THEN 0 ELSE {domain * 1_000_000} + link.rank END::BIGINT AS link_number,
            make_timestamp(({days * 86_400_000} + ms) * 1000) AS "at",
            CASE WHEN p1 < 10 THEN 404 WHEN p1 < 20 THEN 301 ELSE 302 END::USMALLINT AS status,
            CASE WHEN p2 < 15 THEN 'HEAD' ELSE 'GET' END AS method,
            CASE WHEN p2 % 100 < 3 THEN 'http' ELSE 'https' END AS scheme,
            'go{domain}.example.com' AS hostname, '/' || printf('%x', {target}) AS path,
            CASE WHEN {campaign} THEN 'utm_source=s' || p3 % 12 || '&utm_medium=m' || p3 % 6 || '&utm_campaign=c' || p3 % 300
                WHEN p3 < 120 THEN 'fbclid=IwAR' || printf('%x', hash(i, 20)) || printf('%x', hash(i, 21)) ELSE '' END AS query,
            network.address, place.country, place.region, place.city,
            CASE WHEN NOT {found} THEN '' WHEN {social} THEN site.url ELSE blog.url END AS referrer,
            CASE WHEN NOT {found} THEN '' WHEN {social} THEN site.host ELSE blog.host END AS referrer_host,
            CASE WHEN {found} AND {social} THEN site.social ELSE '' END AS social,
            CASE WHEN {bot} THEN bot.user_agent ELSE agent.user_agent END AS user_agent,
            CASE WHEN {bot} THEN '' ELSE agent.browser END AS browser,
            CASE WHEN {bot} THEN '' ELSE agent.version END AS browser_version,
            CASE WHEN {bot} THEN '' ELSE agent.os END AS os, CASE WHEN {bot} THEN 'bot' ELSE agent.device END AS device,
            NOT ({bot}) AS human, CASE WHEN {bot} THEN 'rule ' || p5 % 9 ELSE '' END AS bot,
            CASE WHEN {campaign} THEN 's' || p3 % 12 ELSE '' END AS utm_source,
            CASE WHEN {campaign} THEN 'm' || p3 % 6 ELSE '' END AS utm_medium,
            CASE WHEN {campaign} THEN 'c' || p3 % 300 ELSE '' END AS utm_campaign, '' AS utm_term, '' AS utm_content,
            CASE WHEN p1 BETWEEN 500 AND 549 THEN ['a', 'b'][1 + p1 % 2] ELSE '' END AS ab_path, '' AS goal_completed,
            (ms // 900000)::UTINYINT AS quarter, DATE '{day}' AS day, (1 + hash(i, 30) % 281474976710655)::BIGINT AS nonce,
            p2 >= 970 AS scan, 'l' || language.rank AS language,
            CASE WHEN {bot} OR v % 100 < 3 THEN 0 ELSE 1 + v % 1099511627775 END::BIGINT AS visitor
        FROM drawn JOIN {links} AS link ON link.slot = link_slot JOIN places AS place ON place.slot = place_slot
            JOIN agents AS agent ON agent.slot = agent_slot JOIN networks AS network ON network.slot = network_slot
            JOIN blogs AS blog ON blog.slot = blog_slot JOIN zipf_languages AS language ON language.slot = language_slot
            JOIN bots AS bot ON bot.number = p5 % {len(BOTS)} JOIN sites AS site ON site.number = p4 % 6"""


def _make_dictionaries(connection: duckdb.DuckDBPyConnection) -> None:
    for name, size, exponent, slots in (
        ("zipf_links", LINKS[BIG], 1.0, _SLOTS),
        ("zipf_few_links", LINKS[SMALL[0]], 1.0, _SLOTS),
        ("zipf_cities", 40_000, 0.9, _SLOTS),
        ("zipf_networks", 200_000, 0.7, _SLOTS),
        ("zipf_blogs", 10_000, 1.0, 65536),
        ("zipf_languages", 40, 1.5, 4096),
    ):
        _make_slots(connection, name, size, exponent, slots)
    connection.execute(
        f"""CREATE TEMP TABLE places AS SELECT slot,
            chr((65 + kind // 26)::INTEGER) || chr((65 + kind % 26)::INTEGER) AS country,
            'Region ' || hash(rank, 5) % 1500 AS region, 'City of ' || hash(rank) % 100000 AS city
            FROM (SELECT *, least({_COUNTRIES - 1}, exp(hash(rank, 9) % 1000000 / 1000000.0 * ln({_COUNTRIES}))::BIGINT) AS kind
                FROM zipf_cities)"""
    )
    connection.execute(
        """CREATE TEMP TABLE networks AS SELECT slot, CASE WHEN rank % 5 = 0
            THEN '2a02:' || printf('%x', hash(rank, 1) % 2303) || ':' || printf('%x', hash(rank, 2) % 65536) || '::'
            ELSE (hash(rank, 3) % 220 + 2) || '.' || hash(rank, 4) % 256 || '.' || hash(rank, 5) % 256 || '.0' END AS address
            FROM zipf_networks"""
    )
    connection.execute(
        """CREATE TEMP TABLE blogs AS SELECT slot, 'blog' || rank || '.example' || rank % 40 || '.com' AS host,
            'https://blog' || rank || '.example' || rank % 40 || '.com/post/' || hash(slot) % 5 AS url FROM zipf_blogs"""
    )
    sites = ("facebook.com", "t.co", "google.com", "linkedin.com", "reddit.com", "instagram.com")
    social = ("facebook", "twitter", "", "linkedin", "reddit", "instagram")
    rows = [(number, f"https://{host}/", host, name) for number, (host, name) in enumerate(zip(sites, social, strict=True))]
    _make_table(connection, "sites (number INTEGER, url VARCHAR, host VARCHAR, social VARCHAR)", rows)
    _make_table(connection, "bots (number INTEGER, user_agent VARCHAR)", list(enumerate(BOTS)))
    _make_agents(connection)


def _make_agents(connection: duckdb.DuckDBPyConnection) -> None:
    judge = judge_by(load_rules(None))
    rows = []
    for number, text in enumerate(user_agents(random.Random(3)), 1):
        agent = judge.agent_of(text)
        rows.append((number, text, agent.browser, agent.browser_version, agent.os, agent.device))
    _make_slots(connection, "zipf_agents", len(rows), 0.8, 65536)
    columns = "number INTEGER, user_agent VARCHAR, browser VARCHAR, version VARCHAR, os VARCHAR, device VARCHAR"
    _make_table(connection, f"known_agents ({columns})", rows)
    joined = "SELECT slot, known_agents.* FROM zipf_agents JOIN known_agents ON number = rank"
    connection.execute(f"CREATE TEMP TABLE agents AS {joined}")


def _make_table(connection: duckdb.DuckDBPyConnection, definition: str, rows: Sequence[tuple[object, ...]]) -> None:
    connection.execute(f"CREATE TEMP TABLE {definition}")
    marks = ", ".join("?" for _ in rows[0])
    connection.executemany(f"INSERT INTO {definition.split()[0]} VALUES ({marks})", rows)


def _make_slots(connection: duckdb.DuckDBPyConnection, name: str, size: int, exponent: float, slots: int) -> None:
    """A table of ``slots`` slots; the value of rank n has a share of them in proportion to 1 / n ** ``exponent``."""
    connection.execute(
        f"""CREATE TEMP TABLE {name} AS
            WITH sums AS (SELECT rank, sum(1.0 / pow(rank, {exponent})) OVER (ORDER BY rank) AS upto
                    FROM range(1, {size + 1}) AS t(rank)),
                shares AS (SELECT rank, coalesce(lag(upto) OVER (ORDER BY rank), 0) / max(upto) OVER () AS begins FROM sums)
            SELECT slot::INTEGER AS slot, rank::BIGINT AS rank
            FROM (SELECT slot, (slot + 0.5) / {slots} AS place FROM range({slots}) AS t(slot)) AS slots
            ASOF JOIN shares ON slots.place >= shares.begins"""
    )
