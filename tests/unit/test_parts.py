"""How files are cut: every byte in exactly one part, within what the service takes."""

from __future__ import annotations

import pytest

from pipette.model.files import GiB, MiB, TiB
from pipette.model.parts import (
    Algorithm,
    Limits,
    PartCheck,
    count_parts,
    part_at,
    part_size_for,
)

S3 = Limits(largest_file=5 * TiB, most_parts=10_000, smallest_part=5 * MiB, largest_part=5 * GiB)


@pytest.mark.parametrize(
    ("size", "part_size"),
    [
        (1, 8 * MiB),
        (80_000 * MiB, 8 * MiB),
        (80_000 * MiB + 1, 9 * MiB),
        (1 * TiB, 105 * MiB),
        (5 * TiB, 525 * MiB),
    ],
)
def test_parts_grow_in_whole_mib_only_when_there_would_be_too_many(
    size: int, part_size: int
) -> None:
    assert part_size_for(size, S3) == part_size
    assert count_parts(size, part_size) <= S3.most_parts


def test_parts_keep_to_the_smallest_and_largest_the_service_takes() -> None:
    wide = Limits(10 * GiB, 10, smallest_part=100 * MiB, largest_part=500 * MiB)
    assert part_size_for(1, wide) == 100 * MiB
    assert part_size_for(9 * GiB, wide) == 500 * MiB


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 20, 95, 100])
def test_every_byte_is_in_exactly_one_part(size: int) -> None:
    count = count_parts(size, 10)
    parts = [part_at(number, size, 10) for number in range(1, count + 1)]
    assert [part.number for part in parts] == list(range(1, count + 1))
    assert sum(part.length for part in parts) == size
    end = 0
    for part in parts:
        assert part.offset == end
        end += part.length
    assert all(part.length for part in parts) or size == 0


def test_an_empty_file_is_one_empty_part() -> None:
    assert count_parts(0, 8 * MiB) == 1
    assert part_at(1, 0, 8 * MiB).length == 0


def test_a_part_beyond_the_end_is_empty() -> None:
    assert part_at(9, 35, 10).length == 0


@pytest.mark.parametrize(
    ("check", "algorithm"),
    [
        (PartCheck.CRC64_TRAILER, Algorithm.CRC64NVME),
        (PartCheck.CRC64_HEADER, Algorithm.CRC64NVME),
        (PartCheck.MD5_HEADER, Algorithm.MD5),
        (PartCheck.NONE, None),
    ],
)
def test_each_way_of_checking_names_its_checksum(
    check: PartCheck, algorithm: Algorithm | None
) -> None:
    assert check.algorithm is algorithm
