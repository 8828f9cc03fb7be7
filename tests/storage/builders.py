"""Builders with dull defaults for what storage keeps."""

from datetime import UTC, datetime
from typing import Any

from linnet.model.access import User
from linnet.model.domain import Domain
from linnet.model.link import Link
from linnet.storage.database import Database

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


def a_domain(**fields: Any) -> Domain:
    values: dict[str, Any] = {"id": 0, "hostname": "go.example.com", "owner_id": 1, "created_at": NOON, "updated_at": NOON}
    return Domain(**values | fields)


def a_link(path: str = "a", **fields: Any) -> Link:
    values: dict[str, Any] = {
        "id": f"lnk_1_{path}",
        "number": 0,
        "domain_id": 1,
        "owner_id": 1,
        "path": path,
        "original_url": "https://example.com/",
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Link(**values | fields)


def a_full_link(path: str = "full", **fields: Any) -> Link:
    """A link in which no field has its default."""
    values: dict[str, Any] = {
        "source": "public",
        "folder_id": "f1",
        "title": "Größe ☃",
        "tags": ("zebra", "ant", "größe"),
        "archived": True,
        "redirect_type": 308,
        "skip_query": True,
        "cloaking": False,
        "password_hash": "$argon2id$",
        "password_contact": True,
        "expires_at": NOON.replace(year=2027),
        "expired_url": "https://example.com/expired",
        "delete_at": NOON.replace(year=2028),
        "clicks_limit": 2**53,
        "android_url": "https://example.com/android",
        "iphone_url": "https://example.com/iphone",
        "split_url": "https://example.com/split",
        "split_percent": 30,
        "utm_source": "s",
        "utm_medium": "m",
        "utm_campaign": "c",
        "utm_term": "t",
        "utm_content": "o",
        "integration_adroll": "a",
        "integration_fb": "f",
        "integration_tt": "t",
        "integration_ga": "g",
        "integration_gtm": "GTM-1",
    }
    return a_link(path, **values | fields)


def add_user(database: Database, email: str = "owner@example.com") -> User:
    with database.write() as work:
        return work.users.add(email=email, name=None, password_hash="$argon2id$", created_at=NOON)


def add_domain(database: Database, **fields: Any) -> Domain:
    """A domain, and the owner with id 1 when nobody is there yet."""
    with database.read() as work:
        empty = not work.users.any()
    if empty:
        add_user(database)
    with database.write() as work:
        return work.domains.add(a_domain(**fields))


def add_link(database: Database, link: Link) -> Link:
    """A link under its path as key, with the change."""
    with database.write() as work:
        added = work.links.add(link, link.path)
        work.changes.record(link.domain_id, link.path)
    return added
