"""Attempts at secrets: each is counted before it is looked at, and who made too many is told how long to wait."""

from typing import Final

from linnet.dashboard.pages import Asked
from linnet.dashboard.texts import ngettext
from linnet.model.errors import TooManyRequests

_MINUTE: Final = 60
_HOUR: Final = 3600


def count_attempt(asked: Asked, *names: str, limit: int = 10, window_seconds: int = 300) -> None:
    """Count an attempt under each of the names; TooManyRequests, which says how long to wait, when one has no attempt left."""
    for name in names:
        seconds = asked.options.admit(name, limit=limit, window_seconds=window_seconds)
        if seconds:
            raise TooManyRequests(_too_many(seconds), retry_after_seconds=seconds)


def count_password(asked: Asked) -> None:
    """Count an attempt at the password of who is signed in, on whichever page; TooManyRequests after ten in five minutes."""
    count_attempt(asked, f"password of {asked.signed_in.user.id}")


def _too_many(seconds: int) -> str:
    if seconds > 2 * _HOUR:
        hours = -(-seconds // _HOUR)
        text = ngettext(
            "Too many attempts. Please try again in an hour.", "Too many attempts. Please try again in %(num)d hours.", hours
        )
        return text % {"num": hours}
    minutes = -(-seconds // _MINUTE)
    text = ngettext(
        "Too many attempts. Please try again in a minute.", "Too many attempts. Please try again in %(num)d minutes.", minutes
    )
    return text % {"num": minutes}
