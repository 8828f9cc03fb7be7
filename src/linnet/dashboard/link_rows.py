"""Rows of the link form: places, variants, rules and their conditions, tags. A row has an id; its fields are `kind.id.name`,
and the values of `kind` are the ids in their order, so that rows can be moved without being numbered anew."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from linnet.dashboard.forms import Form

# More than a link may have of anything but places, and a screen can show; many places are edited as a text.
MAX_ROWS: Final = 200
_ID: Final = re.compile(r"[a-z0-9]{1,8}", re.ASCII)
_KIND: Final = re.compile(r"place|variant|tag|rule|rule\.[a-z0-9]{1,8}\.when", re.ASCII)
_MOVES: Final = {"up": -1, "down": 1}


def row_ids(form: Form, kind: str) -> list[str]:
    """The ids of the rows of a kind, in their order."""
    return [each for each in dict.fromkeys(form.all(kind)) if _ID.fullmatch(each)][:MAX_ROWS]


def with_rows_changed(form: Form, order: str) -> tuple[Form, str]:
    """``form`` after an order such as ``add:place``, ``remove:rule:3`` or ``up:variant:2``, and the id of the control that is
    to have the focus then; the form as it is for any other order."""
    verb, _, rest = order.partition(":")
    kind, _, row = rest.partition(":")
    if not _KIND.fullmatch(kind):
        return form, ""
    ids = row_ids(form, kind)
    if verb == "add" and len(ids) < MAX_ROWS:
        fresh = _fresh(ids)
        return with_values(form, {kind: [*ids, fresh]}), f"{kind}.{fresh}"
    if row not in ids:
        return form, ""
    if verb == "remove":
        ids.remove(row)
        return with_values(without(form, lambda name: name.startswith(f"{kind}.{row}.")), {kind: ids}), f"add:{kind}"
    if verb in _MOVES:
        place = ids.index(row)
        other = min(max(place + _MOVES[verb], 0), len(ids) - 1)
        ids[place], ids[other] = ids[other], ids[place]
        return with_values(form, {kind: ids}), f"{verb}:{kind}:{row}"
    return form, ""


def with_values(form: Form, values: Mapping[str, Sequence[str]]) -> Form:
    """``form`` with other values for some names."""
    return Form({**form.values, **values}, form.files)


def without(form: Form, dropped: Callable[[str], bool]) -> Form:
    """``form`` without the names that are to be dropped."""
    return Form({name: values for name, values in form.values.items() if not dropped(name)}, form.files)


def _fresh(ids: Sequence[str]) -> str:
    return str(max((int(each) for each in ids if each.isdigit()), default=0) + 1)
