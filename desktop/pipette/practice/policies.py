"""What a key may touch, where it may not touch everything."""

from __future__ import annotations

from dataclasses import dataclass

READS = frozenset({"GetObject", "HeadObject", "ListParts", "ListObjectsV2"})
LISTS = frozenset({"ListObjectsV2", "ListMultipartUploads"})


@dataclass(frozen=True, slots=True)
class Policy:
    """A key for one object, or for everything below a prefix that ends in a slash.

    What concerns the bucket as a whole is refused; lists are given below the prefix only.
    """

    bucket: str
    prefix: str
    read_only: bool = False

    def allows(self, operation: str, bucket: str, key: str, prefix: str) -> bool:
        """``prefix`` is what a list was asked for; ``key`` is empty for what concerns no object."""
        if bucket != self.bucket or (self.read_only and operation not in READS):
            return False
        if operation in LISTS:
            return prefix.startswith(self.prefix)
        return bool(key) and self._covers(key)

    def _covers(self, key: str) -> bool:
        return key.startswith(self.prefix) if self.prefix.endswith("/") else key == self.prefix
