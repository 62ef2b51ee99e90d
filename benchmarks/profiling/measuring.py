"""Profiles of one large upload and of many small ones, as tables on one page."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine, work
from benchmarks.building import GAUGE, SINK, build
from benchmarks.clients import PEERS, Invocation, Pipette, Task
from benchmarks.measure import Gauge, Run
from benchmarks.profiling.limits import limits
from benchmarks.profiling.purposes import WAITING, Sample, by_function, by_purpose, by_thread, parse
from benchmarks.rows import Way
from benchmarks.servers import Server, Sink
from benchmarks.setting import Setting, say

RATE = 200
_LEAST_SHARE = 0.004
_FUNCTIONS = 15
PROFILES = (
    ("4g", Way.UP, ("--no-md5",)),
    ("4g", Way.UP, ()),
    ("4g", Way.DOWN, ("--no-md5",)),
    ("16k", Way.UP, ()),
    ("16k", Way.DOWN, ()),
)


@dataclass(frozen=True, slots=True)
class Profile:
    """What one run took undisturbed, and where two watched ones were seen."""

    work: work.Work
    way: Way
    options: Sequence[str]
    took: Run
    running: Sequence[Sample]
    """Threads that had a processor."""
    holding: Sequence[Sample]
    """The thread that held the interpreter."""


def run(setting: Setting) -> None:
    gauge = Gauge(build(GAUGE, setting.scratch))
    sink = Sink(build(SINK, setting.scratch))
    pages = ["# Where the time goes\n", machine.table(machine.facts())]
    large = work.make(work.WORKS["4g"].shrunk(setting.shrink), setting.data)
    with sink.serve(large) as server:
        pages.append(limits_table(large, server, setting))
    for name, way, options in PROFILES:
        files = work.make(work.WORKS[name].shrunk(setting.shrink), setting.data)
        say(f"{files.work.title} {way.value} {' '.join(options)}")
        with sink.serve(files) as server:
            pages.append(page(_profile(setting, gauge, files, way, options, server)))
        setting.file("profile", "md").write_text("\n".join(pages))
    say("\n".join(pages))


def limits_table(large: work.Files, server: Server, setting: Setting) -> str:
    found = limits(next(large.folder.iterdir()), server, setting.scratch)
    rows = [f"| {name} | {text} |" for name, text in found.items()]
    head = ["## What this machine can do", "", "| one thread, by itself | |", "|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def _profile(
    setting: Setting,
    gauge: Gauge,
    files: work.Files,
    way: Way,
    options: Sequence[str],
    server: Server,
) -> Profile:
    client = Pipette(options=tuple(options))

    def invocation(name: str) -> Invocation:
        home = setting.scratch / f"{name}-{files.work.name}-{way.value}-{len(options)}"
        if way is Way.UP:
            return client.upload(Task(server, files.folder, f"{name}-{len(options)}", home))
        target = setting.data / "fetched"
        shutil.rmtree(target, ignore_errors=True)
        return client.download(Task(server, target, files.work.name, home))

    plain = invocation("plain")
    took = gauge.run(plain.command, plain.environment)
    running = _watched(invocation("running"), setting.scratch / "running", ())
    holding = _watched(invocation("holding"), setting.scratch / "holding", ("--gil",))
    shutil.rmtree(setting.data / "fetched", ignore_errors=True)
    return Profile(files.work, way, options, took, running, holding)


def _watched(invocation: Invocation, out: Path, options: Sequence[str]) -> list[Sample]:
    watch = [str(PEERS / "py-spy"), "record", "--format", "raw", "--threads", "--rate", str(RATE)]
    subprocess.run(
        [*watch, *options, "--output", str(out), "--", *invocation.command],
        env=dict(invocation.environment),
        check=True,
        capture_output=True,
    )
    return parse(out.read_text())


def page(profile: Profile) -> str:
    took = profile.took
    how = " ".join(profile.options) or "as shipped"
    title = f"{profile.work.title} {profile.way.value}, {how}"
    return "\n".join(
        [
            f"## {title}",
            "",
            f"{took.wall:.2f} s; {took.user:.2f} s user and {took.system:.2f} s system time; "
            f"peak {took.peak_kib / 1024:.0f} MiB.",
            "",
            _purposes_table(profile),
            f"Threads: {_shares(by_thread(profile.running))}.",
            "",
            f"Functions: {_shares(by_function(profile.running), _FUNCTIONS)}.",
            "",
        ]
    )


def _purposes_table(profile: Profile) -> str:
    """Processor time is what the undisturbed run took, parted as the watched one was seen."""
    unit, number = ("µs a file", profile.work.files) if profile.work.files > 1 else ("ms", 1)
    scale = 1e6 / number if profile.work.files > 1 else 1e3
    running, holding = by_purpose(profile.running), by_purpose(profile.holding)
    lines = [f"| for | share | {unit} | of it holding the interpreter |", "|---|---|---|---|"]
    waiting = running.pop(WAITING, 0)
    for purpose, count in running.most_common():
        share = count / running.total()
        if share < _LEAST_SHARE:
            continue
        time = share * profile.took.cpu * scale
        held = holding[purpose] / RATE * scale
        lines.append(f"| {purpose} | {share:.1%} | {time:,.0f} | {min(held, time):,.0f} |")
    lines.append(f"| all | | {profile.took.cpu * scale:,.0f} | |")
    seen = f"{waiting / (running.total() + waiting):.0%}"
    lines += ["", f"Beside these, threads were seen waking from waiting in {seen} of all samples."]
    return "\n".join(lines) + "\n"


def _shares(counts: Counter[str], most: int = 8) -> str:
    total = counts.total() or 1
    return ", ".join(f"{name} {count / total:.1%}" for name, count in counts.most_common(most))
