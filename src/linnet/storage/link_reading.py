"""Links as statements read them: each with its tags."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from linnet.model.link import Link
from linnet.storage.dialects import among, listed
from linnet.storage.link_rows import COLUMNS, FIELDS, link_of
from linnet.storage.link_tables import link_tags, links
from linnet.storage.prepared import Prepared

LINK: Final = select(*COLUMNS.selected, links.c.tag_count)
_PLACE_OF_NUMBER: Final = FIELDS.index("number")
_TAGS: Final = Prepared(
    select(link_tags.c.tag).where(link_tags.c.link_number == bindparam("number")).order_by(link_tags.c.position)
)
IN_DOMAIN: Final = LINK.where(links.c.domain_id == bindparam("domain_id"))
_NUMBER_AMONG: Final = among(link_tags.c.link_number, "numbers")


def found(connection: Connection, statement: Prepared, parameters: dict[str, Any]) -> Link | None:
    """The link of the only row that ``statement``, made of ``LINK``, finds."""
    row = statement.one(connection, parameters)
    if row is None:
        return None
    tags = _TAGS.all(connection, {"number": row[_PLACE_OF_NUMBER]}) if row[-1] else ()
    return link_of(row, tuple([tag for (tag,) in tags]))


def links_in(connection: Connection, rows: Sequence[Any]) -> list[Link]:
    """The links of the rows that a statement, made of ``LINK``, has found."""
    tagged = [row.number for row in rows if row.tag_count]
    tags: dict[int, list[str]] = {}
    if tagged:
        statement = (
            select(link_tags.c.link_number, link_tags.c.tag)
            .where(_NUMBER_AMONG[connection.dialect.name])
            .order_by(link_tags.c.position)
        )
        for tag in connection.execute(statement, {"numbers": listed(connection.dialect.name, tagged)}):
            tags.setdefault(tag.link_number, []).append(tag.tag)
    return [link_of(row, tuple(tags.get(row.number, ()))) for row in rows]
