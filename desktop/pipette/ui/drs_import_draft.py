"""A list on its way to becoming an import: what was read, matched and mended so far. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipette.model.drs_manifest import Checks, Manifest, checked
from pipette.model.drs_table import Role, Table, guessed_roles, mended, retold
from pipette.ui.drs_import_tables import Column


@dataclass(frozen=True, slots=True)
class Draft:
    name: str
    """Of the file, with its folder; or what to call what was pasted."""
    table: Table
    roles: tuple[Role, ...]

    @staticmethod
    def of(name: str, table: Table) -> Draft:
        return Draft(name, table, guessed_roles(table))

    @property
    def short_name(self) -> str:
        return self.name.replace("\\", "/").rpartition("/")[2]

    @property
    def has_addresses(self) -> bool:
        return Role.ADDRESS in self.roles

    def with_roles(self, roles: Sequence[Role]) -> Draft:
        return replace(self, roles=tuple(roles))

    def with_headings(self, *, has_headings: bool) -> Draft:
        return Draft.of(self.name, retold(self.table, has_headings=has_headings))

    def mended(self, number: int, column: Column, text: str) -> Draft:
        """After a cell of the rows' list was changed; a target is a project or a folder's id."""
        draft = self
        for role, value in _cells(column, text):
            table, roles = mended(draft.table, draft.roles, number, role, value)
            draft = replace(draft, table=table, roles=roles)
        return draft

    def manifest(self, checks: Checks) -> Manifest:
        """Goes through every row: call it on a worker."""
        return checked(self.name, self.table, self.roles, checks)


def _cells(column: Column, text: str) -> tuple[tuple[Role, str], ...]:
    match column:
        case Column.ADDRESS:
            return ((Role.ADDRESS, text),)
        case Column.NAME:
            return ((Role.NAME, text),)
        case Column.TARGET if "/" in text:
            return ((Role.PROJECT, text), (Role.PARENT, ""))
        case Column.TARGET:
            return ((Role.PROJECT, ""), (Role.PARENT, text))
    return ()
