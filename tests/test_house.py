"""What the set-up relies on: complete locks, and a wheel that brings along what is built."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from linnet.dashboard.guide_texts import PLACES

ROOT = Path(__file__).parents[1]
NPM_PROJECTS = ("web", "tests/journey")


def pinned(lock: str) -> dict[str, str]:
    found = re.findall(r"^([a-z0-9-]+)(?:\[[a-z,-]+\])?==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return dict(found)


def declared(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    every = [*project["dependencies"], *(each for extra in extras for each in project["optional-dependencies"][extra])]
    return {re.split(r"[\[><=]", each)[0] for each in every}


def npm_lock(project: str) -> dict[str, dict[str, Any]]:
    packages: dict[str, dict[str, Any]] = json.loads((ROOT / project / "package-lock.json").read_text())["packages"]
    return packages


def test_the_locks_hold_every_declared_library():
    # They are installed without resolving anything, so that what they leave out is not there.
    assert declared() - set(pinned("requirements.lock")) == set()
    assert declared("dev") - set(pinned("requirements-dev.lock")) == set()


def test_what_developers_run_is_what_runs():
    runtime, development = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert {name: development.get(name) for name in runtime} == runtime


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_library_has_hashes(lock: str):
    blocks = re.split(r"^(?=[a-z0-9])", (ROOT / lock).read_text(), flags=re.MULTILINE)
    pins = [block for block in blocks if re.match(r"[a-z0-9]", block)]
    assert pins
    assert [block.split()[0] for block in pins if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("project", NPM_PROJECTS)
def test_npm_packages_are_declared_by_exact_version(project: str):
    package = json.loads((ROOT / project / "package.json").read_text())
    asked = package.get("dependencies", {}) | package.get("devDependencies", {})
    assert [name for name, version in asked.items() if not re.fullmatch(r"\d+\.\d+\.\S+", version)] == []


@pytest.mark.parametrize("project", NPM_PROJECTS)
def test_npm_locks_hold_what_every_platform_needs(project: str):
    # npm ci refuses a lock that leaves out an optional package, even one for another platform.
    packages = npm_lock(project)
    names = {path.rpartition("node_modules/")[2] for path in packages}
    needed = {
        (path, name)
        for path, package in packages.items()
        for name in package.get("dependencies", {}) | package.get("optionalDependencies", {})
    }
    assert {(path, name) for path, name in needed if name not in names} == set()


@pytest.mark.parametrize("project", NPM_PROJECTS)
def test_npm_locks_hold_a_digest_of_every_package(project: str):
    packages = {path: package for path, package in npm_lock(project).items() if path and not package.get("inBundle")}
    assert [path for path, package in packages.items() if not package.get("integrity", "").startswith("sha512-")] == []


def test_what_is_fetched_besides_has_an_exact_version_and_a_digest():
    fetched = json.loads((ROOT / "web" / "package.json").read_text())["fetched"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", fetched["version"])
    assert re.fullmatch(r"sha512-[\w+/]{86}==", fetched["integrity"])
    assert "fetched.integrity" in (ROOT / "web" / "build.mjs").read_text()


def test_the_wheel_waits_for_everything_that_the_web_build_makes():
    results = set(re.findall(r'^    "(\S+)",$', (ROOT / "hatch_build.py").read_text(), re.MULTILINE))
    script = (ROOT / "web" / "build.mjs").read_text()
    copied = {f"visitor/databases/{name}" for name in re.findall(r'"@ip-location-db/[\w-]+/([\w.-]+)"', script)}
    made = {f"dashboard/static/{name}" for name in re.findall(r'join\(assets, "([\w.]+)"\)', script)}
    made |= {f"dashboard/static/{file.name}" for file in (ROOT / "web" / "scripts").glob("*.js")}
    assert results == copied | made
    assert "dashboard/static/style.css" in made
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    for folder in {str(Path(result).parent) for result in results}:
        assert f"src/linnet/{folder}/*" in wheel["artifacts"]


def test_the_wheel_holds_the_guides_where_its_pages_look_for_them():
    held = re.findall(r'"force_include"\]\["(\S+)"\] = "(\S+)"', (ROOT / "hatch_build.py").read_text())
    in_wheel, kept = (place.relative_to(root).as_posix() for place, root in zip(PLACES, (ROOT / "src", ROOT), strict=True))
    assert held == [(kept, in_wheel)]
    # A wheel is also made of a source distribution.
    targets = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    assert kept in targets["sdist"]["include"]


def contract(name: str) -> dict[str, Any]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    found: dict[str, Any] = next(each for each in contracts if each["name"] == name)
    return found


def test_every_module_with_handlers_is_kept_apart_from_the_others():
    sources = (ROOT / "src" / "linnet" / "api").glob("*.py")
    handling = [
        source.stem for source in sources if re.search(r"^ *@(get|post|put|delete)\(", source.read_text(), re.MULTILINE)
    ]
    assert sorted(contract("API resources do not import each other")["modules"]) == sorted(
        f"linnet.api.{name}" for name in handling
    )


def test_cycles_are_looked_for_in_every_package():
    packages = {path.parent for path in (ROOT / "src" / "linnet").rglob("__init__.py")} - {ROOT / "src" / "linnet"}
    with_modules = {path for path in packages if len(list(path.glob("*.py"))) > 2 and "migrations" not in path.parts}
    named = {".".join(path.relative_to(ROOT / "src").parts) for path in with_modules}
    assert named - set(contract("No cycles inside a package")["ancestors"]) == set()


def test_scripts_can_be_run():
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
