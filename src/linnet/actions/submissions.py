"""Forms that are sent twice are obeyed once."""

import time
from datetime import timedelta
from typing import Final

from linnet.actions.context import Context
from linnet.model.errors import AlreadySent

_REMEMBERED: Final = timedelta(days=1)
_PATIENCE_SECONDS: Final = 5.0
_INTERVAL_SECONDS: Final = 0.1


def begin_submission(context: Context, token: str) -> str | None:
    """Note that the actor's form with this token is being obeyed, and None; or, when it is or was already, where it led to.

    Waits a few seconds for one that is at work; AlreadySent when it is not done by then, and when it led nowhere.
    """
    user_id, now = context.actor.user_id, context.now()
    with context.database.write() as work:
        work.submissions.remove_old(user_id, now - _REMEMBERED)
        if work.submissions.add(user_id, token, now):
            return None
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while (location := _location(context, token)) is None and time.monotonic() < give_up_at:
        time.sleep(_INTERVAL_SECONDS)
    if not location:
        raise AlreadySent("This form was sent already. Look whether it did what you wanted before you send it again.")
    return location


def end_submission(context: Context, token: str, location: str | None) -> None:
    """Note where a form led to, "" for nowhere else; None: it was refused, and may be sent again."""
    with context.database.write() as work:
        if location is None:
            work.submissions.remove(context.actor.user_id, token)
        else:
            work.submissions.save(context.actor.user_id, token, location)


def _location(context: Context, token: str) -> str | None:
    with context.database.read() as work:
        return work.submissions.find(context.actor.user_id, token)
