"""How the QR codes of links were last drawn, in the database."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from linnet.storage.link_tables import qr_codes


class QrCodeRepository:
    """QR codes of one unit of work; a link is known by its number."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, link_number: int) -> dict[str, Any] | None:
        """The style in which a link's code was last drawn; None when it never was."""
        style = self._connection.scalar(select(qr_codes.c.style).where(qr_codes.c.link_number == link_number))
        return None if style is None else json.loads(style)

    def find_many(self, link_numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """What ``find`` gives, of those that have something."""
        statement = select(qr_codes.c.link_number, qr_codes.c.style).where(qr_codes.c.link_number.in_(link_numbers))
        return {row.link_number: json.loads(row.style) for row in self._connection.execute(statement)}

    def save(self, link_number: int, style: dict[str, Any], drawn_at: datetime) -> None:
        """The link's code is now drawn in this style (anything that JSON can hold)."""
        values = {"style": json.dumps(style), "drawn_at": drawn_at}
        changed = self._connection.execute(update(qr_codes).where(qr_codes.c.link_number == link_number).values(values))
        if changed.rowcount == 0:
            self._connection.execute(insert(qr_codes).values(link_number=link_number, **values))
