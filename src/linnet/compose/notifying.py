"""The clicks worker's letters: notes that people have mailed to them, and the clicks of the week."""

import threading
import time
from zoneinfo import ZoneInfo

from linnet.actions.context import Context
from linnet.actions.domains import list_domains
from linnet.actions.notes import claim_letters, claim_summaries, forget_notes, tell
from linnet.actions.sign_in import user_actor
from linnet.actions.statistics import StatisticsRequest, domain_report
from linnet.compose.names import dashboard_url, postman_of
from linnet.compose.rounds import Rounds
from linnet.dashboard.note_words import words_of
from linnet.dashboard.texts import gettext, spoken
from linnet.model.access import Actor
from linnet.model.errors import DomainNotFound, NotAllowed, StatisticsUnavailable
from linnet.model.profile import Note, NoteKind, Profile
from linnet.model.statistics import Period
from linnet.network.mail import Mail
from linnet.settings import Settings
from linnet.statistics.engine import StatisticsEngine
from linnet.storage.database import Database

_PAUSE_SECONDS = 5.0
_SUMMARY_SECONDS = 60.0
_FORGET_SECONDS = 3600.0
_AT_ONCE = 50
# Each costs a question to the statistics.
_MOST_DOMAINS = 20
_LAST_7 = StatisticsRequest(period=Period.LAST_7, skip_tops=True)


class Notifying:
    """A thread that mails notes and makes summaries; ``stop`` ends it. Where no mail is sent, notes are in the dashboard
    alone."""

    def __init__(self, settings: Settings, database: Database, statistics: StatisticsEngine) -> None:
        self._database = database
        self._statistics = statistics
        self._url = dashboard_url(settings)
        self._postman = postman_of(settings)
        self._context = self._context_of(Actor(user_id=0))
        self._forgot_at = -_FORGET_SECONDS
        self._summarised_at = -_SUMMARY_SECONDS
        self._rounds = Rounds("notifying", self._go_round, pause_seconds=_PAUSE_SECONDS)

    def stop(self) -> None:
        """End it, when what it is at is done; letters that wait are sent for some seconds."""
        self._rounds.stop()
        if self._postman is not None:
            self._postman.close()

    def _context_of(self, actor: Actor) -> Context:
        return Context(actor=actor, database=self._database, publish=lambda _: None, signing_key=b"")

    def _go_round(self, ended: threading.Event) -> None:
        now = time.monotonic()
        if now - self._forgot_at >= _FORGET_SECONDS:
            self._forgot_at = now
            forget_notes(self._context)
        if now - self._summarised_at >= _SUMMARY_SECONDS:
            self._summarised_at = now
            self._summarise(ended)
        self._mail(ended)

    def _mail(self, ended: threading.Event) -> None:
        while claimed := claim_letters(self._context, limit=_AT_ONCE):
            for email, profile, note in claimed:
                if self._postman is not None:
                    self._postman.send(letter(email, profile, note, self._url))
            if len(claimed) < _AT_ONCE or ended.is_set():
                return

    def _summarise(self, ended: threading.Event) -> None:
        for profile in claim_summaries(self._context, limit=_AT_ONCE):
            if ended.is_set():
                return
            context = self._context_of(user_actor(self._database, profile.user_id))
            rows = summary(context, self._statistics)
            with self._database.write() as work:
                tell(context, work, [profile.user_id], NoteKind.WEEKLY_SUMMARY, domains=rows)


def summary(context: Context, statistics: StatisticsEngine) -> list[dict[str, object]]:
    """People's clicks of the last seven days, by domain, those with most first."""
    rows: list[tuple[int, str]] = []
    for domain in list_domains(context, limit=_MOST_DOMAINS):
        try:
            clicks = domain_report(context, statistics, domain.id, _LAST_7).overview.totals.human_clicks
        except (DomainNotFound, NotAllowed, StatisticsUnavailable):
            continue
        rows.append((clicks, domain.unicode_hostname))
    return [{"domain": hostname, "clicks": clicks} for clicks, hostname in sorted(rows, reverse=True)]


def letter(email: str, profile: Profile, note: Note, url: str) -> Mail:
    """A note as a letter, in the reader's language."""
    with spoken(profile.language):
        words = words_of(note)
        at = note.at.astimezone(ZoneInfo(profile.time_zone))
        lines = [*words.lines, "", f"{at:%Y-%m-%d %H:%M} {profile.time_zone}"]
        if words.path:
            lines += ["", f"{url}{words.path}"]
        lines += ["", "--", gettext("What Linnet mails to you is chosen here:"), f"{url}/dashboard/settings"]
        return Mail(to=email, subject=words.title, text="\n".join(lines))
