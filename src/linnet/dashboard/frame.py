"""Around every page: who is signed in, where forms come from, what is refused, and what is sent twice."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from linnet.actions.submissions import begin_submission, end_submission
from linnet.dashboard.asking import AnyRequest, address_of, is_https, is_same_origin
from linnet.dashboard.forms import ONCE, TOKEN, Form, form_of, query_of, wrapped
from linnet.dashboard.notices import notice_cookie, notice_of
from linnet.dashboard.options import DashboardOptions
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.render import Later, failure, failure_title, leave, page_before, wait
from linnet.dashboard.session import Sessions
from linnet.dashboard.sign_in import resume_page, sign_in_page
from linnet.dashboard.texts import gettext, spoken
from linnet.model.access import Actor, Rule, Subject
from linnet.model.errors import DomainNotFound, PageNotFound, Refusal

_NOBODY: Final = Actor(user_id=0)
_log = structlog.get_logger("linnet.dashboard")


class Frame:
    """Makes handlers of pages."""

    def __init__(self, options: DashboardOptions, sessions: Sessions) -> None:
        self._options = options
        self._sessions = sessions

    def handler(self, page: Page) -> HTTPRouteHandler:
        """What answers at the page's address."""

        async def show(request: AnyRequest) -> Response[Any]:
            return await sync_to_thread(self._answer, request, page, Form())

        async def take(request: AnyRequest) -> Response[Any]:
            try:
                form = await form_of(request, page.max_bytes)
            except Refusal as refusal:
                return await sync_to_thread(self._refused, request, refusal)
            return await sync_to_thread(self._answer, request, page, form)

        if page.method == "GET":
            return get(page.path, include_in_schema=False)(show)
        return post(page.path, status_code=200, include_in_schema=False, request_max_body_size=page.max_bytes)(take)

    def missing(self, request: AnyRequest) -> Response[Any]:
        """What answers where there is no page: like a page that says so, for who is signed in, if the pages near by are."""
        request.scope["path_params"] = {}
        subject = Subject.SELF if request.url.path.startswith("/dashboard") else Subject.ANYBODY
        page = Page("GET", request.url.path, _there_is_none, Rule(subject))
        return Later(lambda: self._answer(request, page, Form()))

    def _answer(self, request: AnyRequest, page: Page, form: Form) -> Response[Any]:
        asked: Asked | None = None
        try:
            asked = self._asked(request, page, form)
            with spoken(asked.language):
                response = self._gate(asked, page) or self._once(asked, page)
            return self._without_notice(asked, response)
        except Refusal as refusal:
            return self._refused(request, refusal, asked)
        except HTTPException as error:
            return failure(request, error.status_code, HTTPStatus(error.status_code).phrase)
        except Exception as error:
            _log.error("dashboard.failed", path=request.url.path, method=request.method, exc_info=error)
            return failure(request, 500, "The server failed to make this page.")

    def _asked(self, request: AnyRequest, page: Page, form: Form) -> Asked:
        session = self._sessions.of(request)
        actor = self._options.find_actor(session.user.id, session.second_factor) if session is not None else _NOBODY
        context = self._options.make_context(actor)
        trusted = self._options.trusted_proxies
        return Asked(
            request=request,
            options=self._options,
            context=replace(context, address=address_of(request, trusted)),
            session=session,
            path=request.path_params,
            query=query_of(request),
            form=form,
            notice=notice_of(self._options.session_key, request, https=is_https(request, trusted)),
        )

    def _gate(self, asked: Asked, page: Page) -> Response[Any] | None:
        """What is answered instead of the page, None when nothing stands in its way."""
        if page.method == "POST" and not is_same_origin(asked.request):
            return failure(asked.request, 403, "The form came from another site. Please use the form of this page.")
        if page.rule.subject is Subject.ANYBODY:
            return None
        if asked.session is None:
            if page.method == "POST":
                return sign_in_page(asked, kept=wrapped(asked.request.url.path, asked.form), status=401)
            here = asked.request.url.path + (f"?{query}" if (query := asked.request.url.query) else "")
            if asked.by_script:
                # A part of a page cannot show the sign-in page; the script goes there.
                return leave(f"/sign-in?{urlencode({'back': here})}")
            return asked.go_to(f"/sign-in?{urlencode({'back': here})}")
        if page.method == "POST" and not asked.session.sent(asked.form.raw(TOKEN)):
            return resume_page(asked, asked.request.url.path, asked.form.kept(), had_files=bool(asked.form.files))
        return None

    def _once(self, asked: Asked, page: Page) -> Response[Any]:
        """The page's answer; that of the first time, where a form is sent once more."""
        if page.method != "POST" or page.repeats or not asked.form.raw(ONCE) or asked.session is None:
            return page.answer(asked)
        token = asked.form.digest(self._options.session_key, asked.request.url.path)
        location = begin_submission(asked.context, token)
        if location is not None:
            return asked.go_to(location)
        done: str | None = None
        try:
            response = page.answer(asked)
            if response.status_code is not None and response.status_code < 400:
                done = response.headers.get("Location", "")
            return response
        finally:
            end_submission(asked.context, token, done)

    def _without_notice(self, asked: Asked, response: Response[Any]) -> Response[Any]:
        """A notice is shown once."""
        if asked.notice and response.status_code == HTTPStatus.OK and asked.request.method == "GET" and not asked.by_script:
            response.set_cookie(notice_cookie(self._options.session_key, "", https=asked.https))
        return response

    def _refused(self, request: AnyRequest, refusal: Refusal, asked: Asked | None = None) -> Response[Any]:
        return wait(self._refusal(request, refusal, asked), refusal)

    def _refusal(self, request: AnyRequest, refusal: Refusal, asked: Asked | None) -> Response[Any]:
        status, message = self._options.status_of(refusal), _told(refusal)
        if asked is None or asked.session is None or asked.by_script or status >= 500:
            return failure(request, status, message)
        try:
            with spoken(asked.language):
                shown = {"title": failure_title(status), "message": message, "before": page_before(request)}
                return asked.page("refused.html", status=status, notice="", **shown)
        except Refusal:
            # The frame asks the database as well, which may be why.
            return failure(request, status, message)


def _told(refusal: Refusal) -> str:
    """What a page says of a refusal: actions speak of domains to keys."""
    if isinstance(refusal, DomainNotFound):
        return gettext("There is no such domain, or you may not see it.")
    return refusal.message


def _there_is_none(asked: Asked) -> Response[Any]:
    raise PageNotFound(gettext("There is no page at this address. What was here may have been removed or have moved."))
