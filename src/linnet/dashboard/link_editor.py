"""The link form as a page: what stands in it, what is wrong with it, and what is shown beside its fields."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Response

from linnet.actions.editing import Opened
from linnet.actions.edits_made import EditMade, RemovedMeanwhile
from linnet.actions.explain import Explanation
from linnet.actions.folders import find_folder, folder_names
from linnet.actions.link_queries import expand_link
from linnet.actions.placing import LinkInDomain
from linnet.actions.tags import suggest_tags
from linnet.actions.utm_templates import list_templates, may_save_templates
from linnet.dashboard.forms import Form
from linnet.dashboard.link_conditions import CHOICES, KINDS
from linnet.dashboard.link_explain import DEVICES
from linnet.dashboard.link_fields import SHOWN_TAGS, form_for, part_of, seen_of
from linnet.dashboard.link_labels import in_words, part_labels
from linnet.dashboard.link_places import countries, place_told, region_choices
from linnet.dashboard.link_rows import row_ids
from linnet.dashboard.pages import Asked
from linnet.model.conditions import zone_of
from linnet.model.domain import Domain
from linnet.model.editing import PARTS
from linnet.model.errors import LinkNotFound, Refusal
from linnet.model.link import INTEGRATIONS, REDIRECT_TYPES, LinkDraft, clean_draft, merged_original_url, wire_name
from linnet.model.opengraph import PROPERTIES
from linnet.model.path import clean_path
from linnet.model.statistics import UTM_FIELDS

_MOST_TAGS: Final = 300
# The form's sections in their order, with the first words of the names of their fields.
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "basics": ("originalURL", "path", "title", "tags", "folderId"),
    "utm": ("utm", *(wire_name(name) for name in UTM_FIELDS)),
    "opengraph": ("og", "tag"),
    "targeting": ("place", "androidURL", "iphoneURL"),
    "rules": ("rule",),
    "split": ("splitURL", "splitPercent", "variant"),
    "expiry": ("expiresAt", "clicksLimit", "expiredURL", "ttl"),
    "password": ("password", "passwordContact"),
    "way": ("redirectType", "skipQS", "cloaking"),
    "tracking": tuple(wire_name(name) for name in INTEGRATIONS),
    "more": ("archived", "createdAt"),
    "explain": ("visit",),
}
_SECTION_OF: Final = {head: section for section, heads in SECTIONS.items() for head in heads}
_ORDER: Final = tuple(_SECTION_OF)
# Which field of a row that was added gets the focus.
_FIRST_FIELDS: Final = {"place": "country", "variant": "weight", "tag": "property", "rule": "name"}


@dataclass(slots=True)
class Editor:
    """The form before somebody. ``opened`` is None for a new link, and for one that was ``removed``; ``clashes`` are parts that
    somebody else changed and this reader too, ``merged`` those that only somebody else did."""

    asked: Asked
    domain: Domain
    opened: Opened | None
    form: Form
    link_id: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    order: str = ""
    focus: str = ""
    edits: Sequence[EditMade] = ()
    removed: RemovedMeanwhile | None = None
    duplicate: LinkInDomain | None = None
    explanation: Explanation | None = None
    picture: str = ""
    said: str = ""

    @property
    def zone(self) -> str:
        """The time zone that the form was made for: times in it stay what they are when the reader moves."""
        zone = self.form.text("zone")
        return zone if zone and zone_of(zone) is not None else self.asked.signed_in.time_zone

    @property
    def action(self) -> str:
        """Where the form goes."""
        return f"/dashboard/links/{self.link_id}" if self.link_id else f"/dashboard/domains/{self.domain.id}/links/new"

    @property
    def read_only(self) -> bool:
        """Whether the reader may look only."""
        return self.opened is not None and not self.opened.may_write

    def refuse(self, refusal: Refusal, name: str) -> None:
        """Tell what is wrong beside the field ``name``, "" for the whole form."""
        self.errors.setdefault(name, refusal.message)

    def show(self, *, status: int = 200) -> Response[Any]:
        """The page."""
        context = self.asked.context
        opened = self.opened
        shown = form_for(opened.contents, self.zone) if opened is not None else Form()
        self.errors = {name: in_words(message, name) for name, message in self.errors.items()}
        short_url = self.asked.options.short_url
        return self.asked.page(
            "link_form.html",
            status=status,
            editor=self,
            sent=self.form,
            errors=self.errors,
            first_error=min(self.errors, key=_place_in_form, default=""),
            focus=_control(self.focus),
            open_sections=self._open_sections(),
            domain=self.domain,
            link=None if opened is None else opened.link,
            short_url="" if opened is None else short_url(self.domain, opened.link.path),
            short_base=short_url(self.domain, ""),
            duplicate_url="" if self.duplicate is None else short_url(self.domain, self.duplicate.link.path),
            version=self.form.text("version") or (opened.version if opened is not None else ""),
            seen=self.form.text("seen") or seen_of(shown),
            opened_at=self.form.number("opened_at") or int(context.now().timestamp()),
            folders=folder_names(context, self.domain.id),
            folder_prefix=self._folder_prefix(),
            tags=self._tags(),
            suggested_tags=suggest_tags(context, self.domain.id, limit=_MOST_TAGS),
            templates=list_templates(context, self.domain.id),
            may_save_for_team=self.domain.team_id is not None and may_save_templates(context, self.domain, self.domain.team_id),
            result=self._result(),
            path_state=self._path_state() if self.order == "path" else "",
            rows=partial(row_ids, self.form),
            countries=countries(),
            place_told=place_told,
            region_choices=region_choices,
            kinds=KINDS,
            choices=CHOICES,
            devices=DEVICES,
            properties=sorted(PROPERTIES - set(SHOWN_TAGS)),
            redirect_types=REDIRECT_TYPES,
            host=urlsplit(self._result()).hostname or self.domain.hostname,
            labels=part_labels(),
            differences=self._differences(shown),
            merged=self.form.all("merged"),
        )

    def _folder_prefix(self) -> str:
        """What generated paths begin with in the folder that was chosen."""
        folder_id = self.form.text("folderId")
        folder = find_folder(self.asked.context, self.domain.id, folder_id) if folder_id else None
        return (folder.prefix or "") if folder is not None else ""

    def _tags(self) -> list[str]:
        typed = [each.strip() for each in self.form.raw("tags.new").split(",")]
        # What is too long, or was not taken, stays where it was typed.
        added = typed if "tags" not in self.errors else []
        return list(dict.fromkeys(each for each in [*self.form.all("tags"), *added] if each))

    def _open_sections(self) -> set[str]:
        """Those in which something is filled, wrong, or was just done."""
        filled = {_head(name) for name, values in self.form.values.items() if any(text.strip() for text in values)}
        shown = (filled - {"createdAt", "visit", "utm"}) | {_head(name) for name in self.errors} | {_head(self._ordered())}
        return {_SECTION_OF[head] for head in shown if head in _SECTION_OF}

    def _ordered(self) -> str:
        """A name in the section that the order was about."""
        verb, _, rest = self.order.partition(":")
        return {"explain": "visit", "preview": "og", "utm-apply": "utm", "utm-save": "utm"}.get(verb, rest)

    def _result(self) -> str:
        """The address that the link would lead to, with its parameters; "" while it is none."""
        sent = {name: self.form.text(wire_name(name)) for name in ("original_url", *UTM_FIELDS)}
        try:
            return merged_original_url(clean_draft(LinkDraft.of({name: text for name, text in sent.items() if text})))
        except Refusal:
            return ""

    def _path_state(self) -> str:
        """What is to be said of the path that was typed: that another link has it, or why none may."""
        path = self.form.text("path")
        if not path:
            return ""
        try:
            taken = expand_link(self.asked.context, self.domain.hostname, clean_path(path)).link
        except LinkNotFound:
            return ""
        except Refusal as refusal:
            return refusal.message
        return "" if taken.id == self.link_id else f"Another link has this path: it leads to {taken.original_url[:200]}"

    def _differences(self, shown: Form) -> list[tuple[str, str, str]]:
        """What somebody else changed meanwhile: the part, what it is now, and what the reader typed."""
        clashes = [part for part in PARTS if part in self.form.all("clash")]
        return [(part, told(shown, part), told(self.form, part)) for part in clashes]


def opened_since(form: Form) -> datetime:
    """When the form was opened, as it says itself."""
    seconds = form.number("opened_at") or 0
    return datetime.fromtimestamp(min(seconds, 2**33), UTC)


def told(form: Form, part: str) -> str:
    """The fields of a part in a few lines."""
    if part == "password":
        return "••••••" if form.raw("password") else ""
    names = [name for name in form.values if part_of(name) == part]
    rows: dict[str, list[str]] = {}
    for name in names:
        kind, _, rest = name.partition(".")
        row, _, last = rest.partition(".")
        if not row or last.endswith("when"):
            values = form.all(name) if kind not in ("place", "variant", "rule", "tag") else []
            rows.setdefault(name, []).extend(values)
        elif last != "label":
            rows.setdefault(f"{kind}.{row}", []).extend(form.all(name))
    return "\n".join(", ".join(text for text in texts if text) for texts in rows.values() if any(texts))


def data_url(picture: bytes) -> str:
    """A JPEG file as an address that the page's policy lets in."""
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"


def _head(name: str) -> str:
    return name.partition(".")[0]


def _place_in_form(name: str) -> int:
    head = _head(name)
    return _ORDER.index(head) if head in _ORDER else len(_ORDER)


def _control(focus: str) -> str:
    """The name of the field, or the id of the button, that has the focus."""
    kind = focus.rpartition(".")[0]
    if ":" in focus or not kind:
        return focus
    return f"{focus}.{_FIRST_FIELDS.get(kind, 'kind')}"
