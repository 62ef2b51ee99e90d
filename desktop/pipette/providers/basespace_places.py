"""Which project and app result a name means, and the making of app results.

Projects are never made. An app result is made when a file goes into one that is not there, or whose
app session has ended: nothing can be added to those, so another one of the same name takes the rest.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from pipette.model import errors
from pipette.providers.basespace_api import Api, Clock
from pipette.providers.basespace_names import called, labelled, names_one
from pipette.providers.basespace_rows import RUNNING, AppResult, Project, in_order

log = logging.getLogger(__name__)

FRESH_SECONDS = 10.0
"""So long a list of app results is believed when looking; never when writing."""


class Places:
    """Any thread. Remembers ids only."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._projects: dict[str, Project] = {}
        self._listed: dict[str, tuple[float, list[AppResult]]] = {}
        self._writable: dict[tuple[str, str], AppResult] = {}
        self._ended: set[str] = set()

    def projects(self) -> list[tuple[str, Project]]:
        """By what they are called in a path."""
        return labelled(self._api.projects())

    def project(self, name: str) -> Project | None:
        """Raises Refused when it is not clear which one is meant."""
        known = self._projects.get(name)
        if known is not None:
            return known
        found = called(self._api.projects(), name)
        if len(found) > 1:
            choices = ", ".join(label for label, _ in labelled(found))
            raise errors.Refused(f"several projects have this name; name one of them: {choices}")
        if found:
            with self._lock:
                self._projects[name] = found[0]
        return found[0] if found else None

    def expected_project(self, name: str) -> Project:
        project = self.project(name)
        if project is None:
            raise errors.ContainerGone(name)
        return project

    def app_results(self, project: Project, *, fresh: bool = False) -> list[AppResult]:
        now = self._clock()
        with self._lock:
            asked_at, known = self._listed.get(project.id, (0.0, []))
        if not fresh and 0 <= now - asked_at < FRESH_SECONDS:
            return known
        found = self._api.app_results(project.id)
        with self._lock:
            self._listed[project.id] = (now, found)
        return found

    def named(self, project: Project, segment: str, *, fresh: bool = False) -> list[AppResult]:
        """Those a path's first segment means, the newest first."""
        found = called(self.app_results(project, fresh=fresh), segment)
        return sorted(found, key=lambda row: in_order(row.id), reverse=True)

    def writable(self, container: str, segment: str) -> AppResult:
        """The running app result of this name; made if there is none. Raises ContainerGone."""
        key = (container, segment)
        known = self._known(key)
        if known is not None:
            return known
        # Held while asking on purpose: the other workers wait for this one app result.
        with self._making:
            known = self._known(key)
            if known is None:
                known = self._found_or_made(self.expected_project(container), segment)
                with self._lock:
                    self._writable[key] = known
            return known

    def ended(self, app_result: str) -> None:
        """Its session takes no more files: it is not written to again."""
        with self._lock:
            self._ended.add(app_result)
            self._listed.clear()

    def is_running(self, session: str) -> bool:
        return not session or self._api.session_status(session) == RUNNING

    def _known(self, key: tuple[str, str]) -> AppResult | None:
        with self._lock:
            known = self._writable.get(key)
            return None if known is None or known.id in self._ended else known

    def _found_or_made(self, project: Project, segment: str) -> AppResult:
        found = self.named(project, segment, fresh=True)
        running = self._running(found)
        if running:
            return running[0]
        if found and names_one(segment, found[0]):
            raise errors.Refused("this app result is finished: no file can be added to it")
        made = self._api.create_app_result(project.id, segment)
        if not made.is_running:
            raise errors.Refused(f"a new app result that is {made.status or 'not running'}")
        log.info("App result %s was made", made.id)
        with self._lock:
            self._listed.pop(project.id, None)
        return made

    def _running(self, found: Sequence[AppResult]) -> list[AppResult]:
        with self._lock:
            return [row for row in found if row.is_running and row.id not in self._ended]
