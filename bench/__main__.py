"""Run every measurement of this package, one after the other."""

import subprocess
import sys
from pathlib import Path

NOT_MEASUREMENTS = {"__init__", "__main__", "support"}

for module in sorted(file.stem for file in Path(__file__).parent.glob("*.py") if file.stem not in NOT_MEASUREMENTS):
    subprocess.run([sys.executable, "-m", f"bench.{module}"], check=True)
