"""Documents of apps: what their makers ask for is checked, what more they hold is kept."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.documents import clean_asset_links, clean_association, is_shallow
from linnet.model.errors import InvalidField

APP = "ABCDE12345.com.example.app"
PRINT = ":".join(["A1"] * 32)


def android(**fields: Any) -> dict[str, Any]:
    return {"namespace": "android_app", "package_name": "com.example.app", "sha256_cert_fingerprints": [PRINT], **fields}


def statement(target: Any, relation: Any = ("delegate_permission/common.handle_all_urls",)) -> dict[str, Any]:
    return {"relation": list(relation) if isinstance(relation, tuple) else relation, "target": target}


@pytest.mark.parametrize(
    "document",
    [
        {"applinks": {"details": [{"appIDs": [APP, APP], "components": [{"/": "/a/*", "exclude": True}]}]}},
        {"applinks": {"apps": [], "details": [{"appID": APP, "paths": ["NOT /a", "*"]}]}},
        {"webcredentials": {"apps": [APP]}, "more": {"ü": [1, None]}},
        {"appclips": {"apps": [APP]}, "activitycontinuation": {"apps": [APP]}},
    ],
)
def test_an_association_that_apple_understands_is_kept_whole(document: dict[str, Any]):
    kept = clean_association(document, "f")
    assert kept is not None
    assert json.loads(kept) == document


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ([], "f must be a JSON object"),
        ("{}", "f must be a JSON object"),
        ({}, "at least one of applinks, webcredentials"),
        ({"applinks": []}, "f.applinks must be a JSON object"),
        ({"applinks": {}}, "f.applinks.details must be a list"),
        ({"applinks": {"details": []}}, "f.applinks.details must be a list"),
        ({"applinks": {"details": {APP: {"paths": ["*"]}}}}, "f.applinks.details must be a list"),
        ({"applinks": {"details": [{"paths": []}]}}, "objects with appIDs"),
        ({"applinks": {"details": [{"appIDs": []}]}}, "at least one app id"),
        ({"applinks": {"details": [{"appIDs": APP}]}}, "at least one app id"),
        ({"applinks": {"details": [{"appID": "com.example.app"}]}}, "and not 'com.example.app'"),
        ({"applinks": {"details": [{"appID": 1}]}}, "and not something else"),
        ({"applinks": {"details": [{"appIDs": [APP], "components": "/"}]}}, "components must be a list"),
        ({"webcredentials": {"apps": ["x" * 1000]}}, "f.webcredentials.apps must hold app ids"),
        ({"webcredentials": {"apps": [APP]}, "x": "ü" * 40_000}, "larger than 65536 bytes"),
    ],
)
def test_an_association_that_apple_would_pass_over_is_refused(document: Any, says: str):
    with pytest.raises(InvalidField, match=says) as refusal:
        clean_association(document, "f")
    assert refusal.value.field == "f"
    assert len(refusal.value.message) < 300


@pytest.mark.parametrize(
    "document",
    [
        [statement(android())],
        [statement({"namespace": "web", "site": "https://www.example.com"}), {"include": "https://example.com/more.json"}],
        [statement(android(sha256_cert_fingerprints=[PRINT.lower(), PRINT]), ("a", "b"))],
    ],
)
def test_statements_that_android_understands_are_kept_whole(document: list[Any]):
    kept = clean_asset_links(document, "f")
    assert kept is not None
    assert json.loads(kept) == document


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({}, "f must be a JSON array"),
        ([], "at least one statement"),
        (["x"], "f must hold JSON objects"),
        ([{}], "f.relation must be a list"),
        ([statement(android(), relation=[])], "f.relation must be a list"),
        ([statement(android(), relation=[1])], "f.relation must be a list"),
        ([statement(None)], "f.target must be an object"),
        ([statement({"namespace": []})], "f.target must be an object"),
        ([statement({"namespace": "web", "site": "example.com"})], "f.target.site must be a site"),
        ([statement(android(package_name="app"))], "package_name must be a name"),
        ([statement(android(sha256_cert_fingerprints=[]))], "at least one fingerprint"),
        ([statement(android(sha256_cert_fingerprints=["A1"]))], "and not 'A1'"),
        ([{"include": 7}], "f.include must be the address"),
    ],
)
def test_statements_that_android_would_pass_over_are_refused(document: Any, says: str):
    with pytest.raises(InvalidField, match=says):
        clean_asset_links(document, "f")


def test_null_removes_a_document():
    assert clean_association(None, "f") is None
    assert clean_asset_links(None, "f") is None


NAMES = st.sampled_from(["applinks", "details", "appIDs", "appID", "apps", "relation", "target", "namespace", "site", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_kept_whole_or_refused(value: Any):
    for clean in (clean_association, clean_asset_links):
        with contextlib.suppress(InvalidField):
            kept = clean(value, "f")
            assert (kept is None and value is None) or json.loads(kept or "") == value


def test_depth_is_bounded_without_recursion():
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert not is_shallow(deep, 32)
    with pytest.raises(InvalidField, match="32 levels"):
        clean_asset_links(deep, "f")
