"""What Pipette is meant to reach, each as a bound on one figure of one row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.figures import Measured, Result
from benchmarks.work import GIB

SHIPPED = "pipette"
PLAIN = "pipette --no-md5"
PEERS = ("s5cmd", "rclone", "aws")

Figure = Callable[[Result], float | None]


@dataclass(frozen=True, slots=True)
class Goal:
    row: str
    what: str
    figure: Figure
    most: float

    def line(self, result: Result) -> str:
        found = self.figure(result)
        if found is None:
            return f"| {result.row.title} | {self.what} | {self.most:g} | not measured | |"
        verdict = "met" if found <= self.most else f"missed, {found / self.most:.2f} times as much"
        return f"| {result.row.title} | {self.what} | {self.most:g} | {found:.2f} | {verdict} |"


def wall_against(client: str, peers: Sequence[str]) -> Figure:
    """Wall as a multiple of the best of the peers, in the median of the rounds."""

    def figure(result: Result) -> float | None:
        ours = result.of(client)
        others = [other for peer in peers if (other := result.of(peer)) is not None]
        if ours is None or not others:
            return None
        return ours.times(_quickest(others)).median

    return figure


def _quickest(measured: Sequence[Measured]) -> Measured:
    return min(measured, key=lambda one: one.wall.median)


def cpu_of(client: str) -> Figure:
    def figure(result: Result) -> float | None:
        ours = result.of(client)
        return ours.cpu(result.row.work.bytes / GIB).median if ours else None

    return figure


def seconds_for_a_file(client: str) -> Figure:
    def figure(result: Result) -> float | None:
        ours = result.of(client)
        return ours.wall.median / result.row.work.files * 1e6 if ours else None

    return figure


GOALS = (
    Goal("4g-up-http", "--no-md5: wall × s5cmd", wall_against(PLAIN, ["s5cmd"]), 0.33),
    Goal("4g-up-http", "--no-md5: CPU-s/GiB", cpu_of(PLAIN), 0.6),
    Goal("4g-up-http", "as shipped: wall × s5cmd", wall_against(SHIPPED, ["s5cmd"]), 0.8),
    Goal("4g-up-tls", "--no-md5: wall × s5cmd", wall_against(PLAIN, ["s5cmd"]), 0.7),
    Goal("4g-up-tls", "--no-md5: CPU-s/GiB", cpu_of(PLAIN), 1.3),
    Goal("4g-down-http", "--no-md5: wall × best peer", wall_against(PLAIN, PEERS), 1.0),
    Goal("4g-down-tls", "--no-md5: wall × s5cmd", wall_against(PLAIN, ["s5cmd"]), 1.3),
    Goal("4g-up-md5", "as shipped: wall × s5cmd", wall_against(SHIPPED, ["s5cmd"]), 1.0),
    Goal("1m-up-http", "as shipped: wall × s5cmd", wall_against(SHIPPED, ["s5cmd"]), 0.5),
    Goal("16k-up-http", "as shipped: wall × s5cmd", wall_against(SHIPPED, ["s5cmd"]), 0.8),
    Goal("16k-up-http", "as shipped: µs a file", seconds_for_a_file(SHIPPED), 200.0),
    Goal("16k-down-http", "as shipped: wall × s5cmd", wall_against(SHIPPED, ["s5cmd"]), 1.0),
)


def goals_table(results: Sequence[Result]) -> str:
    lines = ["| work | figure | at most | found | |", "|---|---|---|---|---|"]
    for goal in GOALS:
        lines += [goal.line(result) for result in results if result.row.name == goal.row]
    return "\n".join(lines) + "\n"
