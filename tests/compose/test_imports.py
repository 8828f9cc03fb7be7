"""What a web worker loads before it has anything to do."""

import subprocess
import sys


def test_what_only_some_requests_need_is_not_loaded_at_the_start():
    program = "import sys, linnet.compose.web; print(sorted({'argon2', 'mcp'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
