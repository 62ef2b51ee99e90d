"""Kinds of failure keep their kind through the journal."""

from __future__ import annotations

import pytest

from pipette.model import errors
from pipette.model.errors import TransferError, error_of_kind

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, TransferError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back_as_itself(kind: type[TransferError]) -> None:
    before = kind("403 here")
    after = error_of_kind(before.kind, before.detail)
    assert type(after) is kind
    assert after.detail == "403 here"


def test_a_kind_of_a_later_version_is_a_failure_all_the_same() -> None:
    error = error_of_kind("QuantumFlip", "x")
    assert type(error) is TransferError
    assert error.detail == "x"


def test_an_interruption_is_no_failure() -> None:
    assert not issubclass(errors.Interrupted, TransferError)
    assert type(error_of_kind("Interrupted", "")) is TransferError


def test_a_wait_the_service_asked_for_is_kept_at_hand() -> None:
    assert errors.SlowDown("429", wait_seconds=7.0).wait_seconds == 7.0
    assert errors.SlowDown("429").wait_seconds is None
