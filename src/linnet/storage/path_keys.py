"""Path keys made anew, when a domain changes its case rule."""

from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from linnet.model.errors import InvalidField
from linnet.storage.dialects import among, listed
from linnet.storage.link_tables import links

_AT_ONCE: Final = 5_000
_ROWS: Final = (
    select(links.c.number, links.c.path, links.c.path_key)
    .where(links.c.domain_id == bindparam("domain_id"), links.c.number > bindparam("after"))
    .order_by(links.c.number)
    .limit(_AT_ONCE)
)
_HOLDERS: Final = select(links.c.number, links.c.path, links.c.path_key).where(links.c.domain_id == bindparam("domain_id"))
_AMONG: Final = among(links.c.path_key, "keys")
_SAVE: Final = update(links).where(links.c.number == bindparam("link_number")).values(path_key=bindparam("new_key"))


def rekey(connection: Connection, domain_id: int, key_of: Callable[[str], str]) -> Iterator[list[str]]:
    """Give every link of a domain the key that ``key_of`` makes of its path; yields, for one portion of links after the other,
    the keys that changed, old and new.

    InvalidField, and a unit of work to be given up, when two paths would have the same key. The domain must be locked.
    """
    after = 0
    while True:
        rows = connection.execute(_ROWS, {"domain_id": domain_id, "after": after}).all()
        if not rows:
            return
        after = rows[-1].number
        changed = {row.number: (row.path, row.path_key, key) for row in rows if (key := key_of(row.path)) != row.path_key}
        if changed:
            _refuse_collisions(connection, domain_id, {number: (path, key) for number, (path, _, key) in changed.items()})
            connection.execute(_SAVE, [{"link_number": number, "new_key": key} for number, (_, _, key) in changed.items()])
            yield [each for _, old, new in changed.values() for each in (old, new)]


def _refuse_collisions(connection: Connection, domain_id: int, changed: dict[int, tuple[str, str]]) -> None:
    holders: dict[str, tuple[int, str]] = {}
    keys = listed(connection.dialect.name, [key for _, key in changed.values()])
    stored = connection.execute(_HOLDERS.where(_AMONG[connection.dialect.name]), {"domain_id": domain_id, "keys": keys})
    for row in stored:
        holders[row.path_key] = row.number, row.path
    for number, (path, key) in changed.items():
        holder, other = holders.setdefault(key, (number, path))
        if holder != number:
            raise InvalidField(
                f"caseSensitive cannot be turned off: the paths '{other}' and '{path}' would become the same; change one of "
                "them first.",
                field="caseSensitive",
            )
