"""The table of compatibility is complete, and names tests that exist and are about the operation."""

import re
from pathlib import Path

import pytest

from linnet.api.operations import BY_NAME, OPERATIONS, Operation

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "compatibility.md").read_text()
ROWS = dict(re.findall(r"^\| (\w+) \| (`[A-Z]+ /\S+` \| .*) \|$", PAGE, re.MULTILINE))


def test_every_operation_has_a_row_and_no_row_is_about_another():
    assert list(ROWS) == [operation.name for operation in OPERATIONS]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_a_row_tells_the_operations_address_and_tests_that_call_it(operation: Operation):
    address, status, tests, _ = ROWS[operation.name].split(" | ", 3)
    assert address == f"`{operation.method} {operation.path}`"
    assert status == "works"
    files = [ROOT / name for name in re.findall(r"`(tests/\S+)`", tests)]
    assert files
    # By its name, as the official client calls it, or by the last word of its address.
    word = re.findall(r"/(\w[\w-]*)", re.sub(r"\{\w+\}", "", operation.path))[-1]
    for file in files:
        assert re.search(rf"\b{operation.name}\b|/{word}\b", file.read_text()), f"{file.name} does not call {operation.name}"


def test_the_tests_of_everything_else_exist():
    named = re.findall(r"`(tests/\S+\.py)`", PAGE)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_operations_that_production_answers_with_404_or_500_work_here():
    repaired = ("getDomainTopByInterval", "clearDomainStatistics", "getLinkClicksByInterval", "getLinkTop")
    assert all(name in BY_NAME and "Works here" in ROWS[name] for name in repaired)
