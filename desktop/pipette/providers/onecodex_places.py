"""Projects and samples seen as places: ``ACCOUNT:/Project/folder/name``.

A place whose first segment is no project means a sample that has no project; so ``ACCOUNT:/`` is a
place to send to, too.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipette.model import errors
from pipette.model.files import Kind, Location, RemoteFile
from pipette.providers.onecodex_api import Calls, Listed, Project
from pipette.providers.onecodex_names import first_names
from pipette.providers.onecodex_samples import Sample, id_in_name, named_by_id, remote_of
from pipette.providers.protocol import Page

_MOST_CARRIED = 200
"""Names carried from page to page, to tell doubles apart."""


class Places:
    """Any thread. What a project is called is looked up once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._lock = threading.Lock()
        self._projects: dict[str, Project] = {}

    def project(self, name: str) -> Project | None:
        """Raises Refused when several have this name."""
        with self._lock:
            known = self._projects.get(name)
        if known is not None:
            return known
        found = self._calls.project(name)
        if found is not None:
            with self._lock:
                self._projects[name] = found
        return found

    def target(self, to: Location) -> Project | None:
        """Where to send; None is outside of all projects. Raises ContainerGone, NotAllowed."""
        if not to.container:
            return None
        found = self.project(to.container)
        if found is None:
            raise errors.ContainerGone(f"there is no project {to.container!r}")
        if not found.takes_files:
            raise errors.NotAllowed(f"no right to add files to {to.container!r}")
        return found

    # One thing

    def find(self, at: Location) -> RemoteFile | None:
        if not at.container and not at.path:
            return RemoteFile(at, Kind.PROJECT)
        if at.is_folder_marker:
            return self._find_folder(at)
        sample = self.sample(at)
        if sample is not None:
            return remote_of(sample, at)
        return self._find_project(at) if not at.path else None

    def sample(self, at: Location) -> Sample | None:
        """The sample people mean by this place; of several, the one that was there first."""
        project, path = self._resolved(at)
        if not path:
            return None
        named = list(self._named(project, path))
        if named:
            return min(named, key=lambda sample: (sample.created or 0.0, sample.id))
        told = id_in_name(path)
        if told is None:
            return self._joined(project, path)
        plain, sample_id = told
        same = [sample for sample in self._named(project, plain) if sample.id == sample_id]
        return same[0] if same else None

    def _joined(self, project: Project | None, path: str) -> Sample | None:
        """The sample that this file became a part of, as the second of a pair."""
        folder, slash, name = path.rpartition("/")
        for first in first_names(name):
            for sample in self._named(project, f"{folder}{slash}{first}"):
                if sample.mate == name:
                    return sample
        return None

    def _find_project(self, at: Location) -> RemoteFile | None:
        found = self.project(at.container)
        return _project_row(at, found) if found else None

    def _find_folder(self, at: Location) -> RemoteFile | None:
        """A folder is there as long as something is in it."""
        cursor: str | None = None
        while True:
            page = self.list(replace(at, path=at.path.rstrip("/")), cursor, recursive=True)
            if page.items:
                return RemoteFile(at, Kind.FOLDER)
            cursor = page.cursor
            if cursor is None:
                return None

    def _resolved(self, at: Location) -> tuple[Project | None, str]:
        """The project and the path in it."""
        project = self.project(at.container) if at.container else None
        if project is not None or not at.container:
            return project, at.path
        return None, f"{at.container}/{at.path}" if at.path else at.container

    def _named(self, project: Project | None, path: str) -> Iterator[Sample]:
        where: dict[str, object] = {"filename": path.rpartition("/")[2]}
        if project is not None:
            where["project"] = project.id
        cursor: str | None = None
        while True:
            page = self._calls.samples(where, cursor)
            yield from (one for one in page.samples if _is_in(one, project) and one.path == path)
            cursor = page.cursor
            if cursor is None:
                return

    # Many

    def list(self, folder: Location, cursor: str | None = None, *, recursive: bool = False) -> Page:
        project, path = self._resolved(folder)
        if not folder.container and not path and not recursive and _is_about_projects(cursor):
            return self._projects_page(folder, cursor)
        where = {"project": project.id} if project else {}
        state = _State.of(cursor)
        listed = self._calls.samples(where, state.cursor, filename=False)
        if project is None and folder.container and not folder.path:
            self._expect_container(folder, listed)
        return self._page(folder, project, path, listed, state, recursive)

    def _expect_container(self, folder: Location, listed: Listed) -> None:
        """The name is neither that of a project nor of what lies outside of all."""
        name = folder.container
        paths = [one.path for one in listed.samples if one.project is None]
        if listed.cursor is None and not any(
            path == name or path.startswith(f"{name}/") for path in paths
        ):
            raise errors.ContainerGone(f"there is no project {name!r}")

    def _projects_page(self, folder: Location, cursor: str | None) -> Page:
        number = int(cursor.partition(" ")[2]) if cursor else 1
        found, following = self._calls.projects({}, number)
        rows = [
            _project_row(replace(folder, container=self._unique(project, found)), project)
            for project in found
        ]
        # After the projects come the samples that have none.
        return Page(rows, f"{_PROJECTS} {following}" if following else _State("").text)

    def _unique(self, project: Project, among: Sequence[Project]) -> str:
        same = [one for one in among if one.name == project.name]
        return project.name if len(same) == 1 else project.handle or project.id

    def _page(
        self,
        folder: Location,
        project: Project | None,
        path: str,
        listed: Listed,
        state: _State,
        recursive: bool,
    ) -> Page:
        names, prefix = _Names(state), f"{path}/" if path else ""
        items: list[RemoteFile] = []
        for sample in listed.samples:
            if not _is_in(sample, project):
                continue
            full = names.of(sample)
            if full == path and folder.container:
                items.append(remote_of(sample, folder))
            elif full.startswith(prefix):
                items += self._row(folder, full[len(prefix) :], sample, names, recursive)
        return Page(items, names.state(listed.cursor).text if listed.cursor else None)

    def _row(
        self, folder: Location, relative: str, sample: Sample, names: _Names, recursive: bool
    ) -> Sequence[RemoteFile]:
        top, deeper, _ = relative.partition("/")
        if recursive or not deeper:
            return [remote_of(sample, folder.child(relative))]
        if names.met(top):
            return []
        return [RemoteFile(folder.child(top), Kind.FOLDER)]


_PROJECTS = "projects"


def _is_about_projects(cursor: str | None) -> bool:
    return cursor is None or cursor.startswith(_PROJECTS)


def _is_in(sample: Sample, project: Project | None) -> bool:
    return sample.is_there and sample.project == (project.id if project else None)


def _project_row(at: Location, project: Project) -> RemoteFile:
    details = {} if project.takes_files else {"read_only": "yes"}
    return RemoteFile(at, Kind.PROJECT, id=project.id, details=details)


@dataclass(frozen=True, slots=True)
class _State:
    """What a cursor of ours holds: the service's own, and what must not come twice."""

    cursor: str
    paths: tuple[str, ...] = ()
    """Of samples with the last file name seen."""
    folders: tuple[str, ...] = ()

    @staticmethod
    def of(text: str | None) -> _State:
        if text is None:
            return _State("")
        cursor, paths, folders = json.loads(text)
        return _State(cursor, tuple(paths), tuple(folders))

    @property
    def text(self) -> str:
        return json.dumps([self.cursor, self.paths[-_MOST_CARRIED:], self.folders])


class _Names:
    """Tells samples of one name apart; they come in the order of their names."""

    def __init__(self, state: _State) -> None:
        self._paths = dict.fromkeys(state.paths)
        self._folders = dict.fromkeys(state.folders)
        self._filename = state.paths[-1].rpartition("/")[2] if state.paths else ""

    def of(self, sample: Sample) -> str:
        if sample.filename != self._filename:
            self._paths.clear()
            self._filename = sample.filename
        if sample.path in self._paths:
            return named_by_id(sample.path, sample.id)
        self._paths[sample.path] = None
        return sample.path

    def met(self, folder: str) -> bool:
        """True from the second time on."""
        if folder in self._folders:
            return True
        self._folders[folder] = None
        return False

    def state(self, cursor: str) -> _State:
        return _State(cursor, tuple(self._paths), tuple(self._folders))
