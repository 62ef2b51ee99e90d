"""Names here and names there: what a remote name is called on this disk, and the other way round.

Names are sent exactly as they stand on disk, composed (NFC) or decomposed (NFD) alike, so that a
round trip gives them back unchanged. On the way back a name is altered, on every system, only
where it would silently mean something else on one of them: a device (``CON``), another folder
(``..``, a backslash), another drive or a hidden stream (a colon), or a name whose end Windows drops
(trailing dots and spaces). Characters that a system refuses loudly are replaced only there.
"""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate

NAME_BYTES = 255
"""Longest name every file system takes, in UTF-8."""
PART_SUFFIX = ".pipette-part"
"""Ends the name of a download that is not finished."""


@dataclass(frozen=True, slots=True)
class NameRules:
    """What a system does to names beyond what is true everywhere."""

    refused: str = ""
    """Characters it refuses, beside those replaced on every system."""
    folds_form: bool = False
    """Whether composed and decomposed spellings of one name are the same file."""
    path_bytes: int = 3000
    """Longest relative path, leaving room for the folder it goes into."""


LINUX = NameRules()
MACOS = NameRules(folds_form=True, path_bytes=700)
WINDOWS = NameRules(refused='<>"|?*')


def rules_of(platform: str) -> NameRules:
    """The rules for a ``sys.platform``."""
    return {"win32": WINDOWS, "darwin": MACOS}.get(platform, LINUX)


HERE = rules_of(sys.platform)


def safe_relative_path(remote_path: str, rules: NameRules = HERE) -> str:
    """Where a remote path lies below the chosen folder: relative, with forward slashes.

    Whatever the service calls it, the result stays inside that folder, and every segment is a
    name of its own on any system. A trailing slash (an empty folder) is kept. The same path always
    gives the same answer; different paths may give the same one, which ``LocalNames`` settles.
    """
    names = [safe for _, safe in _safe_segments(remote_path, rules)]
    return "/".join(names) + _marker(remote_path)


def _marker(remote_path: str) -> str:
    return "/" if remote_path.endswith("/") else ""


def _safe_segments(remote_path: str, rules: NameRules) -> list[tuple[str, str]]:
    """Each segment as it is called there and here.

    Folders nested too deep for this system keep their beginning; the rest becomes one folder.
    """
    segments = [(s, _safe_segment(s, rules)) for s in remote_path.removesuffix("/").split("/")]
    room = rules.path_bytes - NAME_BYTES
    if sum(_length(safe) + 1 for _, safe in segments[:-1]) <= room:
        return segments
    deep = "/".join(there for there, _ in segments[:-1])
    folder = f"_~{_fingerprint(deep)}"
    return [*_leading(segments[:-1], room - len(folder) - 1), (deep, folder), segments[-1]]


def _leading(segments: list[tuple[str, str]], room: int) -> list[tuple[str, str]]:
    ends = accumulate(_length(safe) + 1 for _, safe in segments)
    return [segment for segment, end in zip(segments, ends, strict=True) if end <= room]


@lru_cache(4096)
def _safe_segment(segment: str, rules: NameRules) -> str:
    plain = _unsafe(rules).sub("_", segment)
    kept = plain.rstrip(". ")
    name = kept + "_" * (len(plain) - len(kept)) or "_"
    if name.casefold().endswith(PART_SUFFIX):
        name += "_"
    return _shortened(_RESERVED.sub(r"\1_", name))


@cache
def _unsafe(rules: NameRules) -> re.Pattern[str]:
    """Control characters and halves of surrogate pairs are no text on any disk."""
    return re.compile(rf"[:\\\0-\x1f\x7f-\x9f\ud800-\udfff{re.escape(rules.refused)}]")


_RESERVED = re.compile(
    r"^((?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *)(?=\.|$)", re.IGNORECASE
)


def _shortened(name: str, suffix: str = "") -> str:
    """``name`` + ``suffix``, cut if need be; what was cut is told apart by a fingerprint."""
    if _length(name) + _length(suffix) <= NAME_BYTES:
        return name + suffix
    return _marked(name, f"~{_fingerprint(name)}", suffix)


def _marked(name: str, mark: str, suffix: str = "") -> str:
    """``mark`` between the stem and the whole extension; the stem gives way if it gets too long."""
    stem, extension = split_extension(name)
    tail = mark + extension + suffix
    if _length(tail) > NAME_BYTES // 2:
        stem, tail = name, mark + suffix
    return _cut(stem, NAME_BYTES - _length(tail)) + tail


def _cut(text: str, room: int) -> str:
    return text.encode("utf-8", "surrogatepass")[:room].decode("utf-8", "ignore")


def _length(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def part_name(name: str) -> str:
    """What an unfinished download of ``name`` is called."""
    return _shortened(name, PART_SUFFIX)


_FORMATS = (
    r"fastq|fq|fasta|fa|fna|faa|tar|bam|cram|sam|g\.vcf|vcf|bcf|bed|gff3?|gtf|maf|txt|csv|tsv|json"
    r"|xml|html|c?bcl|fast5|pod5|paf|sql|log"
)
_WRAPPERS = r"gz|bgz|bgzf|bz2|xz|zst|lz4|zip|gpg|md5|sha(?:1|256|512)|bai|crai|csi|tbi|fai|gzi"
_EXTENSION = re.compile(
    rf"(?<=.)(?:(?:\.(?:{_FORMATS}))?(?:\.(?:{_WRAPPERS}))+|\.g\.vcf|\.(?=\d*[a-z])[a-z\d]{{1,12}})\Z",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)


def split_extension(name: str) -> tuple[str, str]:
    """Stem and whole extension: ``a.fastq.gz`` is ``a`` and ``.fastq.gz``.

    A leading dot belongs to the stem, and so do numbers and versions (``archive.v2.bam``).
    """
    found = _EXTENSION.search(name)
    return (name[: found.start()], found.group()) if found else (name, "")


def numbered(name: str, number: int) -> str:
    """``a.fastq.gz`` becomes ``a_1.fastq.gz``: keep-both's name for the new copy."""
    return _marked(name, f"_{number}")


def first_free(name: str, taken: Container[str]) -> str:
    """The first of ``name``, ``name_1``, ``name_2`` … that is not taken."""
    candidate, number = name, 0
    while candidate in taken:
        number += 1
        candidate = numbered(name, number)
    return candidate


class LocalNames:
    """Gives every remote path of one download a local path of its own.

    Names that are one on some system (by case; on macOS also composed and decomposed spellings)
    are told apart by `` (2)``, folders as well as files; whoever asks first keeps the plain name.
    The same remote path always gets the same answer. For one thread.
    """

    def __init__(self, rules: NameRules = HERE) -> None:
        self._rules = rules
        self._top = _Folder()

    def place(self, remote_path: str) -> str:
        """The safe relative path, with forward slashes; a trailing slash is kept."""
        *folders, (there, safe) = _safe_segments(remote_path, self._rules)
        names, folder = [], self._top
        for folder_there, folder_safe in folders:
            name, folder = folder.enter(folder_there, folder_safe, self._rules)
            names.append(name)
        if _marker(remote_path):
            name, _ = folder.enter(there, safe, self._rules)
        else:
            name = folder.name_file(there, safe, self._rules)
        return "/".join([*names, name]) + _marker(remote_path)


class _Folder:
    """What was given out in one folder. A service may hold a file and a folder of one name."""

    __slots__ = ("_files", "_folders", "_taken")

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._folders: dict[str, tuple[str, _Folder]] = {}
        self._taken: set[str] = set()

    def enter(self, there: str, safe: str, rules: NameRules) -> tuple[str, _Folder]:
        if there not in self._folders:
            self._folders[there] = self._claim(safe, rules), _Folder()
        return self._folders[there]

    def name_file(self, there: str, safe: str, rules: NameRules) -> str:
        if there not in self._files:
            self._files[there] = self._claim(safe, rules)
        return self._files[there]

    def _claim(self, safe: str, rules: NameRules) -> str:
        name, number = safe, 2
        while (key := _folded(name, rules)) in self._taken:
            name, number = _marked(safe, f" ({number})"), number + 1
        self._taken.add(key)
        return name


def _folded(name: str, rules: NameRules) -> str:
    """The same for all names that are one file somewhere."""
    if not rules.folds_form:
        return name.casefold()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


_JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_JUNK_STARTS = ("._", "~$")
_JUNK_ENDS = (".tmp", ".part", PART_SUFFIX)


def is_left_out(name: str) -> bool:
    """True for what systems and programs leave lying about, whatever the case of its letters.

    Case does not count even where the system tells it apart: such files come from other systems.
    """
    folded = name.casefold()
    return folded in _JUNK or folded.startswith(_JUNK_STARTS) or folded.endswith(_JUNK_ENDS)


def can_be_sent(name: str) -> bool:
    """False for a name that is no text (bytes in an unknown encoding): no service can be told it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def readable(name: str) -> str:
    """``name`` as text that can be shown and stored, for names that cannot be sent."""
    return name.encode(errors="backslashreplace").decode()
