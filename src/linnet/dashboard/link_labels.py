"""What the parts of a link are called in the form."""

import re
from typing import Final

from linnet.dashboard.texts import gettext as _

_WIRE_NAME: Final = re.compile(r"\b[a-z]+[A-Z]\w*")
_PLACE_IN_CONDITION: Final = re.compile(r"^condition[\w.\[\]]*(?= )")


def part_labels() -> dict[str, str]:
    """Labels by the names that the parts have on the wire, in the language that is spoken."""
    return {
        "originalURL": _("Destination"),
        "password": _("Password"),
        "path": _("Path"),
        "title": _("Title"),
        "tags": _("Tags"),
        "folderId": _("Folder"),
        "createdAt": _("Created at"),
        "archived": _("Archived"),
        "redirectType": _("Type of the redirect"),
        "skipQS": _("Query string"),
        "cloaking": _("Cloaking"),
        "passwordContact": _("E-mail address on the password page"),
        "expiresAt": _("Expires at"),
        "expiredURL": _("Address after expiry"),
        "ttl": _("Removal"),
        "clicksLimit": _("Number of clicks"),
        "androidURL": _("Address for Android"),
        "iphoneURL": _("Address for iPhone"),
        "splitURL": _("A/B address"),
        "splitPercent": _("A/B percent"),
        "utmSource": _("Source"),
        "utmMedium": _("Medium"),
        "utmCampaign": _("Campaign"),
        "utmTerm": _("Term"),
        "utmContent": _("Content"),
        "integrationAdroll": "AdRoll",
        "integrationFB": "Meta",
        "integrationTT": "TikTok",
        "integrationGA": "Google Analytics",
        "integrationGTM": "Google Tag Manager",
        "places": _("Countries and regions"),
        "rules": _("Own rules"),
        "variants": _("Variants"),
        "opengraph": _("Preview in chats"),
    }


def in_words(message: str, name: str = "") -> str:
    """What is said of a link or of a field of its form, with the labels of fields in place of their names on the wire."""
    labels = part_labels()
    if name in labels and message.startswith(f"{name} "):
        return f"{labels[name]}{message.removeprefix(name)}"
    row_label = {"weight": _("Weight"), "url": _("The address"), "country": _("Country"), "region": _("Region")}
    first = message.partition(" ")[0]
    if first in row_label and "." in name:
        return f"{row_label[first]}{message.removeprefix(first)}"
    # Names that no reader would take for words: those of the wire with capitals within, and places in a condition.
    message = _PLACE_IN_CONDITION.sub(_("The condition"), message)
    return _WIRE_NAME.sub(lambda found: f"“{labels[found[0]]}”" if found[0] in labels else found[0], message)
