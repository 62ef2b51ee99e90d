"""What can go wrong with a transfer, by kind.

Code branches on the class, never on a message. ``detail`` is technical text for the log and for
*Copy details*; what a person reads is written in ``ui/words.py``. Adapters and the sender turn
foreign exceptions into these at the edge, with ``raise … from``.
"""

from __future__ import annotations


class TransferError(Exception):
    """Base of all. ``detail`` must never hold a key, a token or a signed address."""

    def __init__(self, detail: str = "", *, wait_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.wait_seconds = wait_seconds

    @property
    def kind(self) -> str:
        """The name under which the journal remembers it."""
        return type(self).__name__


class Temporary(TransferError):
    """Tried again quietly; ``wait_seconds`` is what the service asked for, if it did."""


class NetworkDown(Temporary):
    """No connection could be made or it broke. Attempts are not counted while this lasts."""


class SlowDown(Temporary):
    """Too many requests: the whole account slows down, not one part."""


class Stalled(Temporary):
    """Connected, but nothing moved for the stall limit."""


class BadPart(Temporary):
    """A part was damaged on the way (the checksum there and here differ); it is sent again."""


class SignInNeeded(TransferError):
    """The key is missing, wrong, expired or withdrawn: the account stops, one question is asked."""


class PlanNeeded(SignInNeeded):
    """The account has no plan or no payment for this: it stops as it does without a key."""


class Refused(TransferError):
    """The service says no to this file."""


class NotAllowed(Refused):
    """This key may not do that here."""


class NameRefused(Refused):
    """The service does not take this name."""


class TooLarge(Refused):
    """Larger than the service takes."""


class StorageFull(Refused):
    """The service has no room or no quota left."""


class Archived(Refused):
    """The remote file must be restored before it can be read."""


class ContainerGone(Refused):
    """The project or bucket does not exist or is hidden from this key."""


class RemoteMissing(Refused):
    """The remote file does not exist (any more)."""


class NameTaken(TransferError):
    """Something with this name appeared at the target after we looked."""


class MateFailed(TransferError):
    """The other file of its pair failed, and one is of no use without the other."""


class SourceChanged(TransferError):
    """Size or time of the local file moved since it was dropped."""


class SourceMissing(TransferError):
    """The local file is gone."""


class SourceUnreadable(TransferError):
    """The system does not let us read the local file (rights, lock)."""


class SourceDamaged(TransferError):
    """The drive returned an error or an early end while reading."""


class RemoteChanged(TransferError):
    """The remote file changed while it was being fetched."""


class Mismatch(TransferError):
    """The finished copy differs from the original. Never counted as delivered."""


class DiskFull(TransferError):
    """No room left on this computer's disk."""


class TargetUnwritable(TransferError):
    """The chosen folder on this computer cannot be written."""


class UploadGone(TransferError):
    """The service no longer knows the opened upload (expired, aborted or finished)."""


class Untrusted(TransferError):
    """The certificate of the host is not trusted here. Nothing was sent."""


class ClockWrong(TransferError):
    """The service refuses because this computer's clock is off."""


class ProxyRefused(TransferError):
    """The proxy wants a password or refuses."""


class Unavailable(TransferError):
    """The service lacks an ability that is needed."""


class Interrupted(Exception):
    """Raised inside a worker when its interrupt was tripped: pause, cancel or quit, no failure."""


def _all_kinds(base: type[TransferError]) -> dict[str, type[TransferError]]:
    kinds = {base.__name__: base}
    for child in base.__subclasses__():
        kinds |= _all_kinds(child)
    return kinds


def error_of_kind(kind: str, detail: str) -> TransferError:
    """The error the journal remembered; an unknown kind (from a later version) becomes the base."""
    return _all_kinds(TransferError).get(kind, TransferError)(detail)


def holds_account(kind: str) -> bool:
    """Whether an error of this kind stops everything of its account until somebody acts."""
    return isinstance(error_of_kind(kind, ""), SignInNeeded)
