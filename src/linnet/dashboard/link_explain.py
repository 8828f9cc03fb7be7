"""What a visitor of a link would get: the visit that a form describes, and the devices that it offers."""

from typing import Final, NamedTuple

from linnet.actions.context import Context
from linnet.actions.editing import Edit, Opened, explain_edit
from linnet.actions.explain import Explainer, Explanation, Visit
from linnet.dashboard.forms import Form
from linnet.dashboard.link_places import country_code, region_in
from linnet.dashboard.local_times import moment_of


class Device(NamedTuple):
    """A kind of visitor that people think of, and the User-Agent header that it sends."""

    name: str
    label: str
    user_agent: str


# Refusals about a visit name its fields without saying so.
VISIT_FIELDS: Final = frozenset({"country", "region", "address", "userAgent", "language", "referrer", "query", "rest", "at"})
_WEBKIT: Final = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_SAFARI: Final = "Version/18.0 Mobile/15E148 Safari/604.1"
_CHROME: Final = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0"
DEVICES: Final = (
    Device("", "Not told", ""),
    Device("iphone", "iPhone, Safari", f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {_WEBKIT} {_SAFARI}"),
    Device("ipad", "iPad, Safari", f"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) {_WEBKIT} {_SAFARI}"),
    Device("android", "Android telephone, Chrome", f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {_CHROME} Mobile Safari/537.36"),
    Device("windows", "Windows, Edge", f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36 Edg/130.0.0.0"),
    Device("mac", "Mac, Safari", f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Version/18.0 Safari/605.1.15"),
    Device("linux", "Linux, Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"),
    Device("chat", "A program that shows previews", "WhatsApp/2.24.20.79 A"),
)
_AGENTS: Final = {each.name: each.user_agent for each in DEVICES}


def visit_of(form: Form, zone: str) -> Visit:
    """The visit that a form describes; InvalidField, by the names of ``Visit``'s wire form, for what it does not understand."""
    at = form.text("visit.at")
    country = country_code(form.text("visit.country"))
    return Visit(
        country=country or None,
        region=region_in(country, form.text("visit.region")) or None,
        address=form.text("visit.address"),
        user_agent=form.text("visit.userAgent") or _AGENTS.get(form.text("visit.device"), ""),
        language=form.text("visit.language"),
        referrer=form.text("visit.referrer"),
        query=form.text("visit.query").removeprefix("?"),
        rest=form.text("visit.rest"),
        at=moment_of(at, zone, field="at") if at else None,
        password_given=form.flag("visit.password"),
    )


def explained(
    context: Context, explainer: Explainer, opened: Opened | None, domain_id: int, edit: Edit, visit: Visit
) -> Explanation:
    """What a visit would come to by what is typed now."""
    link_id = None if opened is None else opened.link.id
    return explain_edit(context, explainer, edit, visit, link_id=link_id, domain_id=domain_id)
