"""Runs every contract test once for each provider that joined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.basespace_places import BASESPACE_JOINED
from tests.contract.bench import Bench
from tests.contract.front import front_of, storage_door
from tests.contract.ica_places import ICA_JOINED
from tests.contract.joined import Joined, StoresElsewhere
from tests.contract.mover import mover_in
from tests.contract.onecodex_places import ONECODEX_JOINED
from tests.contract.radosgw_place import RADOSGW_JOINED
from tests.contract.s3_places import S3_JOINED
from tests.contract.sevenbridges_places import SEVENBRIDGES_JOINED

SLOW = pytest.param(RADOSGW_JOINED, marks=pytest.mark.slow, id=RADOSGW_JOINED.name)
JOINED = (*S3_JOINED, *ICA_JOINED, *BASESPACE_JOINED, *SEVENBRIDGES_JOINED, *ONECODEX_JOINED, SLOW)


@pytest.fixture(scope="session", params=JOINED, ids=lambda one: one.name)
def joined(request: pytest.FixtureRequest) -> Joined:
    found: Joined = request.param
    return found


@pytest.fixture(scope="session")
def shared(joined: Joined, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Started once: making a provider's client costs more than most tests."""
    folder = Path(tmp_path_factory.mktemp("place"))
    moving = Path(tmp_path_factory.mktemp("moving"))
    with ExitStack() as stack:
        place = stack.enter_context(joined.start(folder))
        front = stack.enter_context(front_of(place.url))
        if isinstance(place, StoresElsewhere):
            place.send_to(stack.enter_context(storage_door(front, place.storage_url)))
        mover = stack.enter_context(mover_in(moving))
        yield Bench(joined, place, front, mover, joined.provider(front.url))


@pytest.fixture
def bench(shared: Bench, request: pytest.FixtureRequest) -> Bench:
    """Each test works in a folder of its own and finds no fault that another one set."""
    shared.front.forget()
    name = re.sub(r"\W+", "-", request.node.name)
    return replace(shared, joined=replace(shared.joined, folder=shared.joined.folder.child(name)))
