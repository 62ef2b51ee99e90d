"""A home's queue and the processes around it.

One process owns the queue, as long as it holds the home's lock. Others leave their orders as small
files in the home's inbox, from which the owner takes them; the file that answers an order holds the
id of its batch. Should the owner end first, whoever waits for an answer becomes the owner and
carries the orders out itself. Orders hold paths and places, never a key.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pipette.engine.clock import Clock, SystemClock
from pipette.engine.drs_rows import manifest_from_json, manifest_to_json
from pipette.engine.engine import Engine
from pipette.engine.journal_rows import options_from_json, options_to_json
from pipette.model.drs_manifest import Manifest
from pipette.model.files import Location
from pipette.model.transfer import BatchId, BatchOptions

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
ORDER, ANSWER = ".order", ".answer"
SHOWN = BatchId("shown")


@dataclass(frozen=True, slots=True)
class Order:
    """What one process asks of the one that owns the queue."""

    verb: str
    """upload, download, import, resume, cancel, limits, account or show."""
    given: tuple[str, ...] = ()
    """Paths, written places, batch ids or an account's name."""
    place: tuple[str, str, str] = ("", "", "")
    places: tuple[tuple[str, str, str], ...] = ()
    local: str = ""
    options: BatchOptions = field(default_factory=BatchOptions)
    limits: tuple[float | None, float | None] = (None, None)
    manifest: Manifest | None = None

    def to_json(self) -> str:
        return json.dumps(
            {
                "verb": self.verb,
                "given": self.given,
                "place": self.place,
                "places": self.places,
                "local": self.local,
                "options": options_to_json(self.options),
                "limits": self.limits,
                "manifest": manifest_to_json(self.manifest) if self.manifest else None,
            }
        )

    @staticmethod
    def from_json(text: str) -> Order:
        data: dict[str, Any] = json.loads(text)
        up, down = data["limits"]
        account, container, path = data["place"]
        manifest = data.get("manifest")
        return Order(
            verb=str(data["verb"]),
            given=tuple(map(str, data["given"])),
            place=(account, container, path),
            places=tuple((a, c, p) for a, c, p in data["places"]),
            local=str(data["local"]),
            options=options_from_json(data["options"]),
            limits=(up, down),
            manifest=manifest_from_json(manifest) if manifest else None,
        )


class Home:
    """This process's way to the queue of one home, as its owner or through the owner."""

    def __init__(
        self,
        lock: Path,
        inbox: Path,
        start_engine: Callable[[], Engine],
        show: Callable[[Sequence[str]], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """``start_engine`` makes, restores and starts the engine; called once the queue is ours.
        ``show`` is called, on a thread of the home, when another start of the window hands over
        its files."""
        self._lock = FileLock(lock, blocking=False)
        self._inbox = inbox
        self._start_engine = start_engine
        self._show = show
        self._clock = clock or SystemClock()
        self._engine: Engine | None = None
        self._ordered: list[BatchId] = []
        """Batches this process asked another one for: ours to finish, should that one end."""
        self._ending = threading.Event()
        self._watcher: threading.Thread | None = None
        self._answering = threading.Lock()
        """Held from taking an order out of the inbox until its answer is there."""

    @property
    def is_owner(self) -> bool:
        return self._engine is not None

    @property
    def engine(self) -> Engine | None:
        """The queue itself, while it is ours."""
        return self._engine

    def own(self) -> bool:
        """Become the owner if there is none. True when the queue is ours."""
        if self._engine:
            return True
        try:
            self._lock.acquire()
        except Timeout:
            return False
        try:
            self._engine = self._start_engine()
        except BaseException:
            self._lock.release()
            raise
        if self._ordered:
            self._engine.resume(self._ordered)
        self._inbox.mkdir(parents=True, exist_ok=True)
        self._watcher = threading.Thread(target=self._watch, name="inbox", daemon=True)
        self._watcher.start()
        return True

    def close(self) -> None:
        """Stop what we own, keep every place, and give the queue up."""
        self._ending.set()
        if self._watcher:
            self._watcher.join()
        if self._engine:
            self._engine.stop()
            self._engine = None
            self._lock.release()

    # Orders: carried out here, or handed to the owner; each returns when the journal shows it.

    def upload(self, paths: Sequence[str], to: Location, options: BatchOptions) -> BatchId:
        place = (to.account, to.container, to.path)
        return self._order(Order("upload", tuple(paths), place, options=options))

    def download(
        self, places: Sequence[Location], to_folder: str, options: BatchOptions
    ) -> BatchId:
        written = tuple((one.account, one.container, one.path) for one in places)
        return self._order(Order("download", places=written, local=to_folder, options=options))

    def import_drs(self, manifest: Manifest, to: Location, options: BatchOptions) -> BatchId:
        place = (to.account, to.container, to.path)
        return self._order(Order("import", place=place, options=options, manifest=manifest))

    def resume(self, batches: Sequence[BatchId]) -> None:
        self._order(Order("resume", tuple(batches)))

    def cancel(self, batch: BatchId) -> None:
        self._order(Order("cancel", (batch,)))

    def set_limits(self, up_bytes: float | None, down_bytes: float | None) -> None:
        self._order(Order("limits", limits=(up_bytes, down_bytes)))

    def account_changed(self, account: str) -> None:
        self._order(Order("account", (account,)))

    def show(self, paths: Sequence[str]) -> bool:
        """Bring the owner's window to the front, with these files to send. False: it has none."""
        return self._order(Order("show", tuple(paths))) == SHOWN

    def keep_going(self) -> None:
        """Own the queue if its owner is gone."""
        self.own()

    def _order(self, order: Order) -> BatchId:
        if self._engine:
            return self._carry_out(self._engine, order)
        file = self._inbox / (uuid.uuid4().hex + ORDER)
        self._inbox.mkdir(parents=True, exist_ok=True)
        _write_whole(file, order.to_json())
        while (batch := _answer_to(file)) is None:
            if self.own():
                return self._carry_out_unless_answered(file, order)
            self._clock.sleep(POLL_SECONDS / 2)
        if order.verb in ("upload", "download", "import"):
            self._ordered.append(batch)
        elif order.verb == "resume":
            self._ordered += [BatchId(given) for given in order.given]
        return batch

    def _carry_out_unless_answered(self, file: Path, order: Order) -> BatchId:
        """The queue became ours while we waited; its owner may have taken the order and ended."""
        with self._answering:
            batch = _answer_to(file)
            if batch is not None or self._engine is None:
                return batch or BatchId("")
            file.unlink(missing_ok=True)
            return self._carry_out(self._engine, order)

    def _carry_out(self, engine: Engine, order: Order) -> BatchId:
        batch = BatchId("")
        batches = [BatchId(text) for text in order.given]
        match order.verb:
            case "upload":
                batch = engine.upload(order.given, Location(*order.place), order.options)
            case "download":
                places = [Location(*place) for place in order.places]
                batch = engine.download(places, order.local, order.options)
            case "import" if order.manifest:
                batch = engine.import_drs(order.manifest, Location(*order.place), order.options)
            case "resume":
                engine.resume(batches)
            case "cancel":
                for one in batches:
                    engine.cancel([one])
            case "limits":
                engine.set_limits(*order.limits)
            case "account":
                for account in order.given:
                    engine.account_changed(account)
            case "show" if self._show:
                self._show(order.given)
                batch = SHOWN
        engine.settle()
        return batch

    # The owner's side

    def _watch(self) -> None:
        """On the inbox's own thread."""
        while not self._ending.is_set():
            for file in sorted(self._inbox.glob(f"*{ORDER}")):
                try:
                    with self._answering:
                        self._answer(file)
                except OSError as error:
                    # A full disk, say: the other orders are not to wait for that one.
                    log.error("an order in the inbox was not answered: %s", error)
            self._ending.wait(POLL_SECONDS)

    def _answer(self, file: Path) -> None:
        engine = self._engine
        if engine is None:
            return
        try:
            order = Order.from_json(file.read_text("utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError):
            log.warning("an order in the inbox could not be read and is left out: %s", file.name)
            file.unlink(missing_ok=True)
            return
        # First out of the inbox, then carried out: an order is never carried out twice. Should we
        # be killed in between, the one who waits sees neither order nor answer, becomes the owner
        # and carries it out.
        file.unlink(missing_ok=True)
        batch = self._carry_out(engine, order)
        _write_whole(file.with_suffix(ANSWER), batch)


def _answer_to(file: Path) -> BatchId | None:
    """The owner's answer to the order in this file, taken out of the inbox."""
    answer = file.with_suffix(ANSWER)
    if not answer.exists():
        return None
    batch = BatchId(answer.read_text("utf-8"))
    answer.unlink()
    return batch


def _write_whole(path: Path, text: str) -> None:
    """Appears complete or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(text, "utf-8")
    draft.replace(path)
