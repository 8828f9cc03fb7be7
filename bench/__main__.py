"""Run every measurement of this package, one after the other."""

import subprocess
import sys

# Each has options of its own, for longer runs.
MEASUREMENTS = (("redirect", "--all"), ("api",), ("ingest",), ("statistics", "--clicks", "5000000"))

for module, *options in MEASUREMENTS:
    subprocess.run([sys.executable, "-m", f"bench.{module}", *options], check=True)
