"""What is learned of endpoints, and what of a trial a crash may have left there."""

from __future__ import annotations

from typing import Protocol


class EndpointMemory(Protocol):
    """Where it is remembered what an endpoint does. Called from worker threads."""

    def recall(self, endpoint: str) -> str | None: ...

    def remember(self, endpoint: str, value: str) -> None:
        """Returns when it will be known even after a crash."""
        ...


class Trial:
    """Notes what is about to be tried out, so that a later run removes what a crash left of it."""

    def __init__(self, memory: EndpointMemory, endpoint: str, what: str) -> None:
        self._memory = memory
        self._name = f"{endpoint} trying {what}"

    def begin(self, bucket: str, key: str) -> None:
        self._memory.remember(self._name, f"{bucket}\n{key}")

    def ended(self) -> None:
        self._memory.remember(self._name, "")

    def left_behind(self) -> tuple[str, str] | None:
        """Bucket and key of a trial that never ended."""
        bucket, line, key = (self._memory.recall(self._name) or "").partition("\n")
        return (bucket, key) if line else None


class MemoryInProcess:
    """Remembers as long as the process lives."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def recall(self, endpoint: str) -> str | None:
        return self._values.get(endpoint)

    def remember(self, endpoint: str, value: str) -> None:
        self._values[endpoint] = value
