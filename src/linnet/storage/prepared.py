"""Statements for the hot paths: compiled once, run on the driver itself, their rows turned into values here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, Connection, Select, Table, type_coerce
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from linnet.storage.columns import Moment, moment

_DIALECTS: Final = {"sqlite": sqlite.dialect(), "postgresql": psycopg.dialect()}  # type: ignore[no-untyped-call]


class Prepared:
    """A SELECT compiled once for each engine. SQLAlchemy's own way costs 40 µs more for each run, which is most of a look-up.

    The rows are tuples as the driver gives them: ``Columns`` turns them into values.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._sql: dict[str, str] = {}
        self._names: dict[str, Sequence[str]] = {}
        self._fixed: dict[str, Mapping[str, Any]] = {}
        for name, dialect in _DIALECTS.items():
            compiled = statement.compile(dialect=dialect)
            self._sql[name] = str(compiled)
            self._names[name] = compiled.positiontup or ()
            self._fixed[name] = {key: value for key, value in compiled.params.items() if value is not None}

    def number(self, connection: Connection) -> int | None:
        """The one number that the statement, which takes no parameters, asks for."""
        row = self.one(connection, {})
        return None if row is None else row[0]

    def one(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row, if there is one."""
        row: Sequence[Any] | None = self._run(connection, parameters).fetchone()
        return row

    def all(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Sequence[Any]]:
        """All rows."""
        rows: list[Sequence[Any]] = self._run(connection, parameters).fetchall()
        return rows

    def _run(self, connection: Connection, parameters: Mapping[str, Any]) -> Any:
        dialect = connection.dialect.name
        driver: Any = connection.connection.dbapi_connection
        given = {**self._fixed[dialect], **parameters}
        bound = [given[name] for name in self._names[dialect]] if dialect == "sqlite" else given
        return driver.execute(self._sql[dialect], bound)


class Columns:
    """Columns of a table, by name, whose values are read from rows as the driver gives them (SQLAlchemy's will do as well)."""

    def __init__(self, table: Table, names: Iterable[str]) -> None:
        self.names: Final = tuple(names)
        columns: list[Column[Any]] = [table.c[name] for name in self.names]
        self.moments: Final = tuple(place for place, column in enumerate(columns) if isinstance(column.type, Moment))
        self.booleans: Final = tuple(place for place, column in enumerate(columns) if isinstance(column.type, Boolean))
        self.selected: Final[tuple[ColumnElement[Any], ...]] = tuple(
            type_coerce(column, BigInteger) if isinstance(column.type, Moment) else column for column in columns
        )

    def values(self, row: Sequence[Any]) -> list[Any]:
        """The values of a row that begins with these columns, in their order."""
        values = list(row[: len(self.names)])
        for place in self.moments:
            stored = values[place]
            if stored is not None:
                values[place] = moment(stored)
        for place in self.booleans:
            stored = values[place]
            if stored is not None:
                values[place] = bool(stored)
        return values
