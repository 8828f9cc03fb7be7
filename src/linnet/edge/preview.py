"""The page for programs that preview a link: the link's OpenGraph tags, and no script."""

from html import escape
from typing import Final

from linnet.edge.interstitial import Made, made, referrer_policy
from linnet.model.opengraph import Tag
from linnet.model.route import DomainRoute, Route

# Vocabularies of their own, beside OpenGraph's (ogp.me); stored names of the rest lack ``og:``.
_OWN_VOCABULARY: Final = ("article:", "book:", "music:", "product:", "profile:", "video:")
_TWITTER: Final = "twitter:"


def preview_page(domain: DomainRoute, route: Route, destination: str) -> Made:
    """What a crawler gets of a link with tags. A person who is taken for one finds the way on."""
    tags = dict(reversed(route.opengraph))
    title, description = title_of(route) or domain.hostname, tags.get("description", "")
    body = f'<h1>{escape(title)}</h1><p>{escape(description)}</p><p><a href="{escape(destination)}">Go on</a></p>'
    return made(title, head=tag_elements(route), body=body, referrer=referrer_policy(domain), robots=True)


def title_of(route: Route) -> str:
    """What the link is called: the title for previews, or else its own; "" for none."""
    tags = dict(reversed(route.opengraph))
    return tags.get("title") or tags.get("twitter:title") or route.title


def tag_elements(route: Route) -> str:
    """The tags of a route as elements, with those that crawlers ask for and the owner left out; "" for a route without tags."""
    if not route.opengraph:
        return ""
    names = {name for name, _ in route.opengraph}
    card = "summary_large_image" if names & {"image", "image:url", "image:secure_url", "twitter:image"} else "summary"
    missing: list[Tag] = [("type", "website"), ("twitter:card", card)]
    if title := title_of(route):
        missing.insert(0, ("title", title))
    elements = [_element(name, content) for name, content in route.opengraph]
    elements += [_element(name, content) for name, content in missing if name not in names]
    elements += [
        f'<meta name="description" content="{escape(content)}">' for name, content in route.opengraph if name == "description"
    ][:1]
    return "".join(elements)


def _element(name: str, content: str) -> str:
    if name.startswith(_TWITTER):
        return f'<meta name="{escape(name)}" content="{escape(content)}">'
    whole = name if name.startswith(_OWN_VOCABULARY) else f"og:{name}"
    return f'<meta property="{escape(whole)}" content="{escape(content)}">'
