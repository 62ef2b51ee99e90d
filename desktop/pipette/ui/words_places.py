"""What is said where there is nothing yet, and what the first start says."""

from __future__ import annotations

EMPTY_FOLDER = "Nothing here yet. Drop files to upload them here."
EMPTY_DOWNLOADS = "Select files above and press Download."
EMPTY_HISTORY = "Finished transfers stay here, with their receipts."
EMPTY_NEEDS_YOU = "Nothing needs you."
EMPTY_ACTIVE = "Nothing is being sent or received."
EMPTY_WAITING = "Nothing waits."
EMPTY_DONE = "Nothing is done yet."
NO_LOCATION = "Add a location to see its files here."

THIS_LOCATION = "this location"
READ_ONLY = "You can only read this project"

WELCOME_TITLE = "Drop a run folder or FASTQ files here"
WELCOME_TEXT = (
    "Pipette sends them to your project, part by part, and proves that every one arrived."
)
WELCOME_ADD = "Add a location…"
WELCOME_DEMO = "Try it with the demo location"
WELCOME_KEY = "or press {keys} to choose files"

TIPS: tuple[tuple[str, str, str], ...] = (
    (
        "pause",
        "Pause whenever you like",
        "Close the lid, change network, restart. Sent parts stay sent.",
    ),
    ("shield", "Proof, not hope", "Each finished transfer gets a receipt with checksums."),
    ("folder", "Whole folders", "Drop a run folder; its folders arrive as they are."),
)
"""(icon, title, text) of the three tips under an empty list of uploads."""

DEMO_LABEL = "Demo"
DEMO_NOTE = "A practice place on this computer. Nothing leaves it."


def open_container_first(container: str) -> str:
    """Why something that needs a folder cannot be done."""
    return f"open a {container} first"


def lacks(account: str, what: str) -> str:
    """Why something cannot be done at a location at all."""
    return f"{account} {what}"


NO_ARCHIVE = "has no archive"
NO_DOWNLOADS = "gives no files back"
NO_DELETING = "lets nothing be deleted"
NO_LINKS = "gives no links"
NO_EMPTY_FOLDERS = "keeps no empty folders; they come with the first file in them"
NO_CLEANING = "does not tell of unfinished uploads"


def empty_search(text: str, place: str) -> str:
    return f"No file named {text} in {place}."


def no_permission(place: str, who: str = "") -> str:
    ask = f"Ask {who} for access." if who else "Ask whoever owns it for access."
    return f"This key may not look into {place}. {ask}"


def as_of(clock: str) -> str:
    """Beside a listing that was fetched earlier."""
    return f"as of {clock}"


def loading(count: int) -> str:
    return f"Loading… {count:,} so far" if count else "Loading…"
