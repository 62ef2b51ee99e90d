"""Opening an upload: the sample is made, by the way that fits its size and that the service offers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipette.model import errors
from pipette.model.files import GiB, Location
from pipette.providers.onecodex_api import ROOT, Calls, Project
from pipette.providers.onecodex_labels import Labels
from pipette.providers.onecodex_samples import FOLDER, MATE, OPENING, Sample
from pipette.providers.onecodex_storage import PART_STEP

log = logging.getLogger(__name__)

BY_FORM = "init_upload"
BY_PARTS = "init_multipart_upload"

_NOT_OFFERED = (errors.RemoteMissing, errors.Unavailable)
_CALLS = 2
"""Made in a row for one opening: allowed together or not at all."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Which way a file goes, and in what parts."""

    by_form: int = GiB
    """Larger ones go in parts, which can be resumed."""
    part_step: int = PART_STEP


@dataclass(frozen=True, slots=True)
class Order:
    """A sample to be made."""

    to: Location
    """Where its file goes; of a pair, its first file."""
    size: int
    key: str
    project: Project | None
    second: Location | None = None
    second_size: int = 0

    @property
    def largest(self) -> int:
        return max(self.size, self.second_size)

    def body(self, labels: Labels, *, by_form: bool) -> dict[str, object]:
        """Older servers take no field that they do not know."""
        folder = self.to.path.rpartition("/")[0]
        custom = {OPENING: self.key, **({FOLDER: folder} if folder else {})}
        if self.second is not None:
            custom[MATE] = self.second.name
        body: dict[str, object] = {"filename": self.to.name, **labels.body(custom)}
        if self.second is not None:
            body["paired_end_filename"] = self.second.name
        if self.project is not None:
            body["project"] = {"$ref": f"{ROOT}/projects/{self.project.id}"}
        if by_form:
            body |= {"size": self.size, "upload_type": "standard"}
        return body


@dataclass(frozen=True, slots=True)
class Begun:
    """What the service answered; holds secrets."""

    by_form: bool
    answer: Mapping[str, Any] = field(repr=False)
    baseline: Sample | None
    """The sample as it is before its data."""
    at: float

    @property
    def sample(self) -> str:
        return str(self.answer["sample_id"])


class Opening:
    """Any thread."""

    def __init__(
        self,
        calls: Calls,
        labels: Callable[[], Labels],
        clock: Callable[[], float],
        sizes: Sizes,
    ) -> None:
        self._calls = calls
        self._labels = labels
        self._clock = clock
        self._sizes = sizes
        self._lock = threading.Lock()
        self._asked: dict[str, bool] = {}
        """Openings of this process that go on, and whether the service may have heard of them."""
        self._bare_ids = False
        """Learned: a project is taken as its bare id only."""

    def begin(self, order: Order, *, again: bool) -> Begun:
        """Make the sample. ``again``: what an earlier try left there is removed first."""
        with self._lock:
            heard = again and self._asked.get(order.key, True)
        if heard:
            self._remove_unanswered(order)
        self._calls.reserve(_CALLS)
        at = self._clock()
        by_form, answer = self._offered(order)
        sample = str(answer["sample_id"])
        try:
            return Begun(by_form, answer, self._calls.sample(sample, reserved=True), at)
        except errors.TransferError:
            self.give_up(sample)
            raise

    def give_up(self, sample: str) -> None:
        """Something failed after the sample was made: leave nothing behind if that can be helped."""
        try:
            self._calls.cancel(sample)
        except errors.TransferError as error:
            # The next try finds it by the key of this opening.
            log.info("A sample that was not used could not be cancelled: %s", error.detail)

    def _offered(self, order: Order) -> tuple[bool, dict[str, Any]]:
        small = order.largest <= self._sizes.by_form
        first, other = (BY_FORM, BY_PARTS) if small else (BY_PARTS, BY_FORM)
        try:
            return first == BY_FORM, self._init(first, order)
        except _NOT_OFFERED as missing:
            log.info("The service does not offer %s: %s", first, missing.detail)
        return other == BY_FORM, self._init(other, order)

    def _init(self, route: str, order: Order) -> dict[str, Any]:
        body = order.body(self._labels(), by_form=route == BY_FORM)
        self._note(order, heard=True)
        try:
            answer = self._with_project(route, body, order.project)
        except (errors.SlowDown, errors.Refused, errors.Unavailable, errors.SignInNeeded):
            self._note(order, heard=False)
            raise
        with self._lock:
            self._asked.pop(order.key, None)
        return answer

    def _with_project(
        self, route: str, body: dict[str, object], project: Project | None
    ) -> dict[str, Any]:
        """The service's own book wants a reference; its own client sends the bare id."""
        if project is None:
            return self._calls.begin(route, body)
        bare = {**body, "project": project.id}
        if self._bare_ids:
            return self._calls.begin(route, bare)
        try:
            return self._calls.begin(route, body)
        except errors.Refused as refused:
            if type(refused) is not errors.Refused or "project" not in refused.detail.lower():
                raise
        answer = self._calls.begin(route, bare)
        self._bare_ids = True
        return answer

    def _note(self, order: Order, *, heard: bool) -> None:
        with self._lock:
            self._asked[order.key] = heard

    def _remove_unanswered(self, order: Order) -> None:
        """The samples that carry the key of this very opening."""
        cursor: str | None = None
        while True:
            page = self._calls.samples({"filename": order.to.name}, cursor)
            for sample in page.samples:
                if (sample.custom or {}).get(OPENING) == order.key and not sample.is_there:
                    self._calls.cancel(sample.id)
            cursor = page.cursor
            if cursor is None:
                return
