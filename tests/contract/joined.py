"""What a provider brings to join the contract suite, and what a server is known not to do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol, runtime_checkable

from tests.contract.front import Answer

from pipette.model.files import Location
from pipette.model.parts import Proof
from pipette.providers.protocol import Provider


class Lacks(Enum):
    """Known limits of a test server. A test that meets one shows the limit instead of skipping."""

    REFUSING_TO_REPLACE = "ignores that nothing may be replaced"
    REFUSING_TO_REPLACE_WHEN_CLOSING = "ignores it when parts are put together"
    REFUSING_TO_CLOSE_AGAIN = "answers a second close as it answered the first"
    PART_SIZES = "does not tell in which parts a file was sent"
    PART_CHECK_SURVIVES = "drops the whole upload with one damaged part"
    CHECKSUMS = "tells no checksum of a file it holds"
    LINKS = "gives no address that others could use"
    NAMED_KEYS = "must be asked whose key it is"
    DELETING = "lets nothing be deleted"
    EMPTY_FOLDERS = "knows folders by the files in them only"
    EMPTY_FILES = "takes no file without content"
    REPLACING = "keeps what it holds for ever and takes another file of that name beside it"
    RENEWED_ADDRESSES = "an address that ran out is the end of its upload"


class Place(Protocol):
    """A running fake. ``read`` and ``write`` go behind the provider's back."""

    @property
    def url(self) -> str: ...

    def read(self, at: Location) -> bytes | None: ...

    def write(self, at: Location, content: bytes) -> None: ...

    def unfinished(self, below: Location) -> int:
        """How many uploads into this folder are open."""
        ...


@runtime_checkable
class StoresElsewhere(Protocol):
    """A fake whose files go to and come from another host than its calls."""

    @property
    def storage_url(self) -> str: ...

    def send_to(self, url: str) -> None:
        """From now on addresses of the storage begin with this."""
        ...


@dataclass(frozen=True, slots=True)
class Faults:
    """How this kind of service says what."""

    slow_down: Answer
    """With a wait of seven seconds."""
    broken: Answer
    expired: Answer


ODD_NAMES = (
    "two words.fastq.gz",
    "a+b.fq",
    "100%.txt",
    "%2F.txt",
    "#1.txt",
    'it\'s "quoted".txt',
    "caf\u00e9.txt",
    "cafe\u0301.txt",
    "dna 🧬.txt",
    "n" * 200,
    "a&b=c;d,e@f!g$h(i)[j]{k}~^`.txt",
    "folder one/sub+folder/é.txt",
)


@dataclass(frozen=True, slots=True)
class Joined:
    """A provider together with a fake of its service."""

    name: str
    start: Callable[[Path], AbstractContextManager[Place]]
    provider: Callable[[str], Provider]
    """Made for the url given, with a good key."""
    stranger: Callable[[str], Provider]
    """The same with a wrong key."""
    folder: Location
    """An empty folder in a project that exists."""
    faults: Faults
    at_storage: Faults | None = None
    """How the storage says it, where files are sent to signed addresses. A key that expired is then
    an address that expired: made anew for the next try."""
    expired_times: int = 1
    """So often in a row the service must refuse before another key is asked for."""
    closes_at_storage: bool = False
    """Parts are put together where they were sent, not by the service itself."""
    lacks: frozenset[Lacks] = frozenset()
    best: Proof = Proof.WHOLE_FILE
    """The strongest proof of an upload in one part."""
    part_size: int | None = None
    """Of this fake, where the service rules it."""
    odd_names: tuple[str, ...] = ODD_NAMES
    named: Callable[[str], str] = str
    """What a test's names are called where the service has rules for names."""
