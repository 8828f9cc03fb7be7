"""Statements that the two engines spell differently."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Executable, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

PLACEHOLDER: Final = {"sqlite": "?", "postgresql": "%s"}


def insert_ignoring(
    table: Table, values: Mapping[str, Any], *, conflict: Sequence[str], returning: Column[Any]
) -> dict[str, Executable]:
    """An INSERT, by the name of the dialect, that does nothing where the ``conflict`` columns hold the same values already.

    Unlike a failed INSERT it leaves a PostgreSQL transaction usable.
    """
    statements: dict[str, Executable] = {}
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert)):
        statements[dialect] = (
            insert(table).values(values).on_conflict_do_nothing(index_elements=list(conflict)).returning(returning)
        )
    return statements


def among(column: Column[Any], name: str) -> dict[str, ColumnElement[bool]]:
    """The condition, by the name of the dialect, that ``column`` is one of the list bound to ``name`` (see ``listed``).

    One parameter whatever the list's length: nothing to render again for every new length, and no limit of parameters.
    """
    array = bindparam(name, type_=postgresql.ARRAY(column.type))
    return {
        "sqlite": column.in_(select(func.json_each(bindparam(name)).table_valued("value").c.value)),
        "postgresql": column == func.any(array),
    }


def listed(dialect: str, values: Sequence[Any]) -> Any:
    """``values`` as ``among`` takes them."""
    return json.dumps(values) if dialect == "sqlite" else list(values)


def is_id(number: int) -> bool:
    """Whether ``number`` can be the id of a row at all: 32 bits, as PostgreSQL's integers. Clients send what they like."""
    return 0 < number < 2**31


def is_storable(words: str) -> bool:
    """Whether a text column can hold ``words`` at all: no NUL, no half of a surrogate pair. What cannot is not there either."""
    if words.isascii():
        return "\0" not in words
    try:
        return b"\0" not in words.encode()
    except UnicodeEncodeError:
        return False
