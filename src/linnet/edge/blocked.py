"""Harmful destinations: visits of links that lead to a host on a block-list end with a warning."""

from html import escape
from typing import Final

from linnet.edge.pages import HEADERS, html_page, mail_link
from linnet.edge.respond import document
from linnet.network.harmful import HarmfulHosts

BLOCKED: Final = 403
_TITLE: Final = "This destination is reported as harmful"


class BlockGuard:
    """Asks the block-lists about destinations, and makes the warning. ``counts`` are the visits that were stopped, by who led
    them there: a link, or a domain that sends lost visitors on."""

    def __init__(self, harmful: HarmfulHosts, abuse_email: str) -> None:
        self._harmful = harmful
        self._email = abuse_email
        self.refresh = harmful.refresh
        self.counts: dict[str, int] = {"link": 0, "domain": 0}

    def stops(self, destination: bytes) -> bool:
        """Whether nobody is to be sent to ``destination``."""
        return self._harmful.listed(destination) is not None

    def answer(self, destination: bytes, tail: bytes, method: str, *, by: str = "link") -> bytes:
        """The warning in place of ``destination``, which is shown by its host alone, as text."""
        self.counts[by] += 1
        host = escape(self._harmful.listed(destination) or "")
        content = (
            f"<p>The link leads to <strong>{host}</strong>, which is on a list of sites that do harm: they steal passwords, "
            f"for instance, or install malware. You are not led there.</p>{self._contact()}"
        )
        return document(BLOCKED, html_page(_TITLE, content), HEADERS, tail, head_only=method == "HEAD")

    def _contact(self) -> str:
        if not self._email:
            return ""
        return f"<p>To report a link, or a mistake: {mail_link(self._email)}</p>"
