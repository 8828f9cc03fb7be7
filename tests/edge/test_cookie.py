"""The cookie of an unlocked link: for that link's addresses alone, and read among others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.edge.cookie import cookie_path, is_unlocked, unlocking_cookie
from linnet.model.route import Needs, Route
from linnet.model.unlock import LIFETIME_SECONDS

KEY = b"k" * 32
NOW = 1_777_636_800.0


def locked(number: int = 7, password_hash: str = "$argon2id$1", **fields: int) -> Route:
    needs = int(Needs.PASSWORD)
    return Route(
        link_number=number, domain_id=1, destination="https://e.example/", needs=needs, password_hash=password_hash, **fields
    )


def cookie_of(route: Route, raw_path: bytes = b"/secret", *, https: bool = False) -> dict[str, str]:
    """The parts of a Set-Cookie header, of which the first is the cookie itself."""
    line = unlocking_cookie(route, raw_path, NOW, KEY, https=https).decode()
    assert line.endswith("\r\n")
    assert line.count("\r\n") == 1
    name, _, value = line.strip().partition(": ")
    assert name == "Set-Cookie"
    return {part.partition("=")[0]: part.partition("=")[2] for part in value.split("; ")}


def head_with(*cookies: str) -> bytes:
    return f"GET /secret HTTP/1.1\r\nHost: go.example\r\nCookie: {'; '.join(cookies)}\r\n\r\n".encode()


def test_a_cookie_is_kept_from_scripts_and_other_sites_and_ends_by_itself():
    cookie = cookie_of(locked())
    assert (cookie["Path"], cookie["Max-Age"], cookie["SameSite"]) == ("/secret", str(LIFETIME_SECONDS), "Lax")
    assert "HttpOnly" in cookie
    assert "Secure" not in cookie
    assert "Secure" in cookie_of(locked(), https=True)


def test_a_cookie_opens_its_link_among_other_cookies():
    name, value = next(iter(cookie_of(locked()).items()))
    mine = f"{name}={value}"
    assert is_unlocked(locked(), head_with("a=b", mine, "c=d"), NOW, KEY)
    assert is_unlocked(locked(), [(b"cookie", f"{name}=old;{mine}".encode())], NOW, KEY)
    assert not is_unlocked(locked(), head_with(f"x{mine}", f"a={mine}"), NOW, KEY)
    assert not is_unlocked(locked(), head_with(f"{name}={value[:-1]}"), NOW, KEY)
    assert not is_unlocked(locked(), b"GET /secret HTTP/1.1\r\n\r\n", NOW, KEY)


def test_a_cookie_opens_no_other_link_and_not_with_another_password_nor_later():
    _, value = next(iter(cookie_of(locked()).items()))
    for route in (locked(number=8), locked(number=77), locked(password_hash="$argon2id$2")):
        assert not is_unlocked(route, head_with(f"unlock-{route.link_number}={value}"), NOW, KEY)
    name = f"unlock-{locked().link_number}"
    assert is_unlocked(locked(), head_with(f"{name}={value}"), NOW + LIFETIME_SECONDS - 1, KEY)
    assert not is_unlocked(locked(), head_with(f"{name}={value}"), NOW + LIFETIME_SECONDS, KEY)


def test_many_cookies_of_one_name_are_not_all_looked_at():
    name, value = next(iter(cookie_of(locked()).items()))
    assert not is_unlocked(locked(), head_with(*[f"{name}=x"] * 4, f"{name}={value}"), NOW, KEY)


@pytest.mark.parametrize(
    ("raw_path", "depth", "path"),
    [
        (b"/secret", None, b"/secret"),
        (b"/Secret", None, b"/Secret"),
        (b"/a/b", None, b"/a/b"),
        (b"/", None, b"/"),
        (b"/caf%C3%A9", None, b"/caf%C3%A9"),
        (b"/docs/a/b", 1, b"/docs"),
        (b"/docs/deep/a", 2, b"/docs/deep"),
        (b"/docs//a", 1, b"/docs"),
        (b"/docs%2fdeep/a", 2, b"/"),
        (b"/anything", 0, b"/"),
        (b"//evil.example", 0, b"/"),
        (b"/semi;colon", None, b"/"),
        (b"/gr\xc3\xb6sse", None, b"/"),
        (b"/back\\slash", None, b"/"),
        (b"/" + b"x" * 2000, None, b"/"),
    ],
)
def test_a_cookie_comes_back_for_the_links_addresses(raw_path: bytes, depth: int | None, path: bytes):
    assert cookie_path(raw_path, depth) == path


@given(st.binary(max_size=50), st.none() | st.integers(0, 3))
def test_no_path_breaks_out_of_the_header(raw: bytes, depth: int | None):
    path = cookie_path(b"/" + raw, depth)
    assert path.startswith(b"/")
    assert not set(path) & set(b";\r\n\x00 ")
