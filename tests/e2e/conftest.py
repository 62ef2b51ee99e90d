from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.program import Program

from pipette.practice.server import PRACTICE_KEY, S3Server

KEY = f"{PRACTICE_KEY.id}:{PRACTICE_KEY.secret}"


@dataclass(frozen=True, slots=True)
class Lab:
    """A strict S3 service with the bucket ``runs``, and the program that knows it as ``lab``."""

    server: S3Server
    program: Program
    folder: Path


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with S3Server(tmp_path / "server") as server:
        server.create_bucket("runs")
        program = Program(tmp_path / "home", {"lab": KEY})
        program.add_s3("lab", server.url, KEY)
        server.log.clear()
        yield Lab(server, program, tmp_path)
        program.end_all()
