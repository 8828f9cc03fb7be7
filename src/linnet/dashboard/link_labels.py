"""What the parts of a link are called in the form."""

from linnet.dashboard.texts import gettext as _


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


def in_words(message: str, name: str) -> str:
    """A refusal about a field of the form, with the field's label in place of its name on the wire."""
    label = part_labels().get(name)
    return f"{label}{message.removeprefix(name)}" if label is not None and message.startswith(f"{name} ") else message
