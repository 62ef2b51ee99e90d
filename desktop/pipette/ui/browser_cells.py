"""How a remote file looks in a list: its icon, its storage in words, and the proof cell."""

from __future__ import annotations

from pipette.model.files import Kind, RemoteFile
from pipette.model.kinds import ServiceKind
from pipette.model.parts import Proof
from pipette.ui import figures
from pipette.ui.browser_rows import Arrival, OnItsWay
from pipette.ui.roles import StateCell
from pipette.ui.tokens import Tone
from pipette.ui.words import PROOF_WORDS

BUCKET = "bucket"
READ_ENDINGS = (".fastq.gz", ".fq.gz", ".fastq", ".fq", ".cram", ".bam")

_PROOF_LOOKS = {
    Proof.WHOLE_FILE: ("shield", Tone.OK),
    Proof.EVERY_PART: ("shield", Tone.OK),
    Proof.SIZE_ONLY: ("check", Tone.INFO),
    Proof.NONE: ("info", Tone.TEXT2),
}


def icon_of(file: RemoteFile, project_icon: str = "folder") -> tuple[str, Tone]:
    if file.kind is Kind.PROJECT:
        return project_icon, Tone.ACCENT
    if file.kind is Kind.FOLDER:
        return "folder", Tone.ACCENT
    is_fastq = file.location.name.lower().endswith(READ_ENDINGS)
    return ("fastq" if is_fastq else "file"), Tone.TEXT2


def container_icon(kind: ServiceKind) -> str:
    return "bucket" if kind.container == BUCKET else "folder"


_STORAGE_WORDS = {
    "STANDARD": "Standard",
    "STANDARD_IA": "Infrequent",
    "ONEZONE_IA": "Infrequent",
    "INTELLIGENT_TIERING": "Automatic",
    "GLACIER_IR": "Archive, instant",
    "GLACIER": "Archived",
    "DEEP_ARCHIVE": "Archived, deep",
    "REDUCED_REDUNDANCY": "Reduced",
    "PLATFORM": "Standard",
    "VOLUME": "On a volume",
}
_ON_ITS_WAY = frozenset({"partial", "awaiting_data", "uploading", "pending"})
_STATUS_WORDS = {
    "restoring": "Restoring",
    "archived": "Archived",
    "deleting": "Being deleted",
    "importing": "Being taken in",
    "validating": "Being checked there",
    "failed_validation": "Refused there",
    "on-its-way": "",
    **dict.fromkeys(_ON_ITS_WAY, "Arriving"),
}


def is_arriving(file: RemoteFile) -> bool:
    """The service knows its name, and waits for its bytes."""
    return file.status in _ON_ITS_WAY


def storage_words(file: RemoteFile) -> str:
    """What the service says of its state, else where it keeps it."""
    if file.status in _STATUS_WORDS and not (file.storage and is_archived(file)):
        return _STATUS_WORDS[file.status]
    if file.status not in {"", "available", "archived"}:
        return file.status.replace("_", " ").capitalize()
    return _STORAGE_WORDS.get(file.storage.upper(), file.storage.capitalize())


def is_read_only(file: RemoteFile) -> bool:
    """The service says that this key may not add to it."""
    return bool(file.details.get("read_only"))


def is_archived(file: RemoteFile) -> bool:
    return file.storage.upper() in {"GLACIER", "DEEP_ARCHIVE"} or file.status == "archived"


def moving_cell(moving: OnItsWay) -> StateCell:
    if moving.active:
        return StateCell(
            "upload", f"Uploading {moving.percent}%", Tone.ACCENT, Tone.TEXT2, strong=False
        )
    return StateCell("clock", f"Waiting, {moving.percent}%", Tone.TEXT2, Tone.TEXT2, strong=False)


def proof_cell(file: RemoteFile, arrival: Arrival | None) -> StateCell | None:
    """What the receipts allow to be said of this row; a folder they do not know says nothing."""
    if file.kind is not Kind.FILE:
        return _folder_proof(arrival)
    proof = arrival.proof if arrival is not None and arrival.covers(file) else Proof.NONE
    icon, tone = _PROOF_LOOKS[proof]
    return StateCell(icon, PROOF_WORDS[proof], tone, Tone.TEXT2, strong=False)


def _folder_proof(arrival: Arrival | None) -> StateCell | None:
    if arrival is None or not arrival.verified:
        return None
    words = f"{figures.number(arrival.verified)} verified"
    return StateCell("shield", words, Tone.OK, Tone.TEXT2, strong=False)
