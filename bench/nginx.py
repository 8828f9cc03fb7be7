"""nginx to compare with: ``return 302`` for every path, with a buffered access log."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.support import pin
from tests.support.server import free_port

_CONFIGURATION = """
worker_processes {workers}; daemon off; pid {directory}/pid; error_log {directory}/error.log; {user}
events {{ worker_connections 1024; }}
http {{
  access_log {directory}/access.log combined buffer=64k flush=1s;
  client_body_temp_path {directory}/b; proxy_temp_path {directory}/p; fastcgi_temp_path {directory}/f;
  uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  keepalive_requests 100000000;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ return 302 https://example.com/some/landing/page/1; }}
  }}
}}
"""


@contextmanager
def nginx(directory: Path, *, cores: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """nginx with a worker on each of these cores, on a port of its own: (the workers' processes, port)."""
    directory.mkdir()
    port = free_port()
    configuration = directory / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(_CONFIGURATION.format(directory=directory, port=port, workers=len(cores), user=user))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with subprocess.Popen([program, "-c", str(configuration)], stderr=subprocess.DEVNULL) as process:
        time.sleep(1)
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True).stdout.split()
        workers = [int(child) for child in children]
        for worker, core in zip(workers, cores, strict=True):
            pin(worker, core)
        try:
            yield workers, port
        finally:
            process.terminate()
