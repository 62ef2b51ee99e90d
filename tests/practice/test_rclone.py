"""Another client of another make takes a tree there and back."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from tests.fakes.rclone import find_rclone
from tests.practice.conftest import Serve

from pipette.practice.manners import MiB
from pipette.practice.server import PRACTICE_KEY, S3Server

FILES = {
    "run/SampleSheet.csv": b"a,b\n",
    "run/empty": b"",
    "run/data/reads R1+é.fastq.gz": random.Random(1).randbytes(100_000),
    "large.bin": random.Random(2).randbytes(12 * MiB + 3),
}


def rclone(server: S3Server, *arguments: str) -> None:
    remote = (
        f":s3,provider=Other,endpoint='{server.url}',access_key_id={PRACTICE_KEY.id},"
        f"secret_access_key={PRACTICE_KEY.secret},region=us-east-1,list_version=2,"
        "list_url_encode=true,force_path_style=true,chunk_size=5Mi,upload_cutoff=10Mi:lab"
    )
    command = [find_rclone(), "--config", "/dev/null", "--retries", "1", "--low-level-retries", "1"]
    named = [remote if argument == "REMOTE" else argument for argument in arguments]
    done = subprocess.run([*command, *named], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_rclone_takes_a_tree_there_and_back(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    for name, data in FILES.items():
        path = tmp_path / "there" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    rclone(server, "copy", str(tmp_path / "there"), "REMOTE")
    rclone(server, "copy", "REMOTE", str(tmp_path / "back"))
    rclone(server, "check", str(tmp_path / "there"), "REMOTE", "--download")
    found = {
        path.relative_to(tmp_path / "back").as_posix(): path.read_bytes()
        for path in (tmp_path / "back").rglob("*")
        if path.is_file()
    }
    assert found == FILES
    assert server.log.uploads_completed == 1
