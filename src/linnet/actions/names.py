"""Who is asked where a hostname leads."""

from typing import Final, Protocol

from linnet.model.domain_state import UNANSWERED, NameFindings


class NameSource(Protocol):
    """Name servers, seen from the actions."""

    def findings(self, hostname: str, *, proof: bool = False, seconds: float = 3.0) -> NameFindings:
        """What is known of ``hostname`` after at most ``seconds``, with the texts of its proof if asked. Never raises."""


class Silence:
    """Answers nothing, at once: for whoever does not want to wait."""

    def findings(self, hostname: str, *, proof: bool = False, seconds: float = 3.0) -> NameFindings:
        return UNANSWERED


SILENT: Final = Silence()
