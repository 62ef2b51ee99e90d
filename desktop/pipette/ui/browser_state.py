"""How far a listing is, and what the browser says about it. Values in, words out."""

from __future__ import annotations

from dataclasses import dataclass

from pipette.model.errors import NetworkDown, NotAllowed, SignInNeeded, Stalled, TransferError
from pipette.model.files import Location
from pipette.ui import figures, words, words_places

REFRESH = "Refresh"
STOP = "Stop"
LOAD_MORE = "Load more"
PASTE_KEY = "Paste new key…"
TRY_AGAIN = "Try again"


@dataclass(frozen=True, slots=True)
class Said:
    """Words with an icon and one button; all may be empty."""

    words: str = ""
    icon: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True)
class ListingState:
    """Everything the words depend on. ``remembered_at`` is set while rows from memory are shown."""

    place: Location
    loaded: int = 0
    shown: int = 0
    running: bool = False
    can_go_on: bool = False
    is_new: bool = False
    """Loading began so short a while ago that it is not worth a word."""
    remembered_at: float | None = None
    failure: Exception | None = None
    filter_text: str = ""
    container: str = "project"
    """What people call that which holds the files of this service."""


def below_rows(state: ListingState) -> Said:
    """The line under the list; no words hide it."""
    if state.failure is not None:
        return _failure_below(state)
    if state.running and (state.loaded or state.remembered_at is not None):
        icon = "clock" if state.remembered_at is not None else ""
        return Said(words_places.loading(state.loaded), icon, STOP)
    if state.can_go_on:
        return Said(f"The first {figures.number(state.loaded)} are shown.", "info", LOAD_MORE)
    if state.remembered_at is not None:
        return Said(_as_of(state.remembered_at), "clock", REFRESH)
    return Said()


def instead_of_rows(state: ListingState) -> Said:
    """What stands there when there is no row to show."""
    place = state.place
    if state.failure is not None:
        return _failure(state.failure, place)
    if state.running:
        return Said("" if state.is_new else words_places.loading(0))
    if state.filter_text:
        return Said(words_places.empty_search(state.filter_text, place.name), "search")
    if place.container:
        return Said(words_places.EMPTY_FOLDER, "upload")
    icon = "bucket" if state.container == "bucket" else "folder"
    return Said(f"This key sees no {state.container} here.", icon)


def _failure(error: Exception, place: Location) -> Said:
    if isinstance(error, NotAllowed):
        return Said(words_places.no_permission(place.name or place.account), "lock", TRY_AGAIN)
    told = words.message(
        kind_of(error), place=place.account, project=place.container, file=place.name
    )
    return Said(f"{told.title}. {told.text}", _icon(error), _remedy(error))


def _failure_below(state: ListingState) -> Said:
    """Rows that are there stay; the line says why they could not be renewed."""
    if not state.shown or state.failure is None:
        return Said()
    title = words.message(kind_of(state.failure), place=state.place.account).title
    since = f" · {_as_of(state.remembered_at)}" if state.remembered_at is not None else ""
    return Said(title + since, _icon(state.failure), _remedy(state.failure))


def kind_of(error: Exception) -> str:
    """The name under which ``ui.words`` knows this failure."""
    return error.kind if isinstance(error, TransferError) else "TransferError"


def _remedy(error: Exception) -> str:
    return PASTE_KEY if isinstance(error, SignInNeeded) else TRY_AGAIN


def _icon(error: Exception) -> str:
    if isinstance(error, NetworkDown | Stalled):
        return "wifi"
    return "key" if isinstance(error, SignInNeeded) else "warn"


def _as_of(at: float) -> str:
    return words_places.as_of(figures.clock(at))
