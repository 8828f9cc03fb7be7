"""The guides to the API, as pages: a list, and a page for each task."""

import re
from typing import Any, Final

from litestar import Response

from linnet.dashboard.guide_texts import ADDRESS, INDEX, SERVER, Code, Guide, find_guide
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.samples import Samples, samples_of
from linnet.dashboard.texts import gettext
from linnet.model.access import Rule, Subject
from linnet.model.errors import PageNotFound


def _index(asked: Asked) -> Response[Any]:
    return _show(asked, INDEX)


def _guide(asked: Asked) -> Response[Any]:
    name = asked.path["name"]
    return asked.go_to(ADDRESS) if name == INDEX else _show(asked, name)


def _show(asked: Asked, name: str) -> Response[Any]:
    guide = find_guide(name)
    if guide is None:
        raise PageNotFound(gettext("There is no guide of this name. All there are stand in the list of guides."))
    samples = samples_of(asked, asked.query.text("domain"))
    return asked.page("guide.html", guide=guide, is_index=name == INDEX, pieces=_filled(guide, samples), samples=samples)


def _filled(guide: Guide, samples: Samples) -> list[Any]:
    """The guide's pieces, with the reader's own address and domain in the programs in place of the examples."""
    own = {
        f"http://go.localhost:{SERVER.rpartition(':')[2]}": samples.short_address,
        SERVER: samples.address,
        "https://links.example.com": samples.address,
        "go.localhost": samples.hostname,
        "go.example.com": samples.hostname,
    }
    examples = re.compile("|".join(re.escape(example) for example in own))
    return [
        Code(each.language, examples.sub(lambda found: own[found[0]], each.text)) if isinstance(each, Code) else each
        for each in guide.pieces
    ]


PAGES: Final = (
    Page("GET", ADDRESS, _index, Rule(Subject.SELF)),
    Page("GET", f"{ADDRESS}/{{name:str}}", _guide, Rule(Subject.SELF)),
)
