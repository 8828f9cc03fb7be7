"""What a form showed of a domain's settings, remembered in short, to tell what changed while it was open."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from linnet.model.changed_setting import ChangedSetting
from linnet.model.domain import Domain
from linnet.model.domain_settings import FIELDS, PAGE_TEXTS, visitor_addresses
from linnet.model.unset import UNSET

# Longer values are remembered by their digest.
_MAX_MARK: Final = 400
_DOCUMENTS: Final = ("appleAppSiteAssociation", "assetLinks")


def wire_settings(domain: Domain) -> dict[str, Any]:
    """All settings of a domain by their wire spelling, as ``clean_settings`` takes them."""
    values = {spelling: getattr(domain, name) for spelling, name in FIELDS.items()}
    texts = {spelling: domain.page_texts[name] for spelling, name in PAGE_TEXTS.items() if name in domain.page_texts}
    documents = {name: json.loads(values[name]) if values[name] else None for name in _DOCUMENTS}
    plain = {"linkType": domain.link_type.value, "ipExclusions": list(domain.ip_exclusions), "pageTexts": texts}
    return values | documents | plain | {"visitorAddresses": visitor_addresses(domain)}


def marks_of(domain: Domain, names: tuple[str, ...]) -> str:
    """What a form that shows these settings remembers of them."""
    settings = wire_settings(domain)
    return json.dumps({name: _mark(settings[name]) for name in names}, ensure_ascii=False)


def changed_since(marks: str, domain: Domain, sent: Mapping[str, Any]) -> list[ChangedSetting]:
    """Those of the remembered settings that are not any more what a form showed, nor what was ``sent``, cleaned, for them.

    Marks that were not made here are passed over: they protect who sends them from himself alone.
    """
    try:
        remembered = json.loads(marks)
    except ValueError:
        remembered = {}
    if not isinstance(remembered, dict):
        return []
    settings = wire_settings(domain)
    changed: list[ChangedSetting] = []
    for name, mark in remembered.items():
        if name not in settings or _mark(settings[name]) in (mark, _mark(sent.get(name))):
            continue
        changed.append(ChangedSetting(name=name, shown=_shown(mark), now=settings[name]))
    return changed


def _mark(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _MAX_MARK else f"#{hashlib.sha256(text.encode()).hexdigest()}"


def _shown(mark: Any) -> Any:
    try:
        return UNSET if not isinstance(mark, str) or mark.startswith("#") else json.loads(mark)
    except ValueError:
        return UNSET
