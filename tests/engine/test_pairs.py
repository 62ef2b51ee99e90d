"""Two files that arrive as one: their order, their common fate, over failures and restarts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.rig import Rig
from tests.fakes.pairs import PairProvider, PairService

from pipette.model.errors import Refused, SourceChanged, Temporary, UploadGone
from pipette.model.stages import Abort, Check, Close, MovePart, Open
from pipette.model.transfer import BatchId, IfExists, State


class PairRig(Rig):
    service: PairService

    def _start(self, *, resume: bool) -> None:
        if not isinstance(self.service, PairService):
            self.service = PairService()
            self.accounts.use(PairProvider())
        super()._start(resume=resume)

    def pair(self, *names: str, sizes: tuple[int, ...] = (35, 45)) -> Path:
        folder = self.folder / "run"
        folder.mkdir(exist_ok=True)
        for name, size in zip(names or ("a_1.fq", "a_2.fq"), sizes * 10, strict=False):
            (folder / name).write_bytes(b"x" * size)
        return folder

    def states_of(self, batch: BatchId) -> dict[str, State]:
        return {file.name: file.state for file in self.files(batch)}

    def id_of(self, batch: BatchId, name: str) -> int:
        return next(file.id for file in self.files(batch) if file.name == name)

    def order(self, kind: type) -> list[str]:
        return [path.rpartition("/")[2] for path, step in self.service.steps if type(step) is kind]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[PairRig]:
    made = PairRig(tmp_path)
    yield made
    made.close()


def test_the_leader_is_opened_and_closed_first_and_both_become_one(rig: PairRig) -> None:
    batch = rig.upload(rig.pair())
    rig.run_to_rest(batch)
    assert rig.states_of(batch) == {"a_1.fq": State.VERIFIED, "a_2.fq": State.VERIFIED}
    (sample,) = rig.service.samples.values()
    assert sample.closed == ["runs/a_2.fq", "runs/a_1.fq"]
    assert rig.order(Open) == rig.order(Close) == ["a_2.fq", "a_1.fq"]


def test_files_without_a_mate_go_alone(rig: PairRig) -> None:
    batch = rig.upload(rig.pair("a_1.fq", "a_2.fq", "b_2.fq", "c.fq"))
    rig.run_to_rest(batch)
    assert sorted(sample.size for sample in rig.service.whole()) == [1, 1, 2]


def test_mates_are_found_in_one_folder_only(rig: PairRig) -> None:
    folder = rig.pair("a_1.fq")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "a_2.fq").write_bytes(b"x" * 20)
    rig.run_to_rest(rig.upload(folder))
    assert [sample.size for sample in rig.service.whole()] == [1, 1]


def test_a_failure_of_one_fails_both(rig: PairRig) -> None:
    rig.service.fail(MovePart, Refused("no"), path="a_2")
    batch = rig.upload(rig.pair())
    rig.run_to_rest(batch)
    assert rig.states_of(batch) == {"a_1.fq": State.FAILED, "a_2.fq": State.FAILED}
    kinds = {file.name: file.problem.kind for file in rig.files(batch) if file.problem}
    assert kinds == {"a_1.fq": "MateFailed", "a_2.fq": "Refused"}
    assert rig.service.whole() == []


@pytest.mark.parametrize("step", [Open, MovePart, Close, Check])
@pytest.mark.parametrize("path", ["a_1", "a_2"])
@pytest.mark.parametrize("resumed", ["a_1.fq", "a_2.fq"])
def test_after_a_failure_either_takes_both_on(
    rig: PairRig, step: type, path: str, resumed: str
) -> None:
    rig.service.fail(step, Refused("no"), path=path)
    batch = rig.upload(rig.pair())
    rig.run_to_rest(batch)
    assert not any(state is State.VERIFIED for state in rig.states_of(batch).values()) or (
        step is Check
    )
    rig.rested.clear()
    rig.engine.resume([rig.files(batch)[0].id, rig.id_of(batch, resumed)])
    rig.run_to_rest(batch)
    assert set(rig.states_of(batch).values()) == {State.VERIFIED}
    assert len(rig.service.whole()) == 1
    assert rig.service.left_open() == []


def test_a_lost_upload_of_one_opens_both_anew(rig: PairRig) -> None:
    rig.service.fail(MovePart, UploadGone("gone"), path="a_2", number=3)
    batch = rig.upload(rig.pair())
    rig.run_to_rest(batch)
    assert set(rig.states_of(batch).values()) == {State.VERIFIED}
    assert len(rig.service.samples) == 2
    assert len(rig.service.whole()) == 1
    assert rig.service.left_open() == []


@pytest.mark.parametrize("name", ["a_1.fq", "a_2.fq"])
@pytest.mark.parametrize("steps", [1, 2, 4, 6, 8, 10])
def test_cancelling_one_cancels_both_and_leaves_nothing(
    rig: PairRig, name: str, steps: int
) -> None:
    batch = rig.upload(rig.pair())
    rig.run_until(lambda: len(rig.service.steps) >= steps)
    rig.engine.cancel([rig.id_of(batch, name)])
    rig.run_to_rest(batch)
    assert set(rig.states_of(batch).values()) == {State.CANCELLED}
    assert rig.service.whole() == []
    assert rig.service.left_open() == []


def test_a_leader_that_is_closed_is_cancelled_with_its_mate(rig: PairRig) -> None:
    rig.service.fail(Close, Temporary("later"), path="a_1", times=2)
    batch = rig.upload(rig.pair())
    rig.run_until(lambda: rig.order(Close)[:2] == ["a_2.fq", "a_1.fq"])
    rig.engine.cancel([rig.id_of(batch, "a_2.fq")])
    rig.run_to_rest(batch)
    assert set(rig.states_of(batch).values()) == {State.CANCELLED}
    assert rig.order(Abort) == ["a_1.fq"]
    assert rig.service.left_open() == []


def test_what_arrived_whole_stays_when_it_is_cancelled_too_late(rig: PairRig) -> None:
    batch = rig.upload(rig.pair())
    rig.run_until(lambda: bool(rig.order(Check)))
    rig.engine.cancel(batch)
    rig.run_to_rest(batch)
    assert set(rig.states_of(batch).values()) == {State.VERIFIED}


def test_pausing_one_holds_the_end_of_both_and_nothing_else(rig: PairRig) -> None:
    folder = rig.pair("a_1.fq", "a_2.fq", "z.fq")
    batch = rig.upload(folder)
    rig.run_until(lambda: len(rig.service.steps) >= 1)
    leader = rig.id_of(batch, "a_2.fq")
    rig.engine.pause([leader])
    rig.run_until(lambda: rig.states_of(batch)["z.fq"] is State.VERIFIED)
    assert rig.states_of(batch)["a_2.fq"] is State.PAUSED
    rig.engine.resume([leader])
    rig.run_to_rest(batch)
    assert set(rig.states_of(batch).values()) == {State.VERIFIED}


def test_a_new_version_of_one_is_sent_with_its_mate(rig: PairRig) -> None:
    rig.service.fail(MovePart, SourceChanged("other"), path="a_1", number=2)
    folder = rig.pair()
    batch = rig.upload(folder)
    rig.run_to_rest(batch)
    (folder / "a_1.fq").write_bytes(b"y" * 52)
    rig.rested.clear()
    rig.engine.send_new_version([rig.id_of(batch, "a_1.fq")])
    rig.run_to_rest(batch)
    assert set(rig.states_of(batch).values()) == {State.VERIFIED}
    assert len(rig.service.whole()) == 1
    assert rig.service.left_open() == []


@pytest.mark.parametrize("rule", [IfExists.SKIP, IfExists.KEEP_BOTH])
@pytest.mark.parametrize("slash", [True, False])
def test_the_name_rule_is_asked_once_for_both(rig: PairRig, rule: IfExists, slash: bool) -> None:
    place = "runs/a_1.fq" if slash else "runs/run/a_1.fq"
    rig.accounts.use(PairProvider([place]))
    batch = rig.upload(rig.pair(), rule=rule, slash=slash)
    rig.run_to_rest(batch)
    if rule is IfExists.SKIP:
        assert set(rig.states_of(batch).values()) == {State.SKIPPED}
        assert rig.service.steps == []
        return
    assert [file.renamed_to for file in rig.files(batch)] == ["a_2_1.fq", "a_1_1.fq"]
    assert set(rig.states_of(batch).values()) == {State.VERIFIED}


def test_a_skipped_pair_sent_after_all_is_a_pair(rig: PairRig) -> None:
    rig.accounts.use(PairProvider(["runs/a_1.fq"]))
    batch = rig.upload(rig.pair())
    rig.run_to_rest(batch)
    rig.rested.clear()
    rig.engine.decide([rig.id_of(batch, "a_2.fq")], IfExists.KEEP_BOTH)
    rig.run_to_rest(batch)
    assert set(rig.states_of(batch).values()) == {State.VERIFIED}
    assert [sample.size for sample in rig.service.whole()] == [2]


def test_one_that_is_too_large_keeps_the_other_back(rig: PairRig) -> None:
    batch = rig.upload(rig.pair(sizes=(35, 2000)))
    rig.run_to_rest(batch)
    kinds = {file.name: file.problem.kind for file in rig.files(batch) if file.problem}
    assert kinds == {"a_1.fq": "MateFailed", "a_2.fq": "TooLarge"}
    assert rig.service.steps == []


@pytest.mark.parametrize("steps", range(1, 16))
def test_after_a_kill_at_any_step_the_pair_arrives_as_one(rig: PairRig, steps: int) -> None:
    batch = rig.upload(rig.pair())
    rig.run_until(lambda: len(rig.service.steps) >= steps or batch in rig.rested)
    rig.kill()
    rig.run_until(lambda: set(rig.states_of(batch).values()) == {State.VERIFIED})
    assert len(rig.service.whole()) == 1


@pytest.mark.parametrize("steps", range(2, 14))
def test_after_a_kill_the_lost_sample_is_made_anew(rig: PairRig, steps: int) -> None:
    """As where what the opening answered is a secret that died with the process."""
    batch = rig.upload(rig.pair())
    rig.run_until(lambda: len(rig.service.steps) >= steps or batch in rig.rested)
    rig.service.forget("a_")
    rig.kill()
    rig.run_until(lambda: set(rig.states_of(batch).values()) == {State.VERIFIED})
    assert len(rig.service.whole()) == 1
    assert rig.service.left_open() == []


@pytest.mark.parametrize("seed", range(60))
def test_whatever_happens_both_arrive_or_neither(tmp_path: Path, seed: int) -> None:
    rig = PairRig(tmp_path, seed)
    chance = rig.chance
    names = [f"{letter}_{number}.fq" for letter in "abc" for number in (1, 2)]
    batch = rig.upload(rig.pair(*names, sizes=(35, 45, 5, 25)))
    rig.run_until(lambda: len(rig.files(batch)) == 6)
    kinds = (Open, MovePart, Close, Check)
    errors = (Temporary("later"), Refused("no"), UploadGone("gone"), None)
    for _ in range(chance.randint(1, 6)):
        kind, error = chance.choice(kinds), chance.choice(errors)
        if kind in (Open, Check) and isinstance(error, UploadGone):
            continue
        rig.service.fail(kind, error, path=chance.choice("abc") + "_", after=chance.random() < 0.3)
    for _ in range(chance.randint(0, 60)):
        rig.turn()
        one = chance.choice(rig.files(batch)).id
        doing = chance.random()
        if doing < 0.05:
            rig.engine.pause([one])
        elif doing < 0.1:
            rig.engine.resume([one])
        elif doing < 0.12:
            rig.kill()
    rig.service.faults.clear()

    for _ in range(10):
        rig.engine.resume(batch)
        for _ in range(300):
            rig.turn()
    assert set(rig.states_of(batch).values()) == {State.VERIFIED}, rig.states()
    made = [sorted(sample.closed) for sample in rig.service.whole()]
    assert sorted(made) == [[f"runs/{letter}_1.fq", f"runs/{letter}_2.fq"] for letter in "abc"], (
        made
    )
    rig.close()
