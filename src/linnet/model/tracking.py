"""Ids of the services that are told of visits (pixels and tags): which form each has."""

import re
from collections.abc import Mapping
from typing import Final

_GOOGLE: Final = re.compile(r"(?:GTM|GT|G|AW|DC)-[A-Z0-9]{1,32}|UA-\d{1,16}-\d{1,6}", re.ASCII)
# By the name of the integration (``integrationGA`` and so on). Containers and tags of Google are told apart by how they begin,
# because clients write either into either field (contract b.4).
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "ga": _GOOGLE,
    "gtm": _GOOGLE,
    "fb": re.compile(r"\d{1,20}", re.ASCII),
    "tt": re.compile(r"[A-Z0-9]{1,40}", re.ASCII),
    # The advertiser's id and the pixel's, of which a client may know the first alone.
    "adroll": re.compile(r"[A-Z0-9]{16,32}(?:/[A-Z0-9]{16,32})?", re.ASCII),
}
_BETWEEN_IDS: Final = re.compile(r"\s*[/:,;\s]\s*")


def usable_ids(ids: Mapping[str, str]) -> dict[str, str]:
    """Of ids by integration, those that have their service's form, in capitals; the two parts of AdRoll's with a slash between
    them. Any other stays stored, and no visit is told to it: it goes into no script."""
    written = {name: _BETWEEN_IDS.sub("/", text.strip().upper()) for name, text in ids.items()}
    return {name: text for name, text in written.items() if name in _FORMS and _FORMS[name].fullmatch(text)}
