"""Programs that tests start: where one is missing, tests are left out here and fail in CI, which installs them all."""

import os
import shutil
from typing import NoReturn

import pytest


def leave_out(reason: str) -> NoReturn:
    """Skip the test that asks, but fail it in CI, where nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; in CI this test must run")
    pytest.skip(reason)


def program(*names: str) -> str:
    """The path of the first of these programs that is installed; the test is left out without one."""
    found = next(filter(None, map(shutil.which, names)), None)
    return found or leave_out(f"{names[0]} is not installed: apt-get install {names[0]}")
