"""Conditional requests and ranges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipette.practice.records import Stored
from pipette.practice.refusals import Refusal, no_such_key, not_implemented, precondition_failed
from pipette.practice.shelf import Guard

RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to ``start + length``; ``partial`` when the client asked for a part."""

    start: int
    length: int
    partial: bool

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def write_guard(headers: Mapping[str, str], key: str, *, honoured: bool) -> Guard:
    """Checks the conditions of a write at the moment at which it would happen."""
    unless, only = headers.get("if-none-match"), headers.get("if-match")
    if honoured and unless not in (None, "*"):
        raise not_implemented("If-None-Match")

    def guard(existing: Stored | None) -> None:
        if not honoured:
            return
        if unless and existing is not None:
            raise precondition_failed("If-None-Match")
        if only and existing is None:
            raise no_such_key(key)
        if only and existing is not None and not _names(only, existing.etag):
            raise precondition_failed("If-Match")

    return guard


def check_reading(headers: Mapping[str, str], stored: Stored) -> None:
    only, unless = headers.get("if-match"), headers.get("if-none-match")
    if only and not _names(only, stored.etag):
        raise precondition_failed("If-Match")
    if unless and _names(unless, stored.etag):
        raise Refusal("NotModified", headers={"ETag": f'"{stored.etag}"'})


def span_asked(range_header: str, size: int) -> Span:
    """A range that makes no sense is ignored; one that lies behind the end is refused."""
    whole = Span(0, size, partial=False)
    found = RANGE.fullmatch(range_header.strip())
    if found is None or not (found[1] or found[2]):
        return whole
    start, end = _bounds(found[1], found[2], size)
    if found[1] and found[2] and int(found[2]) < int(found[1]):
        return whole
    if start >= size or end < start:
        raise Refusal(
            "InvalidRange",
            "The requested range is not satisfiable",
            headers={"Content-Range": f"bytes */{size}"},
            RangeRequested=range_header,
            ActualObjectSize=size,
        )
    return Span(start, end - start + 1, partial=True)


def first_byte(range_header: str) -> int | None:
    found = RANGE.fullmatch(range_header.strip())
    return int(found[1]) if found and found[1] else None


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return (max(0, size - int(last)) if int(last) else size), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _names(condition: str, etag: str) -> bool:
    tags = (each.strip().removeprefix("W/").strip('"') for each in condition.split(","))
    return any(tag in ("*", etag) for tag in tags)
