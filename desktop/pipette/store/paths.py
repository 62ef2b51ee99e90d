"""Where everything of a home lies on this computer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

HOME_VARIABLE = "PIPETTE_HOME"

_NAME = "Pipette"


@dataclass(frozen=True, slots=True)
class Paths:
    """A home: one queue, one set of accounts, settings, receipts. Two homes never see each other."""

    home: Path
    settings: Path
    accounts: Path
    journal: Path
    receipts: Path
    logs: Path
    lock: Path
    inbox: Path
    """Where other processes leave work for the one that owns the queue."""
    demo: Path
    keychain: str
    """The name under which keys of this home stand in the system's keychain."""

    @staticmethod
    def for_user(home: str | Path | None = None, environ: Mapping[str, str] = os.environ) -> Paths:
        """The home asked for, else that of ``PIPETTE_HOME``, else the platform's usual folders."""
        chosen = home or environ.get(HOME_VARIABLE)
        return Paths._under(Path(chosen)) if chosen else Paths._of_platform()

    @staticmethod
    def _under(folder: Path) -> Paths:
        home = folder.expanduser().resolve()
        return Paths._of(home, config=home, logs=home / "logs", keychain=f"{_NAME} in {home}")

    @staticmethod
    def _of_platform() -> Paths:
        directories = platformdirs.PlatformDirs(_NAME, appauthor=False)
        return Paths._of(
            directories.user_data_path,
            config=directories.user_config_path,
            logs=directories.user_log_path,
            keychain=_NAME,
        )

    @staticmethod
    def _of(home: Path, *, config: Path, logs: Path, keychain: str) -> Paths:
        return Paths(
            home=home,
            settings=config / "settings.json",
            accounts=config / "accounts.json",
            journal=home / "queue.sqlite",
            receipts=home / "receipts",
            logs=logs,
            lock=home / "queue.lock",
            inbox=home / "inbox",
            demo=home / "demo",
            keychain=keychain,
        )

    def make(self) -> None:
        """Make the folders that are missing, for this user's eyes only. Raises OSError."""
        folders = {self.home, self.settings.parent, self.receipts, self.logs, self.inbox}
        for folder in sorted(folders):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
