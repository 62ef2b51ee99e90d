"""An account at a service, its key, and how this computer reaches the network."""

from __future__ import annotations

from dataclasses import dataclass


class Secret:
    """A key or token. Its text comes out only through ``reveal``; it cannot be pickled or copied."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "•••"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not written anywhere")


@dataclass(frozen=True, slots=True)
class Account:
    """A location as it stands in the accounts file: everything but the key."""

    name: str
    kind: str
    """``s3``, ``ica``, ``basespace``, ``onecodex`` or ``sevenbridges``."""
    url: str = ""
    region: str = ""
    container: str = ""
    """Default project or bucket; "" when none was chosen."""
    path: str = ""
    """Default folder in it."""
    who: str = ""
    """Whose key it is, in words, as the service told when it was last tested."""
    who_id: str = ""
    demo: bool = False
    """The practice place: labelled everywhere, its receipts are watermarked."""
    extra: tuple[tuple[str, str], ...] = ()
    """Further public settings of this kind of service, such as S3 server-side encryption."""


@dataclass(frozen=True, slots=True)
class Network:
    """How this computer reaches the network. Empty means: as the system is set up."""

    proxy: str = ""
    """``http://host:port`` used for everything, instead of the system's proxies."""
    extra_ca: str = ""
    """Path of a PEM file trusted beside the system's certificates."""
    connect_seconds: float = 20.0
    stall_seconds: float = 60.0
    """A request in which nothing moves for so long is given up and tried again."""
