"""UTM templates in the database."""

from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from linnet.model.utm import UtmTemplate
from linnet.storage.link_tables import utm_templates

_TEMPLATE: Final = select(*(utm_templates.c[field.name] for field in fields(UtmTemplate)))
_MOST: Final = 2**31 - 1


class UtmTemplateRepository:
    """UTM templates of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def search(self, domain_id: int, team_id: int | None) -> list[UtmTemplate]:
        """The templates of a domain and of its team, by name."""
        statement = _TEMPLATE.where(_of(domain_id, team_id)).order_by(utm_templates.c.name, utm_templates.c.id)
        return [UtmTemplate(**row._asdict()) for row in self._connection.execute(statement)]

    def find(self, template_id: int, domain_id: int, team_id: int | None) -> UtmTemplate | None:
        """One of those that ``search`` gives."""
        if not 0 < template_id <= _MOST:
            return None
        statement = _TEMPLATE.where(utm_templates.c.id == template_id, _of(domain_id, team_id))
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else UtmTemplate(**row._asdict())

    def find_by_name(self, name: str, *, domain_id: int | None, team_id: int | None) -> UtmTemplate | None:
        """The template of a domain, or of a team, with this very name."""
        row = self._connection.execute(_TEMPLATE.where(_owned(domain_id, team_id), utm_templates.c.name == name)).one_or_none()
        return None if row is None else UtmTemplate(**row._asdict())

    def count(self, *, domain_id: int | None, team_id: int | None) -> int:
        """How many templates a domain, or a team, has of its own."""
        statement = select(func.count()).select_from(utm_templates).where(_owned(domain_id, team_id))
        return int(self._connection.execute(statement).scalar_one())

    def save(self, template: UtmTemplate) -> UtmTemplate:
        """Add a template, whose number is given here where it has none (0), or write over the one with its number."""
        values: dict[str, Any] = asdict(template)
        number = values.pop("id")
        if number:
            self._connection.execute(update(utm_templates).where(utm_templates.c.id == number).values(values))
        else:
            number = self._connection.scalar(insert(utm_templates).values(values).returning(utm_templates.c.id))
        return UtmTemplate(id=number, **values)

    def remove(self, template_id: int) -> None:
        """Removes a template."""
        self._connection.execute(delete(utm_templates).where(utm_templates.c.id == template_id))


def _of(domain_id: int, team_id: int | None) -> ColumnElement[bool]:
    ours = utm_templates.c.domain_id == domain_id
    return ours if team_id is None else or_(ours, utm_templates.c.team_id == team_id)


def _owned(domain_id: int | None, team_id: int | None) -> ColumnElement[bool]:
    return utm_templates.c.team_id == team_id if team_id is not None else utm_templates.c.domain_id == domain_id
