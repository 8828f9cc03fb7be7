"""Tokens of unlocked links: each opens one link, with one password, until its moment."""

from hypothesis import assume, given
from hypothesis import strategies as st

from linnet.model.unlock import LIFETIME_SECONDS, unlock_token, unlocks

KEY = b"k" * 32
NOW = 1_777_636_800
LINKS = st.integers(1, 2**63 - 1)
# As argon2-cffi writes them, and anything else.
HASHES = st.from_regex(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}", fullmatch=True) | st.text(
    st.characters(codec="utf-8")
)
SUBJECTS = st.tuples(LINKS, HASHES)


def token(link: int, password_hash: str, expires_at: int = NOW + LIFETIME_SECONDS, key: bytes = KEY) -> bytes:
    return unlock_token(link, password_hash, expires_at, key).encode()


@given(SUBJECTS)
def test_a_token_opens_its_link_until_it_expires(subject: tuple[int, str]):
    given_out = token(*subject)
    assert unlocks(given_out, *subject, NOW, KEY)
    assert unlocks(given_out, *subject, NOW + LIFETIME_SECONDS - 0.001, KEY)
    assert not unlocks(given_out, *subject, NOW + LIFETIME_SECONDS, KEY)
    assert not unlocks(given_out, *subject, NOW, b"another key")
    assert given_out.replace(b"-", b"").replace(b"_", b"").isalnum()


@given(SUBJECTS, SUBJECTS)
def test_a_token_of_another_link_or_of_another_password_opens_nothing(mine: tuple[int, str], other: tuple[int, str]):
    assume(mine != other)
    for subject in (other, (mine[0], other[1]), (other[0], mine[1])):
        assert unlocks(token(*subject), *mine, NOW, KEY) == (subject == mine)


@given(SUBJECTS, st.data())
def test_a_changed_token_opens_nothing(subject: tuple[int, str], data: st.DataObject):
    given_out = token(*subject)
    place = data.draw(st.integers(0, len(given_out) - 1))
    forged = given_out[:place] + data.draw(st.binary(max_size=2)) + given_out[place + 1 :]
    assert unlocks(forged, *subject, NOW, KEY) == (forged == given_out)


@given(SUBJECTS, st.integers(0, NOW), st.integers(NOW + 1, 2**64 - 1))
def test_nobody_can_give_a_token_more_time(subject: tuple[int, str], expired: int, later: int):
    over, fresh = token(*subject, expired), token(*subject, later)
    assert not unlocks(over, *subject, NOW, KEY)
    # The first 64 bits are the moment; base64 has 6 in each letter.
    assert not unlocks(fresh[:10] + over[10:], *subject, NOW, KEY)


@given(st.binary(max_size=40), SUBJECTS)
def test_any_bytes_may_be_asked_about(given_in: bytes, subject: tuple[int, str]):
    assert not unlocks(given_in, *subject, NOW, KEY)
