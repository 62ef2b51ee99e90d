"""The projects of an account: a place names one as people do, ICA by its id."""

from __future__ import annotations

import threading
from collections import Counter

from pipette.model.errors import ContainerGone, Refused
from pipette.model.files import Kind, Location, RemoteFile
from pipette.providers.ica_api import Api
from pipette.providers.ica_records import Project, project_of

FRESH_SECONDS = 300.0
PATH = "api/projects"


class Projects:
    """Read whole and kept for some minutes. Any thread."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._reading = threading.Lock()
        self._known: tuple[Project, ...] = ()
        self._read_at = float("-inf")

    def named(self, container: str) -> Project:
        """By its name or id. Raises ContainerGone, and Refused where several have the name."""
        found = self._matching(container, self._all())
        if not found and self._known_of_old():
            found = self._matching(container, self._all(anew=True))
        if not found:
            raise ContainerGone(f"no project {container}")
        if len(found) > 1:
            raise Refused(f"{len(found)} projects are called {container}; name one by its id")
        return found[0]

    def listed(self, account: str) -> list[RemoteFile]:
        """All of them. One that shares its name, or has a slash in it, goes by its id."""
        projects = self._all(anew=True)
        times = Counter(project.name for project in projects)
        return [
            RemoteFile(Location(account, self._shown(project, times)), Kind.PROJECT, id=project.id)
            for project in projects
        ]

    def first_page(self) -> int:
        """Ask for one project; says how many came. Shows whether a key is good."""
        return len(self._api.get(PATH, {"pageSize": 1}).get("items") or [])

    def _shown(self, project: Project, times: Counter[str]) -> str:
        plain = times[project.name] == 1 and "/" not in project.name
        return project.name if plain else project.id

    def _matching(self, container: str, projects: tuple[Project, ...]) -> list[Project]:
        by_id = [project for project in projects if project.id == container]
        return by_id or [project for project in projects if project.name == container]

    def _known_of_old(self) -> bool:
        """The list was not read just now for this very question."""
        return self._api.clock() != self._read_at

    def _all(self, *, anew: bool = False) -> tuple[Project, ...]:
        asked_at = self._api.clock()
        # Held while asking on purpose: whoever comes meanwhile shares the answer.
        with self._reading:
            fresh = self._read_at >= asked_at - (0.0 if anew else FRESH_SECONDS)
            if not fresh or not self._known:
                self._known = self._read()
                self._read_at = asked_at
            return self._known

    def _read(self) -> tuple[Project, ...]:
        found: list[Project] = []
        cursor: str | None = None
        while True:
            rows = self._api.page(PATH, {}, cursor)
            found += [project for row in rows.items if (project := project_of(row))]
            cursor = rows.cursor
            if cursor is None:
                return tuple(found)
