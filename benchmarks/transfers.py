"""All clients in turn on the same server and the same files, round after round."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import machine, work
from benchmarks.building import GAUGE, SINK, build
from benchmarks.clients import CLIENTS, Client, Task
from benchmarks.figures import Measured, Result, as_json, from_json, table
from benchmarks.goals import goals_table
from benchmarks.measure import Gauge, Run
from benchmarks.rows import Place, Row, Way, chosen
from benchmarks.servers import Server, Sink, radosgw_server, rclone_server
from benchmarks.setting import Setting, say


def run(setting: Setting, patterns: Sequence[str]) -> None:
    """Measure the chosen rows and write each down as soon as it is known."""
    gauge = Gauge(build(GAUGE, setting.scratch))
    sink = build(SINK, setting.scratch)
    for row in chosen(patterns):
        say(row.title)
        result = Bench(setting, gauge, sink).measure(row)
        say(table(result))
        write(setting, [result])


class Bench:
    def __init__(self, setting: Setting, gauge: Gauge, sink: Path) -> None:
        self._setting = setting
        self._gauge = gauge
        self._sink = sink
        self._count = 0

    def measure(self, row: Row) -> Result:
        small = Row(row.work.shrunk(self._setting.shrink), row.way, row.place)
        files = work.make(small.work, self._setting.data)
        with self._serve(row.place, files) as server:
            if row.way is Way.DOWN and row.place in (Place.RCLONE, Place.RADOSGW):
                server.put(files)
            return Result(small, self._rounds(small, files, server))

    @contextmanager
    def _serve(self, place: Place, files: work.Files) -> Iterator[Server]:
        if place is Place.RADOSGW:
            with radosgw_server(self._setting.data / "radosgw") as server:
                yield server
        elif place is Place.RCLONE:
            folder = self._setting.data / "rclone"
            shutil.rmtree(folder, ignore_errors=True)
            with rclone_server(folder) as server:
                yield server
            shutil.rmtree(folder)
        else:
            sink = Sink(self._sink, place is Place.SINK_TLS, place is Place.SINK_MD5)
            with sink.serve(files) as server:
                yield server

    def _rounds(self, row: Row, files: work.Files, server: Server) -> list[Measured]:
        """The first round warms up and is looked at byte by byte; it does not count."""
        wanted = self._setting.clients
        clients = [one for one in CLIENTS if not wanted or one.name in wanted]
        runs: dict[str, list[Run]] = {client.name: [] for client in clients}
        for count in range(self._setting.pairs + 1):
            turn = count % len(clients)
            for client in clients[turn:] + clients[:turn]:
                took = self._once(row, files, server, client, thorough=count == 0)
                say(f"  {client.name:18} {took.wall:7.2f} s {took.cpu:7.2f} CPU-s")
                if count:
                    runs[client.name].append(took)
        return [Measured(name, taken) for name, taken in runs.items()]

    def _once(
        self, row: Row, files: work.Files, server: Server, client: Client, *, thorough: bool
    ) -> Run:
        self._count += 1
        only = next(files.folder.iterdir()).name if row.work.files == 1 else ""
        home = self._setting.scratch / f"home-{self._count}"
        if row.way is Way.UP:
            return self._up(files, server, client, home, only)
        return self._down(files, server, client, home, only, thorough=thorough)

    def _up(self, files: work.Files, server: Server, client: Client, home: Path, only: str) -> Run:
        prefix = f"run-{self._count}"
        invocation = client.upload(Task(server, files.folder, prefix, home, only))
        took = self._gauge.run(invocation.command, invocation.environment, server.process)
        expected = (files.work.files, files.work.bytes)
        if server.arrived(prefix) != expected:
            raise ValueError(f"{client.name}: {server.arrived(prefix)} arrived, not {expected}")
        server.remove(prefix)
        shutil.rmtree(home, ignore_errors=True)
        return took

    def _down(
        self,
        files: work.Files,
        server: Server,
        client: Client,
        home: Path,
        only: str,
        *,
        thorough: bool,
    ) -> Run:
        target = self._setting.data / "fetched"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        invocation = client.download(Task(server, target, files.work.name, home, only))
        took = self._gauge.run(invocation.command, invocation.environment, server.process)
        work.check_sizes(target, files.work)
        if thorough:
            work.check_same(files.folder, target)
        shutil.rmtree(target)
        shutil.rmtree(home, ignore_errors=True)
        return took


def write(setting: Setting, results: Sequence[Result]) -> None:
    """Put the results beside those that are there, in one JSON file and one page of tables."""
    path = setting.file("transfers", "json")
    kept = json.loads(path.read_text()) if path.exists() else {"rows": {}}
    kept["machine"] = machine.facts()
    kept["rows"] |= {result.row.name: as_json(result) for result in results}
    path.write_text(json.dumps(kept, indent=1) + "\n")
    rows = [row for row in chosen(["*"]) if row.name in kept["rows"]]
    known = [from_json(row, kept["rows"][row.name]) for row in rows]
    page = ["# Transfers\n", machine.table(kept["machine"]), "## Goals\n", goals_table(known)]
    page += ["## Tables\n", "Median [least–most] of the rounds.\n", *map(table, known)]
    setting.file("transfers", "md").write_text("\n".join(page))
