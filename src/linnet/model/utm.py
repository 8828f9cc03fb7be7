"""UTM templates: sets of campaign parameters that a domain, or a team, uses again and again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from linnet.model.errors import InvalidField
from linnet.model.link import MAX_TEXT, clean_text, wire_name
from linnet.model.statistics import UTM_FIELDS

MAX_TEMPLATES: Final = 200
MAX_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UtmTemplate:
    """A template of a domain or, where ``team_id`` is given, of all domains of a team; it has one of the two."""

    id: int
    name: str
    created_at: datetime
    domain_id: int | None = None
    team_id: int | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None

    @property
    def values(self) -> dict[str, str]:
        """The parameters that it sets."""
        return {name: value for name in UTM_FIELDS if (value := getattr(self, name))}


def clean_template(name: str, values: Mapping[str, str]) -> tuple[str, dict[str, str | None]]:
    """The name and all five parameters as they are stored; InvalidField for one without a name, or without any parameter."""
    cleaned = clean_text(name.strip(), field="templateName", limit=MAX_NAME)
    if not cleaned:
        raise InvalidField("templateName must not be empty: it is what you find the template by.", field="templateName")
    texts = {
        field: clean_text(values.get(field, "").strip(), field=wire_name(field), limit=MAX_TEXT) or None for field in UTM_FIELDS
    }
    if not any(texts.values()):
        raise InvalidField("A template sets at least one UTM parameter.", field="utmSource")
    return cleaned, texts
