"""Passwords: how they are told from others, and how many are looked at at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

from linnet.actions.passwords import AT_ONCE, MAX_WAITING, hash_link_password, hash_password, password_matches
from linnet.model.errors import TooManyRequests

MANY = 4 * (AT_ONCE + MAX_WAITING)


def test_a_links_password_is_checked_like_a_persons() -> None:
    stored = hash_link_password("sesame")
    assert stored.startswith("$argon2id$")
    assert password_matches("sesame", stored)
    assert not password_matches("Sesame", stored)
    assert not password_matches("sesame", "not a hash")


def test_of_many_at_once_some_are_looked_at_and_the_others_told_to_come_again() -> None:
    stored = hash_password("sesame")
    together = threading.Barrier(MANY)

    def look(number: int) -> bool | int:
        together.wait()
        try:
            return password_matches("sesame", stored if number % 2 else None) is bool(number % 2)
        except TooManyRequests as refusal:
            return refusal.retry_after_seconds

    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(look, range(MANY)))
    looked_at = sum(answer is True for answer in answers)
    assert AT_ONCE + MAX_WAITING <= looked_at < MANY
    assert [answer for answer in answers if answer is not True] == [1] * (MANY - looked_at)
    assert password_matches("sesame", stored)


def test_who_hashes_links_passwords_waits_for_a_turn() -> None:
    with ThreadPoolExecutor(MANY) as pool:
        assert len(set(pool.map(hash_link_password, ["sesame"] * MANY))) == MANY
