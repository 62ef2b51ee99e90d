"""All clients in turn over the same long line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict

from benchmarks import machine, work
from benchmarks.building import GAUGE, SINK, build
from benchmarks.clients import CLIENTS, Client, Task
from benchmarks.figures import Measured
from benchmarks.line.long_line import HERE, NotHere, Quality, long_line, require
from benchmarks.measure import Failed, Gauge, Run
from benchmarks.servers import Server, Sink
from benchmarks.setting import Setting, say

BASE = "aws"
LONGEST_SECONDS = 240
PAIRS = 2
"""Rounds take minutes here, and the line changes little from one to the next."""
LINES = {
    "clean": (Quality(), work.WORKS["256m"]),
    "lossy": (Quality(loss_percent=0.3), work.WORKS["128m"]),
}


def run(setting: Setting, names: Sequence[str]) -> None:
    """Measures nothing, and says why, where no such line can be laid."""
    try:
        require()
    except NotHere as reason:
        say(f"Not measured: {reason}")
        return
    for name in names or LINES:
        quality, todo = LINES[name]
        todo = todo.shrunk(setting.shrink)
        say(f"{todo.title} up, {quality.title}")
        measured = _measure(setting, quality, todo)
        write(setting, name, todo, measured)
        say(table(name, todo, measured))


def _measure(setting: Setting, quality: Quality, todo: work.Work) -> list[Measured]:
    gauge = Gauge(build(GAUGE, setting.scratch), LONGEST_SECONDS)
    files = work.make(todo, setting.data)
    sink = Sink(build(SINK, setting.scratch), address=HERE)
    wanted = setting.clients
    clients = [client for client in CLIENTS if not wanted or client.name in wanted]
    runs: dict[str, list[Run]] = {client.name: [] for client in clients}
    with long_line(quality, setting.scratch) as far, sink.serve(files) as server:
        for count in range(min(setting.pairs, PAIRS)):
            for client in clients:
                home = f"line-{quality.loss_percent}-{count}-{client.name}"
                took = _once(setting, gauge, files, server, client, far, home)
                if took is not None:
                    runs[client.name].append(took)
    return [Measured(name, taken) for name, taken in runs.items() if taken]


def _once(
    setting: Setting,
    gauge: Gauge,
    files: work.Files,
    server: Server,
    client: Client,
    far: Sequence[str],
    name: str,
) -> Run | None:
    """None when it was not done in time."""
    home = setting.scratch / name
    only = next(files.folder.iterdir()).name
    invocation = client.upload(Task(server, files.folder, name, home, only))
    try:
        took = gauge.run([*far, *invocation.command], invocation.environment, server.process)
    except Failed as failure:
        say(f"  {client.name}: {failure}")
        return None
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if server.arrived(name) != (files.work.files, files.work.bytes):
        raise ValueError(f"{client.name} did not send everything")
    say(f"  {client.name:18} {took.wall:7.2f} s")
    return took


def table(name: str, todo: work.Work, measured: Sequence[Measured]) -> str:
    quality, _ = LINES[name]
    base = next((one for one in measured if one.client == BASE), None)
    lines = [
        f"### {todo.title} up, {quality.title}",
        "",
        f"| client | wall s | share of the line | × {BASE} | runs |",
        "|---|---|---|---|---|",
    ]
    for one in measured:
        share = todo.bytes * 8 / 1e6 / quality.rate_mbit / one.wall.median
        against = f"{one.wall.median / base.wall.median:.2f}" if base else ""
        cells = [one.client, one.wall.text(), f"{share:.0%}", against, str(len(one.runs))]
        lines.append(f"| {' | '.join(cells)} |")
    missing = [client.name for client in CLIENTS if client.name not in _names(measured)]
    if missing:
        lines += [
            "",
            f"Not done within {LONGEST_SECONDS} s, or not asked for: {', '.join(missing)}.",
        ]
    return "\n".join(lines) + "\n"


def _names(measured: Sequence[Measured]) -> set[str]:
    return {one.client for one in measured}


def write(setting: Setting, name: str, todo: work.Work, measured: Sequence[Measured]) -> None:
    path = setting.file("line", "json")
    kept = json.loads(path.read_text()) if path.exists() else {"lines": {}, "tables": {}}
    kept["machine"] = machine.facts()
    kept["lines"][name] = {one.client: [asdict(run) for run in one.runs] for one in measured}
    kept["tables"][name] = table(name, todo, measured)
    path.write_text(json.dumps(kept, indent=1) + "\n")
    page = ["# Long lines\n", machine.table(kept["machine"]), *kept["tables"].values()]
    setting.file("line", "md").write_text("\n".join(page))
