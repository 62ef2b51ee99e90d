"""Medians, spreads and ratios of runs, as values that go into a table or a file."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from benchmarks.measure import Run
from benchmarks.rows import Row
from benchmarks.work import GIB

BASE = "s5cmd"
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Spread:
    median: float
    least: float
    most: float

    @staticmethod
    def of(values: Sequence[float]) -> Spread:
        return Spread(statistics.median(values), min(values), max(values))

    def text(self, digits: int = 2) -> str:
        return f"{self.median:.{digits}f} [{self.least:.{digits}f}–{self.most:.{digits}f}]"


@dataclass(frozen=True, slots=True)
class Measured:
    """All counted runs of one client in one row, in the order of the rounds."""

    client: str
    runs: Sequence[Run]

    @property
    def wall(self) -> Spread:
        return Spread.of([run.wall for run in self.runs])

    @property
    def peak_mib(self) -> Spread:
        return Spread.of([run.peak_kib / 1024 for run in self.runs])

    def cpu(self, per: float = 1.0) -> Spread:
        return Spread.of([run.cpu / per for run in self.runs])

    def times(self, base: Measured) -> Spread:
        """Wall time as a multiple of the base's in the same round."""
        pairs = zip(self.runs, base.runs, strict=True)
        return Spread.of([ours.wall / theirs.wall for ours, theirs in pairs])


@dataclass(frozen=True, slots=True)
class Result:
    row: Row
    measured: Sequence[Measured]

    def of(self, client: str) -> Measured | None:
        found = [one for one in self.measured if one.client == client]
        return found[0] if found else None

    @property
    def others(self) -> float:
        """How many of the machine's processors were busy with something else, in the median."""
        runs = [run for one in self.measured for run in one.runs]
        known = [run.others / run.wall for run in runs if run.others is not None]
        return statistics.median(known) if known else 0.0


def table(result: Result) -> str:
    row = result.row
    per = row.work.bytes / GIB
    base = result.of(BASE)
    lines = [
        f"### {row.title}",
        "",
        f"| client | wall s | × {BASE} | CPU-s/GiB | user | system | {_rate_name(row)} | peak MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in result.measured:
        cells = [
            one.client,
            one.wall.text(),
            one.times(base).text() if base else "",
            one.cpu(per).text(),
            f"{statistics.median(run.user for run in one.runs) / per:.2f}",
            f"{statistics.median(run.system for run in one.runs) / per:.2f}",
            _rate(row, one),
            f"{one.peak_mib.median:.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    count = len(result.measured[0].runs)
    lines += [
        "",
        f"{count} rounds; {result.others:.1f} processors busy with other things meanwhile.",
    ]
    return "\n".join(lines) + "\n"


def _rate_name(row: Row) -> str:
    return "GiB/s" if row.work.files == 1 else "files/s"


def _rate(row: Row, one: Measured) -> str:
    if row.work.files == 1:
        return f"{row.work.bytes / GIB / one.wall.median:.2f}"
    return f"{row.work.files / one.wall.median:,.0f}"


def as_json(result: Result) -> Json:
    return {
        "row": result.row.name,
        "title": result.row.title,
        "bytes": result.row.work.bytes,
        "files": result.row.work.files,
        "others_busy": result.others,
        "clients": {
            one.client: {"wall": asdict(one.wall), "runs": [asdict(run) for run in one.runs]}
            for one in result.measured
        },
    }


def from_json(row: Row, values: Mapping[str, object]) -> Result:
    """The result as it was written."""
    clients = values["clients"]
    assert isinstance(clients, dict)
    return Result(
        row,
        [Measured(name, [Run(**run) for run in one["runs"]]) for name, one in clients.items()],
    )
