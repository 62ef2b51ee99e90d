"""What was measured at one platform, as tables and as a file."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from benchmarks.figures import Json, Measured
from benchmarks.measure import Run
from benchmarks.platforms.platforms import GIBIBYTE, ONE, SMALL, Platform
from benchmarks.platforms.services import Calls
from benchmarks.work import Work

MOST_TIMES = 1.25
"""Wall at a platform, as a multiple of that at plain S3."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The counted runs of one work, in the order of the rounds."""

    work: Work
    base: Measured
    ours: Measured

    @property
    def verdict(self) -> str:
        times = self.ours.times(self.base).median
        return "met" if times <= MOST_TIMES else f"missed, {times / MOST_TIMES:.2f} times as much"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one run asked of the platform and of its storage."""

    work: Work
    api: Calls
    storage: Calls

    @property
    def each(self) -> float:
        """Calls to the API for each file."""
        return self.api.total() / self.work.files


@dataclass(frozen=True, slots=True)
class Outcome:
    platform: Platform
    compared: Sequence[Compared]
    asked: Sequence[Asked]

    def calls(self, work: Work) -> Asked:
        """Of the run of this work, shrunk or not."""
        return next(one for one in self.asked if one.work.name == work.name)


def page(outcomes: Sequence[Outcome]) -> str:
    parts = ["## Walls\n", _walls_table(outcomes), "## Calls\n", _limits_table(outcomes)]
    return "\n".join([*parts, *map(calls_table, outcomes)])


def _walls_table(outcomes: Sequence[Outcome]) -> str:
    lines = [
        f"| platform | work | S3 wall s | wall s | × S3 (at most {MOST_TIMES:g}) | | CPU-s, S3 | CPU-s "
        "| server CPU-s, S3 | server CPU-s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        lines += [_walls_line(outcome.platform, one) for one in outcome.compared]
    return "\n".join(lines) + "\n"


def _walls_line(platform: Platform, one: Compared) -> str:
    cells = [
        platform.title,
        one.work.title,
        one.base.wall.text(),
        one.ours.wall.text(),
        one.ours.times(one.base).text(),
        one.verdict,
        f"{one.base.cpu().median:.2f}",
        f"{one.ours.cpu().median:.2f}",
        _server_seconds(one.base),
        _server_seconds(one.ours),
    ]
    return f"| {' | '.join(cells)} |"


def _server_seconds(measured: Measured) -> str:
    known = [run.server for run in measured.runs if run.server is not None]
    return f"{statistics.median(known):.2f}" if known else ""


def _limits_table(outcomes: Sequence[Outcome]) -> str:
    lines = [
        "| platform | limit of calls to the API | a small file alone | a file of many | 1 GiB "
        "| 2,000 files at the limit, at least |",
        "|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        one, many, large = (outcome.calls(work) for work in (ONE, SMALL, GIBIBYTE))
        cells = [
            outcome.platform.title,
            outcome.platform.limit,
            f"{one.api.total()}",
            f"{many.each:.2f}",
            f"{large.each:.0f}",
            _least(outcome.platform.least_seconds(many.each * SMALL.files)),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _least(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:,.0f} s"


def calls_table(outcome: Outcome) -> str:
    """Every kind of call and how often it came, for each work."""
    works = [asked.work.title for asked in outcome.asked]
    lines = [
        f"### {outcome.platform.title}",
        "",
        f"| call | {' | '.join(works)} |",
        f"|---|{'---|' * len(works)}",
    ]
    for where, all_calls in (
        ("", [asked.api for asked in outcome.asked]),
        ("storage: ", [asked.storage for asked in outcome.asked]),
    ):
        names = sorted(sum(all_calls, Counter()))
        for name in names:
            numbers = " | ".join(f"{calls[name]:,}" for calls in all_calls)
            lines.append(f"| {where}`{name}` | {numbers} |")
    return "\n".join(lines) + "\n"


def as_json(outcome: Outcome) -> Json:
    return {
        "compared": [
            {
                "work": asdict(one.work),
                "sides": {
                    side.client: [asdict(run) for run in side.runs] for side in (one.base, one.ours)
                },
            }
            for one in outcome.compared
        ],
        "asked": [
            {"work": asdict(one.work), "api": one.api, "storage": one.storage}
            for one in outcome.asked
        ],
    }


def from_json(platform: Platform, values: Mapping[str, object]) -> Outcome:
    """As it was written."""
    compared, asked = values["compared"], values["asked"]
    assert isinstance(compared, list)
    assert isinstance(asked, list)
    return Outcome(
        platform,
        [_compared(one) for one in compared],
        [Asked(Work(**one["work"]), Counter(one["api"]), Counter(one["storage"])) for one in asked],
    )


def _compared(values: Mapping[str, dict]) -> Compared:
    base, ours = (
        Measured(name, [Run(**run) for run in runs]) for name, runs in values["sides"].items()
    )
    return Compared(Work(**values["work"]), base, ours)
