"""Tells screen readers what matters and nothing else: verified, needs you, sign in. Never percents."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from pipette.model.transfer import BatchId, BatchSnapshot, Changes, State
from pipette.ui import figures, words
from pipette.ui.transfers_rows import needs_someone

QUIET_SECONDS = 5.0


class Announcer:
    """Collects what happened and says it at most once in five seconds. Fed with every ``Changes``.

    What is already so when a batch is first seen is not news and is not said.
    """

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._say = say
        self._clock = clock
        self._batches: dict[BatchId, BatchSnapshot] = {}
        self._accounts: frozenset[str] = frozenset()
        self._news: list[str] = []
        self._said_at: float | None = None

    def take(self, changes: Changes) -> None:
        for batch in changes.batches:
            before = self._batches.get(batch.id)
            self._batches[batch.id] = batch
            self._news += batch_news(before, batch) if before else []
        for removed in changes.removed:
            self._batches.pop(removed, None)
        self._note_accounts(account for account, _kind in changes.accounts_waiting)
        self._say_what_is_due()

    def _note_accounts(self, waiting: Iterable[str]) -> None:
        now = frozenset(waiting)
        for account in sorted(now - self._accounts):
            self._news.append(words.message("SignInNeeded", place=account).title)
        self._accounts = now

    def _say_what_is_due(self) -> None:
        at = self._clock()
        is_quiet = self._said_at is not None and at - self._said_at < QUIET_SECONDS
        if not self._news or is_quiet:
            return
        self._say(". ".join(self._news))
        self._news, self._said_at = [], at


def batch_news(before: BatchSnapshot, after: BatchSnapshot) -> list[str]:
    """What is worth interrupting a person for; usually nothing."""
    news: list[str] = []
    needing = needs_someone(after)
    if needing > needs_someone(before):
        news.append(f"{after.name}: {words.needs_you_words(needing)}")
    if after.state is State.VERIFIED and before.state is not State.VERIFIED:
        news.append(f"{after.name}: {_verified_words(after)}")
    return news


def speaker(widget: QWidget) -> Callable[[str], None]:
    """Says it politely, as coming from ``widget``: after what the reader is saying just now."""

    def say(text: str) -> None:
        event = QAccessibleAnnouncementEvent(widget, text)
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(event)

    return say


def _verified_words(batch: BatchSnapshot) -> str:
    verified = batch.count(State.VERIFIED)
    if verified == batch.files:
        return "verified" if verified == 1 else f"all {figures.number(verified)} files verified"
    return f"{figures.plural(verified, 'file')} verified"
