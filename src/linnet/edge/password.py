"""Links with a password, opened: what a visitor sent is checked within bounds, and the browser gets the link's cookie."""

import asyncio
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from linnet.edge.attempts import PasswordAttempts
from linnet.edge.cookie import unlocking_cookie
from linnet.edge.facts import Visitor
from linnet.edge.following import Asked
from linnet.edge.forms import FormRefused, Receive, read_form
from linnet.edge.hosts import Host
from linnet.edge.password_page import FIELD, WRONG, password_page, too_many
from linnet.edge.respond import see_other
from linnet.edge.visit import Edge
from linnet.model.link import MAX_TEXT
from linnet.model.route import Route

# One core and 19 MiB for each password that is looked at; there is a worker for each core already.
_THREADS: Final = 1
# A second's work of that thread.
_MAX_WAITING: Final = 30
_BUSY_SECONDS: Final = 1
# What cannot stand in a Location, or means something else there than in a request's target.
_UNSAFE: Final = re.compile(rb"[^!-\[\]-~]")


class PasswordForms:
    """Answers forms that are sent to links. ``key`` signs the cookies that open them."""

    def __init__(self, edge: Edge, attempts: PasswordAttempts, key: bytes) -> None:
        self._edge = edge
        self._attempts = attempts
        self._key = key
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")
        self._waiting = 0

    async def answer(
        self, host: Host, target: bytes, visitor: Visitor, https: bool, headers: Mapping[bytes, bytes], receive: Receive
    ) -> bytes:
        """The response to a POST. What is no link with a password, or has ended, is answered before the form is read."""
        found = self._edge.locked(host, target, visitor, https)
        # Let go of the index: reading and hashing take longer than a tick.
        self._edge.end_tick()
        if isinstance(found, bytes):
            return found
        route, asked = found
        try:
            password = (await read_form(headers, receive)).get(FIELD)
        except FormRefused as refusal:
            return self._edge.refuse(refusal.status, close=refusal.unread, host=host, https=https)
        if password is None:
            return self._edge.refuse(400, close=False, host=host, https=https)
        return await self._open(host, target, route, asked, password)

    async def _open(self, host: Host, target: bytes, route: Route, asked: Asked, password: str) -> bytes:
        texts = host.domain.page_texts
        address = self._edge.address_of(asked.visitor)
        wait = self._attempts.admit(route.link_number, address)
        if not wait and self._waiting >= _MAX_WAITING:
            self._attempts.was_not_made(route.link_number, address)
            wait = _BUSY_SECONDS
        if wait:
            self._edge.counts.count_password("refused")
            return password_page(429, route, texts, asked.tail, problem=too_many(wait), wait_seconds=wait)
        if not await self._is_right(password, route.password_hash or ""):
            self._edge.counts.count_password("wrong")
            return password_page(403, route, texts, asked.tail, problem=WRONG)
        self._attempts.was_right(route.link_number, address)
        self._edge.counts.count_password("right")
        cookie = unlocking_cookie(route, target.partition(b"?")[0], asked.now, self._key, https=asked.https)
        return see_other(same_address(target), cookie, asked.tail)

    async def _is_right(self, password: str, password_hash: str) -> bool:
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, matches, password, password_hash)
        finally:
            self._waiting -= 1


def matches(password: str, password_hash: str) -> bool:
    """Whether the password made the hash (argon2id); takes some 30 ms of a core."""
    # Here, because most workers never open a link.
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > MAX_TEXT:
        return False
    try:
        return PasswordHasher().verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def same_address(target: bytes) -> bytes:
    """A Location that leads to ``target``, path and query, on the host that was asked, whatever the path begins with."""
    safe = _UNSAFE.sub(lambda found: b"%%%02X" % found[0][0], target)
    return b"/." + safe if safe.startswith(b"//") else safe
