"""One's own password: giving it again before something weighty, and changing it."""

from linnet.actions.context import Context
from linnet.actions.passwords import hash_password, password_matches
from linnet.actions.users import MAX_PASSWORD, NO_PASSWORD, check_password
from linnet.model.audit import Event
from linnet.model.errors import InvalidField


def has_password(context: Context) -> bool:
    """Whether the actor can sign in with a password; who came by an OpenID Connect provider may have none."""
    with context.database.read() as work:
        return work.users.password_hash_of(context.actor.user_id) != NO_PASSWORD


def check_own_password(context: Context, password: str, *, field: str = "password") -> None:
    """InvalidField when it is not the actor's. Who has none need not give one."""
    with context.database.read() as work:
        stored_hash = work.users.password_hash_of(context.actor.user_id)
    if stored_hash != NO_PASSWORD and not password_matches(password[:MAX_PASSWORD], stored_hash):
        raise InvalidField("This is not your password.", field=field)


def change_password(context: Context, current: str, new: str) -> None:
    """Another password for the actor, all of whose sessions and password resets end."""
    check_own_password(context, current, field="current_password")
    check_password(new, field="new_password")
    password_hash = hash_password(new)
    with context.database.write() as work:
        work.users.set_password(context.actor.user_id, password_hash)
        context.note(work, Event.PASSWORD_CHANGED, str(context.actor.user_id))
