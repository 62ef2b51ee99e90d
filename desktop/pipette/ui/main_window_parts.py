"""What the main window is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipette.engine.desk import Desk
from pipette.engine.queue import Queue
from pipette.model.kinds import Kinds
from pipette.store.accounts import Accounts
from pipette.store.credentials import Credentials
from pipette.store.settings import Settings
from pipette.ui.browser_sign_in import SignsInByBrowser
from pipette.ui.demo_controls import Practice
from pipette.ui.receipts_window import ReadReceipt
from pipette.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class Parts:
    """What the window is given. ``clean`` strips secrets from text that leaves the program."""

    queue: Queue
    desk: Desk
    accounts: Accounts
    credentials: Credentials
    settings: Settings
    save_settings: Callable[[Settings], None]
    theme: Theme
    clean: Callable[[str], str]
    read_receipt: ReadReceipt
    kinds: Kinds
    """The services one can add a location of."""
    browser: SignsInByBrowser | None = None
    practice: Practice | None = None
