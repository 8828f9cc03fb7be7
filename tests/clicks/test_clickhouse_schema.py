"""The tables in ClickHouse: made on the real engine; for clusters and replicas, which that has not, told by their text."""

import pytest

from linnet.clicks import clickhouse_schema as schema
from linnet.clicks.clickhouse import connect, migrate
from linnet.clicks.clickhouse_address import read_address
from linnet.clicks.clickhouse_schema import CLICK_COLUMNS, ROLLUP_KEYS, SUMS, VERSIONS, Deployment, create_versions
from linnet.clicks.clickhouse_sql import running
from linnet.clicks.schema import COLUMNS
from linnet.model.click import Click
from linnet.model.errors import StorageUnavailable
from tests.support.clickhouse import ClickhouseServer

BOOKS = {
    "clearings",
    "clearings_applied",
    "closed_visitors",
    "ingest_offsets",
    "ingest_turns",
    "judged",
    "rolled_off",
    "rolled_off_visitors",
    "visitor_salts",
    "schema_versions",
}
TABLES = {"clicks", "conversions", *BOOKS, *ROLLUP_KEYS}


@pytest.fixture
def database(clickhouse_server: ClickhouseServer) -> str:
    return clickhouse_server.new_database()


def migrated(server: ClickhouseServer, database: str) -> bool:
    address = read_address(server.url(database))
    assert address is not None
    return migrate(address, Deployment(database))


def test_an_empty_server_gets_every_table_once(clickhouse_server: ClickhouseServer, database: str) -> None:
    assert migrated(clickhouse_server, database)
    assert not migrated(clickhouse_server, database)
    made = clickhouse_server.rows("SELECT name, engine FROM system.tables WHERE database = currentDatabase()", database)
    assert {name for name, engine in made if engine != "MaterializedView"} == TABLES
    assert {name for name, engine in made if engine == "MaterializedView"} == {f"fill_{table}" for table in ROLLUP_KEYS}
    assert clickhouse_server.rows("SELECT version FROM schema_versions", database) == [(len(VERSIONS),)]


def test_a_migration_that_was_broken_off_goes_on(clickhouse_server: ClickhouseServer, database: str) -> None:
    deployment = Deployment(database)
    client = clickhouse_server.client()
    client.command(schema.create_database(deployment))
    client.database = database
    for statement in [*create_versions(deployment), *VERSIONS[0](deployment)[:3]]:
        client.command(statement)
    client.close()
    assert migrated(clickhouse_server, database)
    assert not migrated(clickhouse_server, database)


def test_tables_of_a_newer_version_are_left_alone(clickhouse_server: ClickhouseServer, database: str) -> None:
    migrated(clickhouse_server, database)
    clickhouse_server.rows(f"INSERT INTO schema_versions (version) VALUES ({len(VERSIONS) + 1})", database)
    with pytest.raises(StorageUnavailable, match="newer version"):
        migrated(clickhouse_server, database)


def test_a_server_that_does_not_answer_is_unavailable(database: str) -> None:
    address = read_address("http://linnet:secret@127.0.0.1:9/clicks")
    assert address is not None
    with pytest.raises(StorageUnavailable) as refusal:
        connect(address)
    assert "secret" not in str(refusal.value)


def test_clicks_have_the_columns_of_the_embedded_store_and_their_number() -> None:
    assert list(CLICK_COLUMNS) == ["node", "seq", *COLUMNS]
    assert set(Click._fields) <= set(CLICK_COLUMNS)


def test_roll_ups_are_those_of_the_clicks(clickhouse_server: ClickhouseServer, database: str) -> None:
    migrated(clickhouse_server, database)
    clickhouse_server.rows(
        """INSERT INTO clicks
            (node, seq, domain_id, link_number, "at", day, quarter, status, country, region, city, human, scan)
        WITH toDateTime64('2026-03-01 00:00:00', 3, 'UTC') + number * 600 AS moment
        SELECT 'one', number, 1 + number % 2, number % 5, moment, toDate(moment),
            toHour(moment) * 4 + intDiv(toMinute(moment), 15), 302, if(number % 3 = 0, '', 'DE'), 'BE',
            if(number % 3 = 1, 'Berlin', ''), number % 4 > 0, number % 8 = 1
        FROM numbers(300)""",
        database,
    )
    for table, keys in ROLLUP_KEYS.items():
        names = ", ".join([*keys, "node"])
        sums = ", ".join(f"sum({name})" for name in SUMS)
        query = f"SELECT {names}, {sums} FROM {{}} GROUP BY {names} ORDER BY {names}"
        held = clickhouse_server.rows(query.format(table), database)
        assert held == clickhouse_server.rows(query.format(f"({schema.rolled_up(table, 'clicks')})"), database)
        assert held
    cities = clickhouse_server.rows(
        "SELECT value, detail, sum(clicks) FROM rollup_values WHERE dimension = 'city' GROUP BY ALL", database
    )
    assert cities == [("Berlin", "DE/BE", 100)]
    assert clickhouse_server.rows("SELECT sum(scans), sum(human_clicks) FROM rollup_links", database) == [(38, 225)]


def test_of_a_click_and_goal_the_first_conversion_counts(clickhouse_server: ClickhouseServer, database: str) -> None:
    migrated(clickhouse_server, database)
    for second, value in ((30, 3.0), (10, 1.0), (20, 2.0)):
        clickhouse_server.rows(
            f"""INSERT INTO conversions (domain_id, link_number, clicked_at, nonce, name, "at", value) VALUES
            (1, 2, '2026-03-01 00:00:00.123', 5, 'bought', '2026-03-01 00:01:{second}', {value})""",
            database,
        )
    assert clickhouse_server.rows("SELECT name, value FROM conversions FINAL", database) == [("bought", 1.0)]


def test_replicas_share_their_tables_through_keeper() -> None:
    statements = VERSIONS[0](Deployment("linnet", replicated=True))
    tables = [statement for statement in statements if statement.startswith("CREATE TABLE")]
    assert len(tables) == len(TABLES) - 1
    for statement in tables:
        assert "MergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}'" in statement
        assert "replicated_deduplication_window" in statement
        assert "ON CLUSTER" not in statement
        assert "fsync" not in statement
    assert any(
        "ReplicatedSummingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', (clicks," in each
        for each in tables
    )


def test_a_cluster_has_local_tables_and_ones_that_are_spread_over_them() -> None:
    deployment = Deployment("linnet", cluster="it's `all`", replicated=True)
    statements = VERSIONS[0](deployment)
    assert all(" ON CLUSTER `it's \\`all\\``" in statement for statement in statements)
    spread = [statement for statement in statements if "ENGINE = Distributed" in statement]
    assert len(spread) == len(TABLES) - 1
    assert (
        "CREATE TABLE IF NOT EXISTS clicks ON CLUSTER `it's \\`all\\`` AS clicks_local ENGINE = "
        "Distributed('it\\'s `all`', 'linnet', clicks_local, cityHash64(domain_id, link_number))"
    ) in spread
    views = [statement for statement in statements if "MATERIALIZED VIEW" in statement]
    assert len(views) == len(ROLLUP_KEYS)
    for table in ROLLUP_KEYS:
        assert any(f"TO {table}_local AS SELECT" in each and " FROM clicks_local " in each for each in views)
    assert deployment.local("clicks") == "clicks_local"
    assert Deployment("linnet").local("clicks") == "clicks"


def test_what_still_runs_is_looked_for_on_every_server_of_a_cluster() -> None:
    assert "FROM system.processes WHERE" in running("clicks", Deployment("linnet"))
    assert "FROM clusterAllReplicas('all', system.processes) WHERE" in running("clicks", Deployment("linnet", cluster="all"))


@pytest.mark.parametrize(
    "text",
    [
        "clickhouse://h/db",
        "http://h",
        "http://h/a/b",
        "http://u:secret@h:x/db",
        "http://u:secret@h:99999/db",
        "http:///db",
        "http://u:secret\u2100@h/db",
        "http://u:secret@[h/db",
        "http://u:secret@h/db?verify=0",
        "http://u:secret@h/db?ca_cert=/x",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|is no|takes)") as refusal:
        read_address(text)
    assert "secret" not in str(refusal.value)


def test_an_address_has_defaults_and_hides_its_password() -> None:
    plain = read_address("http://h/linnet")
    assert plain is not None
    assert (plain.port, plain.user, plain.password, plain.database) == (8123, "default", "", "linnet")
    full = read_address("https://us%40er:s%2Fecret@ch.example.com/clicks?ca_cert=/etc/ca.pem")
    assert full is not None
    assert (full.scheme, full.host, full.port, full.user, full.password) == (
        "https",
        "ch.example.com",
        8443,
        "us@er",
        "s/ecret",
    )
    assert full.ca_file == "/etc/ca.pem"
    assert "ecret" not in repr(full)
    assert read_address("") is None
