"""Runs the window's scripts, each in a process and a home of its own, and writes their table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import machine, work
from benchmarks.building import SINK, build
from benchmarks.clients import ROOT, make_home, pipette_environment
from benchmarks.servers import Server, Sink
from benchmarks.setting import Setting, say
from benchmarks.window.lag import Lag
from benchmarks.window.scripts import ACCOUNT, Givens, Phase
from benchmarks.window.seeding import seed

SCRIPTS = ("flows", "rows-100k", "rows-1m", "drop", "small", "browse", "history")
_ROWS = {"rows-100k": 100_000, "rows-1m": 1_000_000, "history": 1_000_000}
_MANY = 100_000
_TITLES = {
    "flows": "One large file after the other, nothing else on the list",
    "rows-100k": "100,000 rows on the list",
    "rows-1m": "1,000,000 rows on the list",
    "drop": "100,000 files dropped while a large one is sent",
    "small": "10,000 × 16 KiB dropped and sent",
    "browse": "100,000 remote files",
    "history": "A history of 1,000,000 transfers",
}


def run(setting: Setting, names: Sequence[str]) -> None:
    sink = Sink(build(SINK, setting.scratch))
    for name in names or SCRIPTS:
        say(_TITLES[name])
        phases = _perform(setting, sink, name)
        write(setting, name, phases)
        say(table(name, phases))


def _perform(setting: Setting, sink: Sink, name: str) -> list[Phase]:
    large = work.make(work.WORKS["4g"].shrunk(setting.shrink), setting.data)
    small = work.make(work.WORKS["16k"].shrunk(setting.shrink), setting.data)
    rows = _ROWS.get(name, _MANY) // setting.shrink
    many = make_many(setting.data / f"many-{rows}" / "many", rows) if name == "drop" else Path()
    remote = setting.scratch / "many.manifest"
    write_manifest(remote, rows if name == "browse" else 0)
    home = setting.scratch / f"window-{name}"
    givens = Givens(
        large=str(next(large.folder.iterdir())),
        small=str(small.folder),
        many=str(many),
        rows=rows,
        phase_ms=setting.phase_ms,
    )
    with sink.serve(work.Files(large.work, large.folder, remote)) as server:
        if name.startswith("rows"):
            seed(home / "queue.sqlite", ACCOUNT, 1, rows, listed=True)
        if name == "history":
            seed(home / "queue.sqlite", ACCOUNT, rows // 100, 100, listed=False)
        return perform(name.partition("-")[0], givens, home, server)


def perform(script: str, givens: Givens, home: Path, server: Server) -> list[Phase]:
    """In a process of its own, so that memory is that of this script alone."""
    make_home(home, server)
    path = os.pathsep.join([str(ROOT / "desktop"), str(ROOT)])
    environment = {**pipette_environment(home, server), "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.window.scripts", script, json.dumps(asdict(givens))],
        env={**environment, "QT_QPA_PLATFORM": "offscreen"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [phase_of(one) for one in json.loads(done.stdout.splitlines()[-1])]


def phase_of(values: Mapping[str, object]) -> Phase:
    lag = values["lag"]
    assert isinstance(lag, dict)
    return Phase(**{**values, "lag": Lag(**lag)})


def make_many(folder: Path, number: int) -> Path:
    """Tiny files in folders of a thousand, as an instrument leaves them."""
    if not folder.exists():
        for at in range(number):
            path = folder / f"lane-{at // 1000:04d}" / f"tile-{at:07d}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"%08d" % at)
    return folder


def write_manifest(path: Path, rows: int) -> None:
    with path.open("w") as file:
        for at in range(rows):
            size, digest = 1000 + at % 977, f"{at:032x}"
            file.write(f"bench/many/Sample-{at:07d}_R1.fastq.gz {size} {digest} {at:016x}\n")


def table(name: str, phases: Sequence[Phase]) -> str:
    lines = [
        f"### {_TITLES[name]}",
        "",
        "| phase | lag ms p50 | p99 | max | frames missed | memory MiB | s | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in phases:
        lag = one.lag
        cells = [f"{lag.p50:.1f}", f"{lag.p99:.1f}", f"{lag.most:.0f}", f"{lag.frames}"]
        found = "; ".join(f"{name} {figure:,.0f}" for name, figure in one.found.items())
        cells += [f"{one.memory_mib:.0f}", f"{one.seconds:.1f}", found]
        lines.append(f"| {one.name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write(setting: Setting, name: str, phases: Sequence[Phase]) -> None:
    path = setting.file("window", "json")
    kept = json.loads(path.read_text()) if path.exists() else {"scripts": {}}
    kept["machine"] = machine.facts()
    kept["scripts"][name] = [asdict(phase) for phase in phases]
    path.write_text(json.dumps(kept, indent=1) + "\n")
    pages = [
        table(one, [phase_of(phase) for phase in kept["scripts"][one]])
        for one in SCRIPTS
        if one in kept["scripts"]
    ]
    page = ["# The window\n", machine.table(kept["machine"]), *pages]
    setting.file("window", "md").write_text("\n".join(page))
