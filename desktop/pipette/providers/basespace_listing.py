"""Looking through BaseSpace: projects, app results as their folders, and files with their paths.

Several app results of one name are one folder; where they hold the same path, the newest counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipette.model.files import Kind, Location, RemoteFile
from pipette.providers.basespace_api import PAGE, Api
from pipette.providers.basespace_names import composed, labelled, split_path
from pipette.providers.basespace_places import Places
from pipette.providers.basespace_proof import likely_part_size
from pipette.providers.basespace_rows import (
    COMPLETE,
    RUNNING,
    AppResult,
    File,
    Project,
    file_of,
    in_order,
)
from pipette.providers.protocol import Page


class Listing:
    """Any thread."""

    def __init__(self, api: Api, places: Places) -> None:
        self._api = api
        self._places = places

    def projects(self, account: str) -> Page:
        return Page(
            [
                RemoteFile(
                    Location(account, label), Kind.PROJECT, id=project.id, changed=project.changed
                )
                for label, project in self._places.projects()
            ]
        )

    def find(self, at: Location) -> RemoteFile | None:
        """A project, an app result or folder (asked for with a slash at its end), or a file."""
        project = self._places.project(at.container)
        if project is None:
            return None
        if not at.path:
            return RemoteFile(at, Kind.PROJECT, id=project.id, changed=project.changed)
        if at.is_folder_marker:
            return self._find_folder(project, at)
        found = self.find_file(project, at)
        return None if found is None else _as_found(found, at)

    def find_file(self, project: Project, at: Location) -> File | None:
        """The newest file of exactly this path that is whole."""
        app_result, inside = split_path(at.path)
        directory = inside.rpartition("/")[0]
        for holder in self._places.named(project, app_result) if inside else ():
            for file in self._api.all_files(holder.id, directory):
                if composed(file.path) == inside and self.is_whole(file):
                    return file
        return None

    def page(self, folder: Location, cursor: str | None, *, recursive: bool) -> Page:
        project = self._places.expected_project(folder.container)
        if not folder.path.strip("/"):
            if not recursive:
                return Page(self._app_results(project, folder))
            return self._whole_project(project, folder, cursor)
        app_result, inside = split_path(folder.path)
        holders = self._places.named(project, app_result)
        if recursive and len(holders) == 1:
            return self._one_page(holders[0], folder, inside, cursor)
        files = self._merged(holders, inside)
        if recursive:
            return Page([_row(folder, inside, file) for file in files.values()])
        return Page(list(_one_level(folder, inside, files.values())))

    def merged_files(self, project: Project, app_result: str) -> Mapping[str, File]:
        """Every whole file of the app results of this name, by path inside them."""
        return self._merged(self._places.named(project, app_result, fresh=True), "")

    def is_whole(self, file: File) -> bool:
        """Uploads that were only begun are no files; a listing may show them without saying so."""
        status = self._api.file(file.id).status if file.is_doubtful else file.status
        return status in ("", COMPLETE)

    def _find_folder(self, project: Project, at: Location) -> RemoteFile | None:
        app_result, inside = split_path(at.path)
        holders = self._places.named(project, app_result)
        if not inside:
            return _app_result_row(at, holders[0]) if holders else None
        there = bool(self._merged(holders, inside))
        return RemoteFile(at, Kind.FOLDER) if there else None

    def _app_results(self, project: Project, at: Location) -> list[RemoteFile]:
        rows = labelled(self._places.app_results(project, fresh=True))
        return [_app_result_row(replace(at, path=label), row) for label, row in rows]

    def _merged(self, holders: Sequence[AppResult], inside: str) -> dict[str, File]:
        merged: dict[str, File] = {}
        for holder in holders:
            for file in self._api.all_files(holder.id):
                if _is_below(file.path, inside) and file.path not in merged and self.is_whole(file):
                    merged[file.path] = file
        return merged

    def _one_page(
        self, holder: AppResult, folder: Location, inside: str, cursor: str | None
    ) -> Page:
        offset, last = _read_cursor(cursor)
        rows = self._api.files(holder.id, offset)
        files = [file_of(row) for row in rows.items]
        if rows.sorted_by == "Id":
            # A page may begin anew with what the one before ended with.
            files = [file for file in files if in_order(file.id) > in_order(last)]
            last = max([last, *(file.id for file in files)], key=in_order)
        items = [
            _row(folder, inside, file)
            for file in files
            if _is_below(file.path, inside) and self.is_whole(file)
        ]
        received = offset + len(rows.items)
        return Page(items, None if received >= rows.total else f"{received}:{last}")

    def _whole_project(self, project: Project, at: Location, cursor: str | None) -> Page:
        """One app result after the other, in the order of their ids, some to a page."""
        rows = labelled(self._places.app_results(project))
        rest = [row for row in rows if in_order(row[1].id) > in_order(cursor or "")]
        items: list[RemoteFile] = []
        last = ""
        for label, holder in sorted(rest, key=lambda row: in_order(row[1].id)):
            if len(items) >= PAGE:
                return Page(items, last)
            items += self._app_result_files(holder, replace(at, path=label))
            last = holder.id
        return Page(items)

    def _app_result_files(self, holder: AppResult, at: Location) -> list[RemoteFile]:
        files = self._merged([holder], "").values()
        empty = _app_result_row(replace(at, path=f"{at.path}/"), holder)
        return [_row(at, "", file) for file in files] or [empty]


def _as_found(file: File, at: Location) -> RemoteFile:
    return replace(file.as_remote(at), part_size=likely_part_size(file.etag, file.size))


def _app_result_row(at: Location, row: AppResult) -> RemoteFile:
    state = "open" if row.status == RUNNING else "finished"
    return RemoteFile(
        at, Kind.FOLDER, id=row.id, changed=row.changed, details={"app_result": state}
    )


def _row(folder: Location, inside: str, file: File) -> RemoteFile:
    """``folder`` is written as it was asked for; what is below it, as BaseSpace writes it."""
    return file.as_remote(folder.child(_relative(file.path, inside)))


def _relative(path: str, inside: str) -> str:
    return composed(path)[len(inside) + 1 :] if inside else composed(path)


def _is_below(path: str, folder: str) -> bool:
    return not folder or composed(path).startswith(f"{folder}/")


def _one_level(folder: Location, inside: str, files: Iterable[File]) -> Iterator[RemoteFile]:
    folders: set[str] = set()
    for file in files:
        first, slash, _ = _relative(file.path, inside).partition("/")
        if not slash:
            yield _row(folder, inside, file)
        elif first not in folders:
            folders.add(first)
            yield RemoteFile(folder.child(first), Kind.FOLDER)


def _read_cursor(cursor: str | None) -> tuple[int, str]:
    offset, _, last = (cursor or "0:").partition(":")
    return int(offset), last
