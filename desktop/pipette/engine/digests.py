"""Checksums of blocks as they pass."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping

from awscrt import checksums

from pipette.model.parts import Algorithm

Bytes = bytes | bytearray | memoryview


class Digests:
    """Several checksums of one sequence of blocks."""

    def __init__(self, algorithms: Collection[Algorithm]) -> None:
        self._running = {algorithm: _MAKERS[algorithm]() for algorithm in algorithms}
        self._updates = [running.update for running in self._running.values()]

    def update(self, block: Bytes) -> None:
        for update in self._updates:
            update(block)

    def values(self) -> Mapping[Algorithm, bytes]:
        """The raw digests of what passed so far, big-endian."""
        return {algorithm: running.digest() for algorithm, running in self._running.items()}

    def __getitem__(self, algorithm: Algorithm) -> bytes:
        return self._running[algorithm].digest()


class _Md5:
    def __init__(self) -> None:
        self._hash = hashlib.md5(usedforsecurity=False)
        self.update: Callable[[Bytes], None] = self._hash.update
        self.digest: Callable[[], bytes] = self._hash.digest


class _Crc64Nvme:
    def __init__(self) -> None:
        self._value = 0

    def update(self, block: Bytes) -> None:
        self._value = checksums.crc64nvme(block, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(8, "big")


_MAKERS: Mapping[Algorithm, Callable[[], _Md5 | _Crc64Nvme]] = {
    Algorithm.MD5: _Md5,
    Algorithm.CRC64NVME: _Crc64Nvme,
}
