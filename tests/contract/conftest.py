"""Runs every contract test once for each provider that joined."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.front import front_of
from tests.contract.joined import Bench, Joined, Place
from tests.contract.s3_places import RCLONE

JOINED = (RCLONE,)


@pytest.fixture(scope="session", params=JOINED, ids=lambda joined: joined.name)
def joined(request: pytest.FixtureRequest) -> Joined:
    found: Joined = request.param
    return found


@pytest.fixture(scope="session")
def place(joined: Joined, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with joined.start(Path(tmp_path_factory.mktemp("place"))) as running:
        yield running


@pytest.fixture
def bench(joined: Joined, place: Place, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Each test works in a folder of its own, so they may share one fake."""
    from dataclasses import replace

    own = replace(joined, folder=joined.folder.child(request.node.originalname))
    with front_of(place.url) as front:
        yield Bench(own, place, front, joined.provider(front.url))
