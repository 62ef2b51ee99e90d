"""The practice place as the window wants it: one account, one key, sample data on request."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from pipette.model.account import Account, Secret
from pipette.practice.place import Access, PracticePlace
from pipette.ui.demo_controls import FIRST_SPEED, OpenPractice

NAME = "Demo"


class HomePractice:
    """The practice place of one home. Safe to call from any thread; everything may block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._place = PracticePlace()
        self._access: Access | None = None
        self._samples: tuple[str, ...] = ()

    def open(self) -> OpenPractice:
        with self._lock:
            access = self._access or self._start()
            self._access = access
            self._place.renew_key()
        account = Account(
            NAME,
            "s3",
            url=access.url,
            region=access.region,
            container=access.buckets[0],
            demo=True,
        )
        return OpenPractice(account, Secret(f"{access.access_key}:{access.secret_key}"))

    def samples(self) -> Sequence[str]:
        with self._lock:
            if not self._samples:
                made = self._place.make_samples()
                self._samples = (str(made.run), *map(str, made.fastq))
            return self._samples

    def set_speed(self, bytes_per_second: float | None) -> None:
        self._place.set_speed(bytes_per_second)

    def lose_network(self, lost: bool) -> None:
        self._place.lose_network(lost)

    def expire_key(self) -> None:
        self._place.expire_key()

    def damage_one_part(self) -> None:
        self._place.damage_next_part()

    def close(self) -> None:
        self._place.stop()

    def _start(self) -> Access:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        access = self._place.start(self._folder)
        self._place.set_speed(FIRST_SPEED)
        return access
