"""What the wells of the parts plate hold: pure arithmetic over the bit sets of a file's parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipette.model.transfer import PartMap
from pipette.ui.aliquot import CellKind, kind_of_parts
from pipette.ui.figures import number

_SMALL = (8, 12)
_LARGE = (16, 24)


@dataclass(frozen=True, slots=True)
class PlateShape:
    """Rows and columns of a plate, and how many parts one well holds."""

    rows: int
    columns: int
    parts: int
    per_well: int

    @property
    def wells(self) -> int:
        """Wells in use; the rest of the plate is empty."""
        return -(-self.parts // self.per_well)

    def parts_of(self, well: int) -> tuple[int, int]:
        """First and last part (counted from 1) of a well (counted from 0)."""
        first = well * self.per_well + 1
        return first, min(self.parts, first + self.per_well - 1)

    def well_of(self, part: int) -> int:
        return (part - 1) // self.per_well

    def name_of(self, well: int) -> str:
        """``H14``, as on a lab plate."""
        row, column = divmod(well, self.columns)
        return f"{chr(ord('A') + row)}{column + 1}"


def shape_for(parts: int) -> PlateShape:
    """Up to 96 parts one well each; more share the wells of a 384-well plate."""
    rows, columns = _SMALL if parts <= _SMALL[0] * _SMALL[1] else _LARGE
    return PlateShape(rows, columns, parts, max(1, -(-parts // (rows * columns))))


def wells_of(parts: PartMap) -> tuple[CellKind, ...]:
    """The kind of each well in use; a well shows its worst part."""
    shape = shape_for(parts.count)
    return tuple(kind_of_parts(parts, *shape.parts_of(well)) for well in range(shape.wells))


@dataclass(frozen=True, slots=True)
class LegendEntry:
    kind: CellKind
    parts: int

    @property
    def words(self) -> str:
        return f"{LEGEND_WORDS[self.kind]} {number(self.parts)}"


LEGEND_WORDS: Mapping[CellKind, str] = MappingProxyType(
    {
        CellKind.ARRIVED: "arrived",
        CellKind.GOING: "going",
        CellKind.RETRYING: "retrying",
        CellKind.FAILED: "failed",
        CellKind.TO_GO: "to go",
    }
)


def legend_of(parts: PartMap) -> tuple[LegendEntry, ...]:
    """How many parts are of each kind; kinds without parts are left out."""
    counts = _counts(parts)
    return tuple(LegendEntry(kind, counts[kind]) for kind in LEGEND_WORDS if counts[kind])


def summary_of(parts: PartMap) -> str:
    """What a screen reader says of the plate as a whole."""
    return ", ".join([f"{number(parts.count)} parts", *(entry.words for entry in legend_of(parts))])


def _counts(parts: PartMap) -> dict[CellKind, int]:
    failed = parts.failed
    retrying = parts.retrying & ~failed
    going = parts.moving & ~(failed | retrying)
    arrived = parts.arrived & ~(failed | retrying | going)
    counts = {
        CellKind.FAILED: failed.bit_count(),
        CellKind.RETRYING: retrying.bit_count(),
        CellKind.GOING: going.bit_count(),
        CellKind.ARRIVED: arrived.bit_count(),
    }
    return counts | {CellKind.TO_GO: parts.count - sum(counts.values())}
