"""The shelf's memory: one line of JSON for each thing that happened, played back at the start."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

Line = list[Any]


class Ledger:
    """An append-only file. The caller sees to it that one thread writes at a time.

    A process that is killed leaves at worst half a last line, which is no line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0)

    def write(self, *line: Any) -> None:
        self._file.write(_encode(line))

    def close(self) -> None:
        self._file.close()


def read_lines(path: Path) -> Iterator[Line]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)


def rewrite(path: Path, lines: Iterable[Line]) -> None:
    """Replace the file by these lines, in one step."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.writelines(_encode(line) for line in lines)
    fresh.replace(path)


def _encode(line: Iterable[Any]) -> bytes:
    return json.dumps(tuple(line), separators=(",", ":"), default=_fields).encode() + b"\n"


def _fields(record: Any) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}
