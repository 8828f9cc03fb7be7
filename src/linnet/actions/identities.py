"""Signing in with an account elsewhere: who it is here, and whether somebody new may come."""

from dataclasses import replace

from linnet.actions.context import Context
from linnet.actions.users import NO_PASSWORD, clean_email, clean_name
from linnet.model.access import Actor, User
from linnet.model.account import MAX_IDENTITIES, Identity
from linnet.model.audit import Event
from linnet.model.errors import IdentityNotFound, InvalidField, NotAllowed
from linnet.network.openid import Claims
from linnet.storage.unit_of_work import UnitOfWork


def user_of_claims(context: Context, claims: Claims, *, admits_new: bool) -> User:
    """Who signs in with these claims: the user to whom the provider's subject was linked before; or else the one with the
    verified e-mail address, to whom it is linked now; or else, if ``admits_new``, a new one. NotAllowed otherwise."""
    with context.database.write() as work:
        known = work.identities.find(claims.issuer, claims.subject)
        if known is not None:
            user = work.users.find(known.user_id)
            if user is not None and not user.service:
                work.identities.touch(known.id, context.now())
                return user
        user = _by_email(context, work, claims, admits_new=admits_new)
        now = context.now()
        work.identities.add(user_id=user.id, issuer=claims.issuer, subject=claims.subject, email=claims.email, created_at=now)
        named = replace(context, actor=Actor(user_id=user.id))
        named.note(work, Event.IDENTITY_LINKED, str(user.id), issuer=claims.issuer, email=claims.email)
    return user


def link_identity(context: Context, claims: Claims) -> None:
    """Have the actor sign in with this account, too; NotAllowed when it is somebody else's."""
    user_id = context.actor.user_id
    with context.database.write() as work:
        known = work.identities.find(claims.issuer, claims.subject)
        if known is not None and known.user_id != user_id:
            raise NotAllowed("This account is linked to somebody else here.")
        if known is None:
            if len(work.identities.search(user_id)) >= MAX_IDENTITIES:
                raise NotAllowed(f"You have {MAX_IDENTITIES} accounts linked already. Please unlink one first.")
            now = context.now()
            issuer, subject, email = claims.issuer, claims.subject, claims.email
            work.identities.add(user_id=user_id, issuer=issuer, subject=subject, email=email, created_at=now)
            context.note(work, Event.IDENTITY_LINKED, str(user_id), issuer=issuer, email=email)


def list_identities(context: Context) -> list[Identity]:
    """The accounts elsewhere with which the actor signs in."""
    with context.database.read() as work:
        return work.identities.search(context.actor.user_id)


def unlink_identity(context: Context, identity_id: int) -> None:
    """Sign in with this account no more; refused to who could not sign in at all then."""
    user_id = context.actor.user_id
    with context.database.write() as work:
        found = work.identities.search(user_id)
        if identity_id not in {each.id for each in found}:
            raise IdentityNotFound("This account is not linked to yours.")
        if len(found) == 1 and work.users.password_hash_of(user_id) == NO_PASSWORD:
            raise InvalidField("This is the only way in which you sign in; choose a password first.", field="identity")
        work.identities.remove(identity_id, user_id)
        context.note(work, Event.IDENTITY_UNLINKED, str(user_id))


def _by_email(context: Context, work: UnitOfWork, claims: Claims, *, admits_new: bool) -> User:
    if not claims.email or not claims.email_verified:
        raise NotAllowed("Your provider does not vouch for an e-mail address of yours, so that we cannot tell who you are.")
    try:
        email = clean_email(claims.email)
    except InvalidField as refusal:
        raise NotAllowed("Your provider names no usable e-mail address.") from refusal
    user = work.users.find_by_email(email)
    if user is not None and not user.service:
        _refuse_unproved(work, user)
        return user
    if user is not None or not admits_new:
        raise NotAllowed(f"There is no account for {email} here. Please ask the administrator for one.")
    try:
        name = clean_name(claims.name) if claims.name else None
    except InvalidField:
        name = None
    added = work.users.add(email=email, name=name, password_hash=NO_PASSWORD, created_at=context.now())
    replace(context, actor=Actor(user_id=added.id)).note(work, Event.USER_CREATED, str(added.id), email=email, by="provider")
    return added


def _refuse_unproved(work: UnitOfWork, user: User) -> None:
    """Somebody else may have typed this address when the account was made, and would keep the way in."""
    if not work.users.is_email_proved(user.id):
        raise NotAllowed(
            f"There is an account for {user.email} here, and nobody has shown yet that the address is its own. "
            "Ask for a link to another password first, by mail or from the administrator."
        )
