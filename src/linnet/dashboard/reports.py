"""Shared reports: making, listing and revoking them, and what whoever has the address sees."""

import hmac
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Response

from linnet.actions.reports import (
    Opened,
    create_report,
    list_reports,
    may_share_here,
    open_report,
    password_opens,
    revoke_report,
)
from linnet.actions.statistics_filters import FOLDER, TAG
from linnet.actions.statistics_pages import Place
from linnet.dashboard.attempts import count_attempt
from linnet.dashboard.cookies import OwnCookie, signature
from linnet.dashboard.forms import Form, errors_of
from linnet.dashboard.pages import Answer, Asked, Page
from linnet.dashboard.render import wait
from linnet.dashboard.statistics import DOMAIN, LINK, READS_DOMAIN, READS_LINK, view_of, whole
from linnet.dashboard.statistics_file import numbers_file
from linnet.dashboard.statistics_parts import PARTS, Part
from linnet.dashboard.statistics_state import State, state_of
from linnet.dashboard.statistics_view import View
from linnet.dashboard.texts import gettext as _
from linnet.model.access import Action, Rule, Subject
from linnet.model.errors import InvalidField, QuotaReached, ReportNotFound, TooManyRequests
from linnet.model.periods import time_zone
from linnet.model.report import Report, ReportDraft
from linnet.model.statistics import Period

# Passwords tried at one report in five minutes: by one visitor, and by all of them.
_OF_VISITOR, _OF_ALL = 10, 200
# What is about how links are kept, and nobody's business outside.
_HIDDEN: Final = (TAG, FOLDER)
_QUIET: Final = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}


def _list(asked: Asked) -> Response[Any]:
    return _reports_page(asked, view_of(asked))


def _create(asked: Asked) -> Response[Any]:
    """Make a report of the state that the page was in; its address is shown this once."""
    view = view_of(replace(asked, query=_query(asked.form.raw("view"))))
    try:
        report, token = create_report(asked.context, view.place.of, _draft(asked.form, view))
    except (InvalidField, QuotaReached) as refusal:
        return _reports_page(asked, view, sent=asked.form, errors=errors_of(refusal), status=400)
    return _reports_page(asked, view, made=report, address=f"{asked.address}/report/{token}")


def _revoke(asked: Asked) -> Response[Any]:
    # The address names something that must be there, whichever report the form names.
    view = view_of(asked)
    try:
        report = revoke_report(asked.context, asked.form.number("report") or 0)
        notice = _("The report “%s” has ended.") % report.name
    except ReportNotFound:
        notice = _("There is no such report any more.")
    return asked.go_to(f"{view.base}/reports", notice=notice)


def _reports_page(asked: Asked, view: View, *, status: int = 200, **values: Any) -> Response[Any]:
    shown: dict[str, Any] = {"sent": Form(), "errors": {}, "made": None, "address": ""}
    link = view.place.link
    return asked.page(
        "reports.html",
        status=status,
        view=view,
        domain=view.place.domain,
        short_url=asked.options.short_url(view.place.domain, "" if link is None else link.path),
        shares=may_share_here(asked.context, view.place.of),
        reports=list_reports(asked.context, view.place.of),
        now=view.now,
        **shown | values,
    )


def _draft(form: Form, view: View) -> ReportDraft:
    state = view.state
    if form.text("dates") == "fixed":
        if state.period is Period.TOTAL:
            raise InvalidField(_("All time has no days to keep; choose another period for that."), field="dates")
        state = state.fixed(view.now)
    last = form.day("expires")
    return ReportDraft(
        name=form.text("name"),
        view=state.query(),
        password=form.raw("password"),
        expires_at=datetime.combine(last + timedelta(days=1), time(), time_zone(state.zone)) if last is not None else None,
    )


def _query(view: str) -> Form:
    try:
        return Form.of_pairs(parse_qsl(view, keep_blank_values=True, max_num_fields=200))
    except ValueError:
        raise InvalidField("These are more filters than a report can hold.", field="view") from None


def _opened(asked: Asked) -> Opened:
    return open_report(asked.context, str(asked.path["report_token"]), asked.options.find_actor)


def _report_view(asked: Asked, opened: Opened) -> View:
    fixed = state_of(_query(opened.report.view), "UTC")
    return View(
        context=opened.context,
        engine=asked.options.statistics,
        place=Place(opened.domain, opened.link),
        state=_readers_state(asked, fixed),
        base=f"/report/{asked.path['report_token']}",
        report=opened.report,
        fixed=fixed,
    )


def _readers_state(asked: Asked, fixed: State) -> State:
    """What a reader of a report may choose: filters, steps, and a comparison."""
    chosen = state_of(asked.query, fixed.zone)
    asks_nothing = not {"period", "interval", "compare"} & set(asked.query.values)
    shown = {
        name: {column: values for column, values in had.items() if column not in _HIDDEN}
        for name, had in (("include", chosen.include), ("exclude", chosen.exclude))
    }
    return replace(
        fixed,
        include=shown["include"],
        exclude=shown["exclude"],
        bucket=fixed.bucket if asks_nothing else chosen.bucket,
        compared=fixed.compared if asks_nothing else chosen.compared,
    )


def _shown(answer: Part) -> Answer:
    """The answer to who has the address of a report, once a password that it has is given."""

    def show(asked: Asked) -> Response[Any]:
        opened = _opened(asked)
        if not _is_unlocked(asked, opened.report):
            response = _password_page(asked, opened.report, status=401 if asked.by_script else 200)
        else:
            response = answer(asked, _report_view(asked, opened))
            response.headers |= _QUIET
        return response

    return show


def _unlock(asked: Asked) -> Response[Any]:
    """Look at a password; attempts are counted before."""
    report = _opened(asked).report
    path = f"/report/{asked.path['report_token']}"
    if report.password_hash is None:
        return asked.go_to(path)
    try:
        count_attempt(asked, f"report {report.id} by {asked.visitor}", limit=_OF_VISITOR)
        count_attempt(asked, f"report {report.id}", limit=_OF_ALL)
        opens = password_opens(report, asked.form.raw("password"))
    except TooManyRequests as refusal:
        return wait(_password_page(asked, report, status=429, error=refusal.message), refusal)
    if not opens:
        return _password_page(asked, report, status=403, error=_("This is not the password of the report."))
    response = asked.go_to(path)
    response.set_cookie(_cookie(report).write(_unlocked(asked, report), https=asked.https))
    return response


def _password_page(asked: Asked, report: Report, *, status: int, error: str = "") -> Response[Any]:
    # With the policy "no-referrer" browsers would not say where the form comes from.
    response = asked.page("report_password.html", status=status, error=error)
    response.headers |= {"X-Robots-Tag": _QUIET["X-Robots-Tag"]}
    return response


def _is_unlocked(asked: Asked, report: Report) -> bool:
    if report.password_hash is None:
        return True
    sent = _cookie(report).read(asked.request, https=asked.https)
    return hmac.compare_digest(sent.encode("utf-8", "replace"), _unlocked(asked, report).encode())


def _unlocked(asked: Asked, report: Report) -> str:
    """What the cookie of who knew the password holds: it is that report's and that password's."""
    return signature(asked.options.session_key, "report", f"{report.id}:{report.password_hash}".encode()).hex()


def _cookie(report: Report) -> OwnCookie:
    return OwnCookie(f"linnet_report_{report.id}")


_REPORT: Final = "/report/{report_token:str}"
_ANYBODY: Final = Rule(Subject.ANYBODY)
PAGES: Final = (
    *(
        page
        for base, reads in ((DOMAIN, READS_DOMAIN), (LINK, READS_LINK))
        for page in (
            Page("GET", f"{base}/reports", _list, reads),
            Page("POST", f"{base}/reports", _create, replace(reads, action=Action.SHARE)),
            Page("POST", f"{base}/reports/revoke", _revoke, reads),
        )
    ),
    Page("GET", _REPORT, _shown(whole), _ANYBODY),
    Page("POST", _REPORT, _unlock, _ANYBODY),
    *(Page("GET", f"{_REPORT}/{name}", _shown(answer), _ANYBODY) for name, answer in PARTS.items()),
    Page("GET", f"{_REPORT}/numbers.csv", _shown(numbers_file), _ANYBODY),
)
