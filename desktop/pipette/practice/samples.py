"""Sample data, made on the spot: paired FASTQ files and the folder of a sequencing run.

All of it is valid, and the same each time. The large files are gzip without compression, as random
reads would not get smaller and compressing them would keep people waiting.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

INSTRUMENT = "M00042"
FLOWCELL = "000000000-DEMO7"
RUN_NAME = f"201120_{INSTRUMENT}_0107_{FLOWCELL}"
READ_LENGTH = 151
LARGE = 76_000
"""Reads in the largest file; it is then 26 MB."""
CYCLES = 8
TILES = (1101, 1102)
CLUSTERS = 20_000

_BASES = bytes(b"ACGT"[value & 3] for value in range(256))
# Most calls of a good run are near Q37, a few are poor.
_QUALITIES = bytes(
    33 + (37 - value % 4 if value < 224 else 12 + value % 20) for value in range(256)
)


@dataclass(frozen=True, slots=True)
class Library:
    """One sample on the sheet; ``share`` is its part of the reads of the largest."""

    name: str
    number: int
    index: str
    share: float

    def file_name(self, read: int) -> str:
        return f"{self.name}_S{self.number}_L001_R{read}_001.fastq.gz"


LIBRARIES = (
    Library("Lib07", 7, "ATCACGTT", 1.0),
    Library("Lib08", 8, "CGATGTTT", 0.2),
    Library("Lib09", 9, "TTAGGCAT", 0.02),
    Library("NTC", 10, "TGACCACT", 0.0005),
)


@dataclass(frozen=True, slots=True)
class Samples:
    """Where the sample data lies, ready to be dropped."""

    folder: Path
    fastq: tuple[Path, ...]
    run: Path


def make_samples(folder: Path, *, reads: int = LARGE) -> Samples:
    """Write the sample data below ``folder``; ``reads`` go into the largest file."""
    folder.mkdir(parents=True, exist_ok=True)
    fastq = tuple(
        _write_fastq(folder / library.file_name(read), library, read, reads)
        for library in LIBRARIES
        for read in (1, 2)
    )
    return Samples(folder, fastq, _write_run(folder / RUN_NAME))


def fastq_gz(library: Library, read: int, reads: int) -> bytes:
    """A whole ``.fastq.gz``; both reads of a library name the same fragments."""
    names = _read_names(library, read, reads)
    noise = Random(f"{library.name} {read}")  # noqa: S311 - the same each time, on purpose
    bases = noise.randbytes(reads * READ_LENGTH).translate(_BASES)
    qualities = noise.randbytes(reads * READ_LENGTH).translate(_QUALITIES)
    records = [
        b"@%b\n%b\n+\n%b\n" % (name, bases[at : at + READ_LENGTH], qualities[at : at + READ_LENGTH])
        for name, at in zip(names, range(0, reads * READ_LENGTH, READ_LENGTH), strict=True)
    ]
    return gzip.compress(b"".join(records), compresslevel=0, mtime=0)


def _read_names(library: Library, read: int, reads: int) -> Sequence[bytes]:
    head = f"{INSTRUMENT}:107:{FLOWCELL}:1:"
    tail = f" {read}:N:0:{library.index}"
    return [
        f"{head}{TILES[number % 2]}:{1000 + number // 97}:{1000 + number % 97 * 211}{tail}".encode()
        for number in range(reads)
    ]


def _write_fastq(path: Path, library: Library, read: int, reads: int) -> Path:
    path.write_bytes(fastq_gz(library, read, max(1, int(reads * library.share))))
    return path


def _write_run(run: Path) -> Path:
    (run / "InterOp").mkdir(parents=True, exist_ok=True)
    _write_text(run / "RunInfo.xml", _RUN_INFO)
    _write_text(run / "RunParameters.xml", _RUN_PARAMETERS)
    _write_text(run / "SampleSheet.csv", _sample_sheet())
    (run / "InterOp" / "TileMetricsOut.bin").write_bytes(_tile_metrics())
    (run / "InterOp" / "ErrorMetricsOut.bin").write_bytes(_error_metrics())
    noise = Random(RUN_NAME)  # noqa: S311 - the same each time, on purpose
    for cycle in range(1, CYCLES + 1):
        _write_cycle(run / "Data" / "Intensities" / "BaseCalls" / "L001" / f"C{cycle}.1", noise)
    _write_text(run / "RTAComplete.txt", "11/20/2020,14:02:11.501,Illumina RTA 1.18.54\r\n")
    _write_text(run / "CopyComplete.txt", "")
    return run


def _write_cycle(folder: Path, noise: Random) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for tile in TILES:
        calls = struct.pack("<I", CLUSTERS) + noise.randbytes(CLUSTERS)
        packed = gzip.compress(calls, compresslevel=0, mtime=0)
        (folder / f"s_1_{tile}.bcl.gz").write_bytes(packed)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def _tile_metrics() -> bytes:
    """Version 2: lane, tile, code, value. 100 is the density of clusters, 102 their number."""
    values = ((100, 812_000.0), (101, 745_000.0), (102, float(CLUSTERS)), (103, CLUSTERS * 0.92))
    records = (
        struct.pack("<HHHf", 1, tile, code, value) for tile in TILES for code, value in values
    )
    return struct.pack("<BB", 2, 10) + b"".join(records)


def _error_metrics() -> bytes:
    """Version 3: lane, tile, cycle, rate, and how many reads have none, one … four errors."""
    records = (
        struct.pack("<HHHf5I", 1, tile, cycle, 0.2 + cycle / 100, 900, 80, 15, 4, 1)
        for tile in TILES
        for cycle in range(1, CYCLES + 1)
    )
    return struct.pack("<BB", 3, 30) + b"".join(records)


def _sample_sheet() -> str:
    head = (
        "[Header]\r\nIEMFileVersion,4\r\nExperiment Name,Demo\r\nDate,11/20/2020\r\n"
        "Workflow,GenerateFASTQ\r\nApplication,FASTQ Only\r\n\r\n"
        f"[Reads]\r\n{READ_LENGTH}\r\n{READ_LENGTH}\r\n\r\n[Settings]\r\n\r\n"
        "[Data]\r\nSample_ID,Sample_Name,I7_Index_ID,index,Sample_Project\r\n"
    )
    rows = (
        f"{library.name},{library.name},D7{library.number:02},{library.index},Demo\r\n"
        for library in LIBRARIES
    )
    return head + "".join(rows)


_RUN_INFO = f"""<?xml version="1.0"?>
<RunInfo Version="2">
  <Run Id="{RUN_NAME}" Number="107">
    <Flowcell>{FLOWCELL}</Flowcell>
    <Instrument>{INSTRUMENT}</Instrument>
    <Date>201120</Date>
    <Reads>
      <Read Number="1" NumCycles="{READ_LENGTH}" IsIndexedRead="N" />
      <Read Number="2" NumCycles="8" IsIndexedRead="Y" />
      <Read Number="3" NumCycles="{READ_LENGTH}" IsIndexedRead="N" />
    </Reads>
    <FlowcellLayout LaneCount="1" SurfaceCount="1" SwathCount="1" TileCount="{len(TILES)}" />
  </Run>
</RunInfo>
"""

_RUN_PARAMETERS = f"""<?xml version="1.0"?>
<RunParameters>
  <RunID>{RUN_NAME}</RunID>
  <ScannerID>{INSTRUMENT}</ScannerID>
  <RunNumber>107</RunNumber>
  <ExperimentName>Demo</ExperimentName>
  <Chemistry>Default</Chemistry>
</RunParameters>
"""
