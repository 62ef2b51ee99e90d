"""Pipette sends the same files to each platform and to plain S3 in turn; calls are counted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence

from benchmarks import machine, work
from benchmarks.building import GAUGE, build
from benchmarks.figures import Measured
from benchmarks.measure import Gauge, Run
from benchmarks.platforms import tables
from benchmarks.platforms.platforms import GIBIBYTE, LARGE, ONE, SMALL, Platform, chosen
from benchmarks.platforms.running import running
from benchmarks.platforms.services import S3
from benchmarks.platforms.tables import Asked, Compared, Outcome
from benchmarks.setting import Setting, say

TIMED = (LARGE, SMALL)
COUNTED = (ONE, GIBIBYTE)
LONGEST_SECONDS = 1800


def run(setting: Setting, patterns: Sequence[str]) -> None:
    """Measure the chosen platforms and write each down as soon as it is known."""
    gauge = Gauge(build(GAUGE, setting.scratch), LONGEST_SECONDS)
    for platform in chosen(patterns):
        say(platform.title)
        outcome = Bench(setting, gauge).measure(platform)
        say(tables.calls_table(outcome))
        write(setting, outcome)


class Bench:
    def __init__(self, setting: Setting, gauge: Gauge) -> None:
        self._setting = setting
        self._gauge = gauge
        self._count = 0

    def measure(self, platform: Platform) -> Outcome:
        compared, asked = [], []
        for wanted in TIMED:
            todo = wanted.shrunk(self._setting.shrink)
            one, calls = self._compare(platform, todo)
            compared.append(one)
            asked.append(calls)
        for wanted in COUNTED:
            todo = wanted if wanted is ONE else wanted.shrunk(self._setting.shrink)
            asked.append(self._once(platform.name, work.make(todo, self._setting.data))[1])
        return Outcome(platform, compared, asked)

    def _compare(self, platform: Platform, todo: work.Work) -> tuple[Compared, Asked]:
        """The first round warms up and does not count; neither does who goes first."""
        files = work.make(todo, self._setting.data)
        sides = [S3, platform.name]
        runs: dict[str, list[Run]] = {name: [] for name in sides}
        asked = None
        for count in range(self._setting.pairs + 1):
            for name in sides if count % 2 else reversed(sides):
                took, heard = self._once(name, files)
                say(f"  {name:14} {todo.title:22} {took.wall:7.2f} s {took.cpu:7.2f} CPU-s")
                asked = heard if name == platform.name else asked
                if count:
                    runs[name].append(took)
        assert asked is not None
        base, ours = (Measured(name, taken) for name, taken in runs.items())
        return Compared(todo, base, ours), asked

    def _once(self, name: str, files: work.Files) -> tuple[Run, Asked]:
        """On a service that holds nothing yet, with a home that has the location and nothing else.

        Raises Failed unless Pipette says that all is proven, ValueError unless all is there.
        """
        self._count += 1
        home = self._setting.scratch / f"home-{self._count}"
        held = self._setting.data / f"held-{self._count}"
        try:
            with running(name, held) as service:
                service.add_account(home)
                before = service.look()
                took = self._gauge.run(
                    service.upload(files.folder), service.environment(home), service.process
                )
                after = service.look()
        finally:
            shutil.rmtree(home, ignore_errors=True)
            shutil.rmtree(held, ignore_errors=True)
        expected = (files.work.files, files.work.bytes)
        if after.arrived != expected:
            raise ValueError(f"{name}: {after.arrived} arrived, not {expected}")
        api, storage = after.api - before.api, after.storage - before.storage
        return took, Asked(files.work, api, storage)


def write(setting: Setting, outcome: Outcome) -> None:
    """Put it beside those that are there, in one JSON file and one page of tables."""
    path = setting.file("platforms", "json")
    kept = json.loads(path.read_text()) if path.exists() else {"platforms": {}}
    kept["machine"] = machine.facts()
    kept["platforms"][outcome.platform.name] = tables.as_json(outcome)
    path.write_text(json.dumps(kept, indent=1) + "\n")
    known = [
        tables.from_json(platform, kept["platforms"][platform.name])
        for platform in chosen(())
        if platform.name in kept["platforms"]
    ]
    page = ["# Platforms\n", machine.table(kept["machine"]), tables.page(known)]
    setting.file("platforms", "md").write_text("\n".join(page))
