"""A person who signs in, at a time that a test moves."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pyotp

from linnet.actions.context import Context
from linnet.actions.second_factor import begin_enrolment, confirm_enrolment
from linnet.actions.sessions import SignedIn, begin_session, find_session
from linnet.model.account import SignInMethod
from linnet.network.mail import Letter, Mail
from linnet.storage.sealing import Seal
from tests.actions.conftest import House
from tests.support.installed import PASSWORD
from tests.support.moments import NOON


@dataclass
class Person:
    """The owner of a house, without a key; ``letters`` are those that were written."""

    house: House
    now: datetime = NOON
    letters: list[Mail] = field(default_factory=list)
    secret: str = ""

    @property
    def context(self) -> Context:
        return self.of(self.house.domain.owner_id)

    def of(self, user_id: int) -> Context:
        """The context of any user."""
        return replace(
            self.house.as_user(user_id),
            now=lambda: self.now,
            seal=Seal(b"s" * 32),
            send_mail=self._send,
            address="192.0.2.7",
            dashboard_url="https://links.example.com",
        )

    def wait(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def sign_in(self, *, agent: str = "Firefox", second_factor: bool = False) -> str:
        return begin_session(self.context, method=SignInMethod.PASSWORD, second_factor=second_factor, agent=agent)

    def session(self, token: str) -> SignedIn | None:
        return find_session(self.house.database, token, self.now)

    def code(self, *, seconds: int = 0) -> str:
        """What the authenticator app shows, or showed ``seconds`` from now."""
        return pyotp.TOTP(self.secret).at(self.now + timedelta(seconds=seconds))

    def enrol(self) -> list[str]:
        """Switch the second factor on; the recovery codes."""
        self.secret = begin_enrolment(self.context, PASSWORD).secret
        codes = confirm_enrolment(self.context, self.code())
        self.wait(seconds=60)
        return codes

    def events(self) -> list[str]:
        """What the audit log holds of the owner as a person, oldest first."""
        with self.house.database.read() as work:
            found = work.audit.search(user_id=self.house.domain.owner_id, domain_ids=[], limit=100)
        return [each.event.value for each in reversed(found) if each.event.value.startswith("user.")]

    def _send(self, letter: Letter) -> bool:
        mail = letter if isinstance(letter, Mail) else letter()
        if mail is not None:
            self.letters.append(mail)
        return True
