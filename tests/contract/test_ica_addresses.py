"""The contract of every service once more, as far as it is about files that go to ICA by address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.contract.bench import Bench
from tests.contract.front import front_of, storage_door
from tests.contract.ica_places import Rig, ica_at, ica_joined
from tests.contract.mover import mover_in
from tests.contract.test_downloads import (  # noqa: F401 - collected here with another bench
    test_a_link_lets_anyone_read_the_file,
    test_every_size_comes_back_in_ranges,
)
from tests.contract.test_names import (  # noqa: F401 - run here once more
    test_an_empty_folder_can_be_filled_later,
    test_odd_names_are_found_again,
    test_odd_names_make_the_round_trip,
)
from tests.contract.test_uploads import (  # noqa: F401 - run here once more
    test_a_refused_part_says_why_and_is_taken_later,
    test_a_small_file_damaged_on_the_way_is_a_bad_part,
    test_aborting_twice_is_no_error,
    test_every_size_arrives_whole_and_proven,
    test_files_sent_in_one_piece_are_opened_without_anything_left_to_resume,
    test_nothing_there_is_a_difference,
    test_other_content_there_is_a_difference,
    test_the_verdict_names_what_is_stored,
    test_what_is_there_is_not_replaced_unless_allowed,
)

NEVER_CROWDED = 1_000_000


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Takes the place of the common one for the tests imported above."""
    rig = Rig()
    joined = ica_joined()
    with ExitStack() as stack:
        place = stack.enter_context(rig.start(tmp_path / "place"))
        front = stack.enter_context(front_of(place.url))
        door = stack.enter_context(storage_door(front, rig.places[-1].storage_url))
        rig.places[-1].send_to(door)
        (tmp_path / "moving").mkdir()
        mover = stack.enter_context(mover_in(tmp_path / "moving"))
        provider = ica_at(front.url, storage_url=door, few=NEVER_CROWDED)
        yield Bench(joined, place, front, mover, provider)
        assert rig.places[-1].fake.leaks() == []
