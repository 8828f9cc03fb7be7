"""Shared reports in the database."""

from sqlalchemy import Connection, Row, delete, func, insert, select

from linnet.model.report import Report
from linnet.storage.dialects import is_id
from linnet.storage.report_tables import reports

_REPORT = select(*(column for column in reports.c if column.name != "digest"))


class ReportRepository:
    """Shared reports of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, report: Report, digest: bytes) -> Report:
        """A new report, which gets its id here; ``digest`` is the SHA-256 of its token."""
        values = {column.name: getattr(report, column.name) for column in reports.c if column.name not in ("id", "digest")}
        number = self._connection.scalar(insert(reports).values(**values, digest=digest).returning(reports.c.id))
        return Report(id=number, **values)

    def find(self, report_id: int) -> Report | None:
        """The report with that id."""
        if not is_id(report_id):
            return None
        return _report(self._connection.execute(_REPORT.where(reports.c.id == report_id)).one_or_none())

    def find_by_digest(self, digest: bytes) -> Report | None:
        """The report whose token has that digest."""
        return _report(self._connection.execute(_REPORT.where(reports.c.digest == digest)).one_or_none())

    def search(self, domain_id: int, *, user_id: int | None, link_number: int | None, limit: int) -> list[Report]:
        """Reports of a domain, the newest first: those of one user, or of everybody; about one link, or about anything."""
        statement = _REPORT.where(reports.c.domain_id == domain_id)
        if user_id is not None:
            statement = statement.where(reports.c.user_id == user_id)
        if link_number is not None:
            statement = statement.where(reports.c.link_number == link_number)
        rows = self._connection.execute(statement.order_by(reports.c.id.desc()).limit(limit))
        return [Report(**row._asdict()) for row in rows]

    def count(self, domain_id: int) -> int:
        """How many reports a domain has."""
        return self._connection.scalar(select(func.count()).where(reports.c.domain_id == domain_id)) or 0

    def remove(self, report_id: int) -> bool:
        """End a report; False when there was none."""
        return self._connection.execute(delete(reports).where(reports.c.id == report_id)).rowcount > 0


def _report(row: Row[tuple[object, ...]] | None) -> Report | None:
    return None if row is None else Report(**row._asdict())
