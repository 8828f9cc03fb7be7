"""The page of a cloaked link: its destination in a frame as large as the window, under the link's address."""

from html import escape
from typing import Final

from linnet.edge.interstitial import Made, made, referrer_policy
from linnet.edge.preview import tag_elements, title_of
from linnet.edge.tracking import tracking_of
from linnet.model.route import DomainRoute, Route

_STYLE: Final = "html,body,iframe{display:block;width:100%;height:100%;margin:0;border:0}body{overflow:hidden}"
# A page in the frame works as it would alone, but for this: it does not replace ours unless somebody clicks in it.
_SANDBOX: Final = " ".join(
    f"allow-{what}"
    for what in (
        "downloads",
        "forms",
        "modals",
        "orientation-lock",
        "pointer-lock",
        "popups",
        "popups-to-escape-sandbox",
        "presentation",
        "same-origin",
        "scripts",
        "storage-access-by-user-activation",
        "top-navigation-by-user-activation",
    )
)
# Not what a browser would ask for in this domain's name: camera, microphone, place.
_ALLOW: Final = "autoplay; clipboard-write; encrypted-media; fullscreen; payment; picture-in-picture; screen-wake-lock"


def cloaking_page(domain: DomainRoute, route: Route, destination: str) -> Made:
    """``destination`` in a frame, with the scripts of the services that are told of the visit."""
    title = route.title or title_of(route) or domain.hostname
    tracking = tracking_of(route.tracking or {})
    frame = (
        f'<iframe src="{escape(destination)}" title="{escape(title)}" sandbox="{_SANDBOX}" allow="{_ALLOW}"'
        f' referrerpolicy="{referrer_policy(domain)}"></iframe>'
    )
    return made(
        title,
        head=tag_elements(route),
        body=frame + tracking.html,
        referrer=referrer_policy(domain),
        style=_STYLE,
        # Where the destination leads within the frame is its own matter.
        sources={**tracking.sources, "frame-src": ("https:", "http:")},
        robots=True,
    )
