"""Sessions by a random token in a cookie, and the tokens that protect forms."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from litestar.datastructures import Cookie

from linnet.actions.context import Context
from linnet.actions.sessions import SignedIn, begin_session, end_session
from linnet.dashboard.asking import AnyRequest, is_https
from linnet.dashboard.cookies import OwnCookie, signature
from linnet.model.access import Actor, User
from linnet.model.account import SESSION_LIFE, SignInMethod
from linnet.visitor.address import Network

_COOKIE: Final = OwnCookie("linnet_session", int(SESSION_LIFE.total_seconds()))


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in; ``form_token`` goes into every form and must come back with it. ``second_factor``: one was given at
    sign-in, here or at the provider. ``language`` and ``time_zone`` are how the user reads texts and times."""

    user: User
    form_token: str
    second_factor: bool = False
    language: str = "en"
    time_zone: str = "UTC"
    id: int = 0
    began_at: datetime | None = None

    @property
    def link_token(self) -> str:
        """What the links of a page hold that begin something: no other site knows it, and it is of no use in a form."""
        return hashlib.sha256(b"link:" + self.form_token.encode()).hexdigest()

    def sent(self, form_token: str) -> bool:
        """Whether a form with this token was made by a page of this session."""
        return hmac.compare_digest(form_token.encode(), self.form_token.encode())


@dataclass(frozen=True, slots=True)
class Sessions:
    """Makes and reads session cookies, in which there is nothing but a random token. ``find_session`` gives the session of a
    token, None when there is none, or it is over."""

    key: bytes
    find_session: Callable[[str], SignedIn | None]
    trusted_proxies: Sequence[Network] = ()

    def begin(
        self, context: Context, user: User, request: AnyRequest, *, method: SignInMethod, second_factor: bool = False
    ) -> tuple[Session, Cookie]:
        """A new session of ``user``, and its cookie; a session that the browser had before is over."""
        named = replace(context, actor=Actor(user_id=user.id))
        former = self.find_session(self._token(request))
        if former is not None:
            end_session(replace(context, actor=Actor(user_id=former.user.id)), former.session.id)
        agent = request.headers.get("user-agent", "")
        token = begin_session(named, method=method, second_factor=second_factor, agent=agent)
        found = self.find_session(token)
        session = self._session(found, token) if found is not None else Session(user, "")
        return session, _COOKIE.write(token, https=self._https(request))

    def end(self, context: Context, session: Session, request: AnyRequest) -> Cookie:
        """Sign out, on the server as well; the cookie that makes the browser forget its token."""
        end_session(context, session.id)
        return _COOKIE.end(https=self._https(request))

    def of(self, request: AnyRequest) -> Session | None:
        """The session of a request; None when there is none, or it is over, revoked, or the password has changed since."""
        token = self._token(request)
        found = self.find_session(token) if token else None
        return self._session(found, token) if found is not None else None

    def _session(self, found: SignedIn, token: str) -> Session:
        form_token = signature(self.key, "form", token.encode("utf-8", "replace")).hex()
        profile = found.profile
        return Session(
            found.user,
            form_token,
            found.session.second_factor,
            language=profile.language,
            time_zone=profile.time_zone,
            id=found.session.id,
            began_at=found.session.created_at,
        )

    def _token(self, request: AnyRequest) -> str:
        return _COOKIE.read(request, https=self._https(request))

    def _https(self, request: AnyRequest) -> bool:
        return is_https(request, self.trusted_proxies)
