"""Which work is done over which line to which server: the rows of the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatch

from benchmarks.work import WORKS, Work


class Way(Enum):
    UP = "up"
    DOWN = "down"


class Place(Enum):
    """What is at the other end."""

    SINK = "http"
    SINK_TLS = "tls"
    SINK_MD5 = "md5"
    RCLONE = "rclone"
    RADOSGW = "radosgw"

    @property
    def title(self) -> str:
        return _TITLES[self]


_TITLES = {
    Place.SINK: "http",
    Place.SINK_TLS: "TLS",
    Place.SINK_MD5: "http, server checks only MD5",
    Place.RCLONE: "rclone serve s3",
    Place.RADOSGW: "Ceph radosgw",
}


@dataclass(frozen=True, slots=True)
class Row:
    work: Work
    way: Way
    place: Place

    @property
    def name(self) -> str:
        return f"{self.work.name}-{self.way.value}-{self.place.value}"

    @property
    def title(self) -> str:
        return f"{self.work.title} {self.way.value}, {self.place.title}"


def _all() -> Iterator[Row]:
    for place in (Place.SINK, Place.SINK_TLS):
        for work in ("4g", "1m", "16k"):
            for way in Way:
                yield Row(WORKS[work], way, place)
    yield Row(WORKS["4g"], Way.UP, Place.SINK_MD5)
    for place in (Place.RCLONE, Place.RADOSGW):
        yield Row(WORKS["1g"], Way.UP, place)
        yield Row(WORKS["1m"], Way.UP, place)
        yield Row(WORKS["1m"], Way.DOWN, place)


ROWS = tuple(_all())


def chosen(patterns: Sequence[str]) -> list[Row]:
    """The rows whose name fits one of the patterns; radosgw only when it is named."""
    if not patterns:
        return [row for row in ROWS if row.place is not Place.RADOSGW]
    return [row for row in ROWS if any(fnmatch(row.name, pattern) for pattern in patterns)]
