"""What a form sent: texts, choices and files, bounded."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException

from linnet.dashboard.asking import AnyRequest
from linnet.dashboard.cookies import signature
from linnet.dashboard.texts import gettext
from linnet.model.errors import InvalidField, Refusal, StorageUnavailable, TooLarge, TooManyRequests

# Fields that the frame reads; pages do not see them.
TOKEN: Final = "form_token"  # noqa: S105 (a field's name)
ONCE: Final = "once"
_OURS: Final = frozenset({TOKEN, ONCE})
# Parts of the names of fields whose values no page may hold.
_SECRET: Final = ("password", "secret", "token", "code")
# Fields that are about a password, and hold none: boxes, and the text of a page.
_OPEN: Final = frozenset({"passwordContact", "password.remove", "visit.password", "pageTexts.password"})
_MAX_FIELDS: Final = 3000
_YEARS: Final = range(1972, 2199)


@dataclass(frozen=True, slots=True)
class File:
    """A file that was sent with a form."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """The fields of a form as pairs, and the names of those that have to be typed again."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    again: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, or of an address's query. A name may have several values; a missing one is the empty text."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """The last value of a name, without spaces around it."""
        return self.raw(name, default).strip()

    def raw(self, name: str, default: str = "") -> str:
        """The last value of a name as it was typed: for passwords."""
        return self.values[name][-1] if self.values.get(name) else default

    def all(self, name: str) -> list[str]:
        """All values of a name, in their order."""
        return list(self.values.get(name, ()))

    def flag(self, name: str) -> bool:
        """Whether a box was checked."""
        return self.raw(name) not in ("", "0", "false", "off")

    def number(self, name: str) -> int | None:
        """The value as a whole number; None when it is missing or none."""
        value = self.text(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None

    def day(self, name: str) -> date | None:
        """The value as a day of the calendar; None when it is missing. InvalidField for what is none, or long ago or ahead."""
        text = self.text(name)
        try:
            found = date.fromisoformat(text) if text else None
        except ValueError:
            found = date.min
        if found is not None and found.year not in _YEARS:
            raise InvalidField(gettext("This must be a day such as 2026-12-31."), field=name)
        return found

    def file(self, name: str) -> File | None:
        """The file of a name; None when none was chosen."""
        return self.files.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def digest(self, key: bytes, action: str) -> str:
        """What tells this form from any other, also from the same page: whither it was sent, and everything in it."""
        files = [(name, file.name, hashlib.sha256(file.content).hexdigest()) for name, file in self.files.items()]
        whole = json.dumps([action, dict(self.values), files]).encode()
        return signature(key, "submission", whole).hex()

    def kept(self) -> "Kept":
        """What is offered once more of a form that cannot be obeyed now: neither the frame's fields nor what is secret."""
        pairs = [(name, value) for name, values in self.values.items() if name not in _OURS for value in values]
        return Kept(
            [(name, value) for name, value in pairs if not is_secret(name)],
            list(dict.fromkeys(name for name, value in pairs if is_secret(name) and value)),
        )

    @classmethod
    def of_pairs(cls, pairs: Sequence[tuple[str, str]], files: Mapping[str, File] | None = None) -> "Form":
        """A form with these fields, in their order."""
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        return cls(values, files or {})


def errors_of(refusal: Refusal | None, field: str = "") -> dict[str, str]:
    """What is said beside the fields of a form that was refused, under ``field`` where none is named; nothing for None. What no
    other input would mend is raised again."""
    if refusal is None:
        return {}
    if isinstance(refusal, StorageUnavailable | TooManyRequests):
        raise refusal
    return {refusal.field or field: refusal.message}


def query_of(request: AnyRequest) -> Form:
    """The fields of the address."""
    return Form.of_pairs([(name, str(value)) for name, value in request.query_params.items()])


async def form_of(request: AnyRequest, max_bytes: int) -> Form:
    """The form in the body; TooLarge beyond ``max_bytes``, and no fields at all where it is none or has more than ours have."""
    size = request.headers.get("content-length", "")
    if not (size.isascii() and size.isdigit()):
        raise TooLarge("A form needs a Content-Length.")
    if int(size) > max_bytes:
        raise _too_large(max_bytes)
    try:
        sent = list((await request.form()).items())
    except HTTPException as error:
        if error.status_code == 413:
            raise _too_large(max_bytes) from None
        return Form()
    except (ValueError, TypeError, LookupError):
        # A LookupError is an encoding that there is not.
        return Form()
    if len(sent) > _MAX_FIELDS:
        return Form()
    pairs: list[tuple[str, str]] = []
    files: dict[str, File] = {}
    for name, value in sent:
        if not isinstance(value, UploadFile):
            pairs.append((_whole(str(name)), _whole(str(value))))
        elif value.filename:
            files[_whole(str(name))] = File(_whole(value.filename[:255]), await value.read())
    return Form.of_pairs(pairs, files)


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"This is too much: this form takes {max_bytes // 100_000 / 10:g} MB at most, with its files.")


def _whole(text: str) -> str:
    """A text without halves of characters, which some encodings let in and nothing can write."""
    return text.encode("utf-8", "replace").decode()


def is_secret(name: str) -> bool:
    """Whether a field is for a password, a code or the like, and not for where that leads to."""
    return name not in _OPEN and any(part in name.lower() for part in _SECRET)


def wrapped(action: str, form: Form) -> str:
    """A form that could not be obeyed now, as one text that a hidden field can hold."""
    kept = form.kept()
    return json.dumps([action, kept.fields, kept.again], ensure_ascii=False)


def unwrapped(text: str) -> tuple[str, Kept] | None:
    """What ``wrapped`` wrote: the address and the form; None for anything else."""
    try:
        action, pairs, again = json.loads(text.encode())
        fields = [(name, value) for name, value in pairs if is_text(name) and is_text(value) and not is_secret(name)]
        names = [name for name in again if is_text(name) and is_secret(name)]
    except (ValueError, TypeError, RecursionError):
        return None
    ours = is_text(action) and action.startswith("/dashboard/") and "\\" not in action
    return (action, Kept(fields[:_MAX_FIELDS], names[:_MAX_FIELDS])) if ours else None


def is_text(value: object) -> bool:
    """Whether it is a text that a page can show: halves of characters cannot be sent."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
