"""Linnet's own rules and weighted variants of links in the database."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from linnet.model.rules import read_rules, rules_json
from linnet.model.variants import NOTHING_OWN, OwnTargeting, read_variants, variants_json
from linnet.storage.dialects import among, listed
from linnet.storage.link_tables import link_rules

# How an empty list is stored.
_NONE: Final = "[]"
_AMONG: Final = among(link_rules.c.link_number, "numbers")
_OWN: Final = select(link_rules.c.rules, link_rules.c.variants)


class RuleRepository:
    """Rules and variants of one unit of work; a link is known by its number."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, link_number: int) -> OwnTargeting:
        """The rules and the variants of a link; none where it has none."""
        row = self._connection.execute(_OWN.where(link_rules.c.link_number == link_number)).one_or_none()
        return NOTHING_OWN if row is None else own_targeting(*row)

    def find_many(self, link_numbers: Sequence[int]) -> dict[int, OwnTargeting]:
        """The rules and the variants of each of the links that has any."""
        dialect = self._connection.dialect.name
        statement = _OWN.add_columns(link_rules.c.link_number).where(_AMONG[dialect])
        rows = self._connection.execute(statement, {"numbers": listed(dialect, link_numbers)})
        return {number: own_targeting(rules, variants) for rules, variants, number in rows}

    def present(self, link_numbers: Sequence[int]) -> dict[int, tuple[bool, bool]]:
        """Which of the links have rules, and which have variants; those without either have no entry."""
        dialect = self._connection.dialect.name
        statement = select(link_rules.c.link_number, link_rules.c.rules, link_rules.c.variants).where(_AMONG[dialect])
        rows = self._connection.execute(statement, {"numbers": listed(dialect, link_numbers)})
        return {number: (rules != _NONE, variants != _NONE) for number, rules, variants in rows}

    def save(self, link_number: int, own: OwnTargeting) -> None:
        """Replaces the rules and the variants of a link."""
        self._connection.execute(delete(link_rules).where(link_rules.c.link_number == link_number))
        if own != NOTHING_OWN:
            rules, variants = json.dumps(rules_json(own.rules)), json.dumps(variants_json(own.variants))
            self._connection.execute(insert(link_rules).values(link_number=link_number, rules=rules, variants=variants))


def own_targeting(rules: Any, variants: Any) -> OwnTargeting:
    """What the columns of a row hold."""
    return OwnTargeting(read_rules(json.loads(rules)), read_variants(json.loads(variants)))
