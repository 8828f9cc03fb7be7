"""What belongs to a link's route and has rows of its own: read beside the links, for some of them or for all in their order."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select

from linnet.model.opengraph import Tag
from linnet.model.variants import NOTHING_OWN, OwnTargeting
from linnet.storage.dialects import among, listed
from linnet.storage.link_tables import link_opengraph, link_places, link_rules, links
from linnet.storage.rules import own_targeting

_TABLES: Final = (link_places, link_opengraph, link_rules)
# Each begins with the link's number, and comes in the order of the numbers.
_PLACES: Final = select(
    link_places.c.link_number, link_places.c.country, link_places.c.region, link_places.c.original_url
).order_by(link_places.c.link_number)
_OPENGRAPH: Final = select(link_opengraph.c.link_number, link_opengraph.c.property, link_opengraph.c.content).order_by(
    link_opengraph.c.link_number, link_opengraph.c.position
)
_RULES: Final = select(link_rules.c.link_number, link_rules.c.rules, link_rules.c.variants).order_by(link_rules.c.link_number)
_SELECTS: Final[tuple[Select[Any], ...]] = (_PLACES, _OPENGRAPH, _RULES)
_AMONG: Final = tuple(among(table.c.link_number, "numbers") for table in _TABLES)
_Row = Sequence[Any]
_NO_MORE: Final[tuple[float, Iterable[_Row]]] = (math.inf, ())


def has_parts() -> ColumnElement[bool]:
    """Whether a row of ``links`` has any."""
    return or_(*(exists().where(table.c.link_number == links.c.number) for table in _TABLES))


class Parts:
    """The parts of one route."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Sequence[Iterable[_Row]]) -> None:
        self._rows = rows

    def places(self) -> dict[tuple[str, str], str]:
        """Destinations by country and region."""
        return {(country, region): url for _, country, region, url in self._rows[0]}

    def opengraph(self) -> tuple[Tag, ...]:
        """OpenGraph tags, in their order."""
        return tuple((name, content) for _, name, content in self._rows[1])

    def own(self) -> OwnTargeting:
        """The link's own rules, and its variants."""
        return next((own_targeting(rules, variants) for _, rules, variants in self._rows[2]), NOTHING_OWN)


NO_PARTS: Final = Parts(((),) * len(_TABLES))


def parts_of(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Parts]:
    """The parts of the links with these numbers that have any."""
    dialect = connection.dialect.name
    found: dict[int, list[list[_Row]]] = {}
    for place, statement in enumerate(_SELECTS):
        for row in connection.execute(statement.where(_AMONG[place][dialect]), {"numbers": listed(dialect, numbers)}):
            found.setdefault(row[0], [[] for _ in _SELECTS])[place].append(row)
    return {number: Parts(rows) for number, rows in found.items()}


class AllParts:
    """The parts of all links, for who asks in the order of their numbers."""

    def __init__(self, connection: Connection) -> None:
        self._groups = [_Groups(connection.execute(statement)) for statement in _SELECTS]

    def of(self, number: int) -> Parts:
        """The parts of a link; each is to be asked for once, and none behind a later one."""
        rows = [group.of(number) for group in self._groups]
        return Parts(rows) if any(rows) else NO_PARTS


class _Groups:
    """Rows by the number that they begin with."""

    def __init__(self, rows: Iterable[_Row]) -> None:
        self._groups: Iterator[tuple[float, Iterable[_Row]]] = groupby(rows, key=itemgetter(0))
        self._number, self._rows = next(self._groups, _NO_MORE)

    def of(self, number: int) -> list[_Row]:
        while self._number < number:
            self._number, self._rows = next(self._groups, _NO_MORE)
        return list(self._rows) if self._number == number else []
