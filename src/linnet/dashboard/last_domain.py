"""The domain whose links somebody looked at last, which the browser remembers."""

from typing import Any, Final

from litestar.datastructures import Cookie

from linnet.dashboard.pages import LAST_DOMAIN, Asked

_YEAR_SECONDS: Final = 365 * 24 * 3600


def remember_domain(asked: Asked, domain_id: int) -> Cookie:
    """What makes a browser begin with the links of this domain next time."""
    rules: dict[str, Any] = {"httponly": True, "secure": asked.https, "samesite": "lax", "path": "/"}
    return Cookie(key=LAST_DOMAIN, value=str(domain_id), max_age=_YEAR_SECONDS, **rules)


def last_domain(asked: Asked) -> str:
    """The domain's id as the browser tells it; "" for none."""
    return asked.request.cookies.get(LAST_DOMAIN, "")
