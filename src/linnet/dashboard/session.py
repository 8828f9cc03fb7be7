"""Sessions in a signed cookie, and the tokens that protect forms."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from litestar.datastructures import Cookie

from linnet.dashboard.asking import AnyRequest
from linnet.model.access import User

COOKIE = "linnet_session"
LIFE_SECONDS = 14 * 24 * 3600
_SIGNATURE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in; ``form_token`` goes into every form and must come back with it. ``second_factor``: one was given at
    sign-in. ``language`` and ``time_zone`` are how the user reads texts and times."""

    user: User
    form_token: str
    second_factor: bool = False
    language: str = "en"
    time_zone: str = "UTC"

    def sent(self, form_token: str) -> bool:
        """Whether a form with this token was made by a page of this session."""
        return hmac.compare_digest(form_token.encode(), self.form_token.encode())


@dataclass(frozen=True, slots=True)
class Sessions:
    """Makes and reads session cookies. ``find_user`` gives a user with the stamp of the password, None for nobody."""

    key: bytes
    find_user: Callable[[int], tuple[User, str] | None]
    now: Callable[[], float]

    def begin(self, user: User, *, https: bool) -> tuple[Session, Cookie]:
        """A new session, and its cookie."""
        found = self.find_user(user.id)
        stamp = found[1] if found is not None else ""
        text = f"{user.id}.{int(self.now()) + LIFE_SECONDS}.{stamp}".encode()
        value = base64.urlsafe_b64encode(self._sign(b"session", text) + text).decode()
        cookie = Cookie(key=COOKIE, value=value, max_age=LIFE_SECONDS, httponly=True, secure=https, samesite="lax")
        return Session(user, self._sign(b"form", text).hex()), cookie

    def end(self) -> Cookie:
        """The cookie that makes a browser forget its session; a copy of the old one works until it expires."""
        return Cookie(key=COOKIE, value="", max_age=0, httponly=True, samesite="lax")

    def of(self, request: AnyRequest) -> Session | None:
        """The session of a request; None when there is none, or it is over, or the password has changed since."""
        cookie = request.cookies.get(COOKIE, "")
        try:
            signed = base64.urlsafe_b64decode(cookie.encode())
        except (ValueError, binascii.Error):
            return None
        signature, text = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(b"session", text)):
            return None
        user_id, ends_at, stamp = text.decode().split(".")
        if int(ends_at) <= self.now():
            return None
        found = self.find_user(int(user_id))
        if found is None or not hmac.compare_digest(found[1], stamp):
            return None
        return Session(found[0], self._sign(b"form", text).hex())

    def _sign(self, purpose: bytes, text: bytes) -> bytes:
        return hmac.digest(self.key, purpose + b":" + text, hashlib.sha256)
