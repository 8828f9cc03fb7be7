"""What happened, as people say it: the events of the audit log, by what they are about."""

from typing import Final

from linnet.dashboard.texts import gettext
from linnet.model.audit import Event

# The part of an event's name before the dot, and how its group is called.
GROUPS: Final = ("link", "domain", "folder", "tag", "utm_template", "qr", "webhook", "report", "key", "team", "user")


def event_text(event: Event) -> str:
    """What happened: "link created"."""
    words = event.value.replace("_", " ").replace(".", " ")
    return gettext(words)


def group_text(group: str) -> str:
    """What events of a group are about."""
    texts = {
        "link": gettext("Links"),
        "domain": gettext("Domains"),
        "folder": gettext("Folders"),
        "tag": gettext("Tags"),
        "utm_template": gettext("UTM templates"),
        "qr": gettext("QR codes"),
        "webhook": gettext("Webhooks"),
        "report": gettext("Shared reports"),
        "key": gettext("API keys"),
        "team": gettext("Teams"),
        "user": gettext("People"),
    }
    return texts.get(group, gettext(group))


def group_of(event: Event) -> str:
    """The group of an event; events of several links are among those of links."""
    first = event.value.partition(".")[0]
    return "link" if first == "links" else first


def events_of(choice: str) -> tuple[Event, ...]:
    """The events that a choice stands for: one by its name, or a whole group; none for anything else."""
    return tuple(event for event in Event if choice in (event.value, group_of(event)))
