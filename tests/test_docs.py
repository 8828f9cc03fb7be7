"""Documentation is tested like code."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from typer.core import TyperGroup as Group
from typer.main import get_command

from linnet.cli import application
from linnet.model.click import DropReason

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_that_exist(page: Path):
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_pictures_of_the_user_guide_are_made_by_tests_and_shown():
    tests = "".join(file.read_text() for file in (ROOT / "tests" / "browser").glob("test_*.py"))
    made = set(re.findall(r'shoot\([\w.]+, "([\w-]+)"', tests))
    kept = {file.stem for file in (ROOT / "docs" / "guide" / "images").glob("*.png")}
    pages = "".join(page.read_text() for page in PAGES)
    assert sorted(kept - made) == []
    assert sorted(name for name in kept if f"images/{name}.png" not in pages) == []
    assert [text for text in re.findall(r"!\[(.*?)\]\(", pages) if len(text) < 20] == []
    heavy = [file.name for file in (ROOT / "docs" / "guide" / "images").iterdir() if file.stat().st_size > 80_000]
    assert heavy == []


@pytest.mark.parametrize("folder", ["docs", "docs/guide", "docs/guides"])
def test_every_page_is_in_the_table_of_contents_of_its_folder(folder: str):
    listed = (ROOT / folder / "README.md").read_text()
    pages = {page.name for page in (ROOT / folder).glob("*.md")} - {"README.md"}
    assert sorted(name for name in pages if f"]({name})" not in listed) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_code_that_is_named_exists(page: Path):
    source = ROOT / "src" / "linnet"
    packages = "|".join(path.name for path in source.iterdir() if path.is_dir())
    missing = []
    for package, module, name in re.findall(rf"`({packages})/(\w+)(?:\.py)?(?:\.([\w.]+))?`", page.read_text()):
        file = source / package / f"{module}.py"
        if not file.exists() and not (source / package / module).is_dir():
            missing.append(f"{package}/{module}")
        elif name and name != "py":
            wanted = name.split(".")[-1]
            if not re.search(rf"\b(?:def|class) {wanted}\b|^{wanted}\b", file.read_text(), re.MULTILINE):
                missing.append(f"{package}/{module}.{name}")
    assert missing == []


def test_the_readme_names_the_commands_that_exist():
    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", readme, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert "make test" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_that_are_named_exist(page: Path):
    commands = get_command(application)
    assert isinstance(commands, Group)
    for words in re.findall(r"(?:^|`)linnet ([a-z]+(?: [a-z]+(?:-[a-z]+)*)?)", page.read_text(), re.MULTILINE):
        first, _, second = words.partition(" ")
        command = commands.commands.get(first)
        assert command is not None, words
        assert not isinstance(command, Group) or not second or second in command.commands, words


def test_every_metric_is_explained():
    source = (ROOT / "src" / "linnet" / "compose" / "metrics.py").read_text()
    gauges = set(re.findall(r'_gauge\(\s*"(linnet_\w+)"', source))
    counters = {f"{name}_total" for name in re.findall(r'(?:Totals|Counter)\(\s*"(linnet_\w+)"', source)}
    page = (ROOT / "docs" / "metrics.md").read_text()
    assert set(re.findall(r"^\| `(linnet_\w+)` \|", page, re.MULTILINE)) == gauges | counters
    assert [reason for reason in DropReason if f"`{reason}`" not in page] == []


def test_every_dependency_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[\[><=]", each)[0] for each in [*project["dependencies"], *project["optional-dependencies"]["dev"]]}
    for package in ("web/package.json", "tests/journey/package.json"):
        declared |= set(json.loads((ROOT / package).read_text())["dependencies"])
    declared.add(json.loads((ROOT / "web" / "package.json").read_text())["fetched"]["name"])
    explained = set(re.findall(r"^\| (\S+) \|", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE))
    assert explained - {"library", "package"} - {line for line in explained if line.startswith("-")} == declared


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "requirements-dev.lock", "web/package-lock.json", "tests/journey/package-lock.json"]
)
def test_lock_files_hold_versions_and_no_addresses(lock: str):
    text = (ROOT / lock).read_text()
    assert not re.search(r'"resolved"|--(extra-)?index-url|--find-links| @ ', text)


def test_every_decision_is_in_the_list():
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text()
    decisions = [path.name for path in (ROOT / "docs" / "decisions").glob("0*.md")]
    assert [name for name in decisions if name not in listed] == []
