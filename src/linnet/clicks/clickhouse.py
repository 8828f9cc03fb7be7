"""Clients of ClickHouse, and its schema brought up to date."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from linnet.clicks.clickhouse_address import ClickhouseAddress
from linnet.clicks.clickhouse_schema import VERSIONS, Deployment, create_database, create_versions, note_version
from linnet.model.errors import StorageUnavailable

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_CONNECT_SECONDS: Final = 5
_ANSWER_SECONDS: Final = 300
# What a statement may take that makes or changes tables, on all servers of a cluster.
_DDL_SECONDS: Final = 180


@contextmanager
def unavailability() -> Iterator[None]:
    """Turn what the client library raises into StorageUnavailable."""
    from clickhouse_connect.driver.exceptions import Error

    try:
        yield
    except Error as error:
        raise StorageUnavailable(f"ClickHouse does not take it: {_short(error)}") from error


def connect(
    address: ClickhouseAddress,
    *,
    database: str | None = None,
    settings: dict[str, Any] | None = None,
    answer_seconds: int = _ANSWER_SECONDS,
) -> "Client":
    """A client, which several threads may ask at once; ``database`` "" leaves the choice to the server. Raises
    StorageUnavailable."""
    # Loaded only where there is a ClickHouse.
    import clickhouse_connect

    # What it would tell in lines of its own, we tell in ours.
    for library in ("clickhouse_connect", "urllib3"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    with unavailability():
        return clickhouse_connect.get_client(
            interface=address.scheme,
            host=address.host,
            port=address.port,
            username=address.user,
            password=address.password,
            database=address.database if database is None else database,
            ca_cert=address.ca_file or None,
            # Sessions would refuse a question beside another one, and stay at one server of a cluster.
            autogenerate_session_id=False,
            connect_timeout=_CONNECT_SECONDS,
            send_receive_timeout=answer_seconds,
            # Repeating is done where it is known to be safe.
            query_retries=0,
            client_name="linnet",
            settings=settings or {},
        )


def migrate(address: ClickhouseAddress, deployment: Deployment) -> bool:
    """Bring the database to this version's schema, and make it where there is none; False when there was nothing to do.

    Nodes may do it at once, and it can be repeated wherever it was broken off. Raises StorageUnavailable, also for a database
    that a newer version made.
    """
    settings = {"distributed_ddl_task_timeout": _DDL_SECONDS} if deployment.cluster else {}
    client = connect(address, database="default", settings=settings)
    try:
        with unavailability():
            if not _has_database(client, deployment):
                client.command(create_database(deployment))
            client.database = deployment.database
            for statement in create_versions(deployment):
                client.command(statement)
            current = int(client.query("SELECT max(version) FROM schema_versions").result_rows[0][0])
            if current > len(VERSIONS):
                raise StorageUnavailable(
                    f"A newer version of Linnet made the tables in ClickHouse's database {deployment.database}: this one knows "
                    f"version {len(VERSIONS)} of the schema, not {current}."
                )
            for version in range(current + 1, len(VERSIONS) + 1):
                for statement in VERSIONS[version - 1](deployment):
                    client.command(statement)
                client.command(note_version(version))
            return current < len(VERSIONS)
    finally:
        client.close()


def _has_database(client: "Client", deployment: Deployment) -> bool:
    # Whoever may not make databases may still use one.
    found = client.query(
        "SELECT count() FROM system.databases WHERE name = {name:String}", parameters={"name": deployment.database}
    )
    return bool(found.result_rows[0][0])


def _short(error: Exception) -> str:
    # Of a connection that could not be made the reason is told, without the address of the request in all its length.
    reason = getattr(error.__cause__, "reason", None) or error
    text = " ".join(str(reason).split())
    return text if len(text) <= 600 else f"{text[:600]}…"
