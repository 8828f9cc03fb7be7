"""What holds for every guide: its parts, its languages, its links, and the errors and operations that it names."""

import re

import pytest

from linnet.api.errors import STATUS
from linnet.api.operations import BY_NAME
from tests.guides.pages import HOME, LANGUAGES, Page, all_pages, tasks

HEADINGS = ("Python", "Node.js", "Ruby", "What comes back", "Errors", "Related")
each_task = pytest.mark.parametrize("page", tasks(), ids=lambda page: page.name)
each_page = pytest.mark.parametrize("page", all_pages(), ids=lambda page: page.name)


@each_task
def test_a_guide_has_a_program_in_each_language(page: Page):
    assert {program.language for program in page.programs()} == set(LANGUAGES)


@each_task
def test_a_guide_has_the_same_parts_as_the_others(page: Page):
    headings = re.findall(r"^## (.+)", page.text, re.MULTILINE)
    assert [heading for heading in headings if heading in HEADINGS] == list(HEADINGS)


@each_task
def test_a_program_reads_its_environment_and_holds_no_key(page: Page):
    for program in page.programs():
        assert all(name in program.source for name in ("LINNET_URL", "LINNET_KEY", "LINNET_DOMAIN"))
        assert "sk_" not in program.source


@each_task
def test_a_guide_names_operations_that_exist(page: Page):
    (line,) = re.findall(r"^- The \[API reference\]\(\S+/reference\): (.+)$", page.text, re.MULTILINE)
    names = re.findall(r"`(\w+)`", line)
    assert names
    assert [name for name in names if name not in BY_NAME] == []


@each_page
def test_errors_are_those_of_the_server(page: Page):
    known = {(status, refusal.code) for refusal, status in STATUS.items()}
    assert [error for error in page.errors() if error not in known] == []


@each_task
def test_a_guide_names_errors_to_expect(page: Page):
    assert page.errors()


def test_every_page_is_in_the_index():
    linked = set(re.findall(r"\]\(([\w-]+)\.md\)", Page("README").text))
    assert linked == {page.name for page in all_pages()} - {"README"}


@pytest.mark.parametrize("listing", ["README.md", "docs/README.md"])
def test_the_index_is_linked_from_where_readers_begin(listing: str):
    root = HOME.parents[1]
    targets = re.findall(r"\]\(([^)#]+)\)", (root / listing).read_text())
    assert HOME / "README.md" in {((root / listing).parent / target).resolve() for target in targets}
