"""A pool that runs its jobs when the test says so, on the test's own thread, in any order."""

from __future__ import annotations

import random
from collections.abc import Callable


class PatientPool:
    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance
        self.jobs: list[Callable[[], None]] = []

    def start(self, job: Callable[[], None]) -> None:
        self.jobs.append(job)

    def wait(self, seconds: float) -> bool:
        while self.run_one():
            pass
        return True

    def run_one(self) -> bool:
        if not self.jobs:
            return False
        index = self._chance.randrange(len(self.jobs)) if self._chance else 0
        self.jobs.pop(index)()
        return True
