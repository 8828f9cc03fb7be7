"""JSON documents that clients give: bounded, and for apps that open a domain's links with what their makers ask for."""

import json
import re
from typing import Any, Final

from linnet.model.errors import InvalidField

MAX_DOCUMENT_BYTES: Final = 64 * 1024
MAX_DOCUMENT_DEPTH: Final = 32
# What apple-app-site-association may be about.
APPLE_SERVICES: Final = ("applinks", "webcredentials", "appclips", "activitycontinuation")
_APP_ID: Final = re.compile(r"[A-Za-z0-9]{10}\.[A-Za-z0-9.-]{1,155}", re.ASCII)
_PACKAGE: Final = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+", re.ASCII)
_FINGERPRINT: Final = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31}")
_SITE: Final = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?/?", re.ASCII)


def is_shallow(value: object, most: int) -> bool:
    """Whether a JSON value has at most ``most`` levels; without recursion, because clients choose the depth."""
    level: list[object] = [value]
    for _ in range(most):
        level = [
            each
            for parent in level
            if isinstance(parent, dict | list)
            for each in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return True
    return not any(isinstance(each, dict | list) for each in level)


def bounded(value: Any, field: str) -> str:
    """A JSON value as text; InvalidField when it is nested too deeply or too large."""
    if not is_shallow(value, MAX_DOCUMENT_DEPTH):
        raise InvalidField(f"{field} is nested more than {MAX_DOCUMENT_DEPTH} levels deep.", field=field)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > MAX_DOCUMENT_BYTES:
        raise InvalidField(f"{field} is larger than {MAX_DOCUMENT_BYTES} bytes.", field=field)
    return text


def clean_association(value: object, field: str) -> str | None:
    """An apple-app-site-association document as JSON, None to remove it; InvalidField says what Apple would miss.

    What must be there is Apple's minimum (Supporting associated domains): at least one service, app ids where it lists apps,
    and ``details`` with an app id each where links are opened. What more it holds is passed on as it is.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidField(f"{field} must be a JSON object, or null.", field=field)
    text = bounded(value, field)
    services = [name for name in APPLE_SERVICES if name in value]
    if not services:
        raise InvalidField(f"{field} must have at least one of {', '.join(APPLE_SERVICES)}.", field=field)
    for name in services:
        service = value[name]
        if not isinstance(service, dict):
            raise InvalidField(f"{field}.{name} must be a JSON object.", field=field)
        if name == "applinks":
            _check_details(service.get("details"), field)
        else:
            _check_app_ids(service.get("apps"), f"{field}.{name}.apps", field)
    return text


def _check_details(details: object, field: str) -> None:
    where = f"{field}.applinks.details"
    if not isinstance(details, list) or not details:
        raise InvalidField(f"{where} must be a list with at least one app.", field=field)
    for each in details:
        if not isinstance(each, dict) or not ("appIDs" in each or "appID" in each):
            raise InvalidField(f"{where} must hold objects with appIDs.", field=field)
        _check_app_ids(each.get("appIDs", [each.get("appID")]), f"{where}.appIDs", field)
        for name in ("components", "paths"):
            if name in each and not isinstance(each[name], list):
                raise InvalidField(f"{where}.{name} must be a list.", field=field)


def _check_app_ids(ids: object, where: str, field: str) -> None:
    if not isinstance(ids, list) or not ids:
        raise InvalidField(f"{where} must be a list with at least one app id.", field=field)
    for each in ids:
        if not isinstance(each, str) or not _APP_ID.fullmatch(each):
            raise InvalidField(
                f"{where} must hold app ids such as ABCDE12345.com.example.app, and not {_shown(each)}.", field=field
            )


def clean_asset_links(value: object, field: str) -> str | None:
    """An assetlinks.json document as JSON, None to remove it; InvalidField says what Android would miss.

    Its statements are as Google describes them (Digital Asset Links): relations and one target, an Android app with
    fingerprints of its certificates or a site; or the address of another list to include.
    """
    if value is None:
        return None
    if not isinstance(value, list) or not value:
        raise InvalidField(f"{field} must be a JSON array with at least one statement, or null.", field=field)
    text = bounded(value, field)
    for each in value:
        if not isinstance(each, dict):
            raise InvalidField(f"{field} must hold JSON objects.", field=field)
        if "include" in each:
            _check(each["include"], str, f"{field}.include must be the address of a list of statements.", field)
            continue
        if not _texts(each.get("relation")):
            raise InvalidField(
                f"{field}.relation must be a list such as ['delegate_permission/common.handle_all_urls'].", field=field
            )
        _check_target(each.get("target"), f"{field}.target", field)
    return text


def _check_target(target: object, where: str, field: str) -> None:
    namespace = target.get("namespace") if isinstance(target, dict) else None
    if not isinstance(target, dict) or namespace not in ("android_app", "web"):
        raise InvalidField(f"{where} must be an object whose namespace is android_app or web.", field=field)
    if namespace == "web":
        _check_all([target.get("site")], _SITE, f"{where}.site must be a site such as https://www.example.com", field)
        return
    _check_all([target.get("package_name")], _PACKAGE, f"{where}.package_name must be a name such as com.example.app", field)
    prints = target.get("sha256_cert_fingerprints")
    if not _texts(prints):
        raise InvalidField(f"{where}.sha256_cert_fingerprints must be a list with at least one fingerprint.", field=field)
    says = f"{where}.sha256_cert_fingerprints must hold 32 bytes in hexadecimal with colons between"
    _check_all(prints, _FINGERPRINT, says, field)


def _check_all(values: Any, pattern: re.Pattern[str], says: str, field: str) -> None:
    for each in values:
        if not isinstance(each, str) or not pattern.fullmatch(each):
            raise InvalidField(f"{says}, and not {_shown(each)}.", field=field)


def _check(value: object, kind: type, says: str, field: str) -> None:
    if not isinstance(value, kind):
        raise InvalidField(says, field=field)


def _texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _shown(value: object) -> str:
    return f"'{value[:64]}'" if isinstance(value, str) else "something else"
