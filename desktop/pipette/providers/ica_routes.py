"""Which way a file goes to ICA, and the keys or the record that this way needs.

A few small files go by an address each. From the tenth of a folder tree on, for everything large,
and wherever keys of a folder are at hand already, its keys serve: they cost no call for a file.
"""

from __future__ import annotations

import threading
from collections import Counter

from pipette.model.errors import NotAllowed, RemoteMissing
from pipette.providers.ica_grants import Grant, Grants
from pipette.providers.ica_records import ETAG_IS_MD5_BELOW, Project, Record
from pipette.providers.ica_tree import Tree, parent_of

SMALL = ETAG_IS_MD5_BELOW - 1
"""The most that is sent to an address: a broken PUT begins again at its first byte, and of a larger
file in one piece ICA does not vouch for the MD5."""
FEW = 9


class Routes:
    """Any thread."""

    def __init__(self, tree: Tree, grants: Grants, small: int = SMALL, few: int = FEW) -> None:
        self._tree = tree
        self._grants = grants
        self._small = small
        self._few = few
        self._lock = threading.Lock()
        self._settling = threading.Lock()
        self._seen: Counter[tuple[str, str]] = Counter()
        self._roots: dict[str, dict[str, Record]] = {}
        """By project: folders whose keys are asked for, by path."""

    def takes_address(self, project: Project, path: str, size: int) -> bool:
        if size > self._small:
            return False
        folder = parent_of(path)
        return not folder or (self._is_one_of_few(project, path) and not self._root(project, path))

    def is_small(self, size: int) -> bool:
        return size <= self._small

    def grant_for(self, project: Project, path: str) -> tuple[Record, Grant]:
        """The folder whose keys open this path, and the keys. Makes the folder where none is there.

        Raises NotAllowed, NameRefused (its path is too long for keys), Temporary.
        """
        # Held while asking on purpose: the first file of a folder asks for all that follow.
        with self._settling:
            root = self._root(project, path) or self._find_root(project, path)
        try:
            return root, self._grants.of(project, root.id)
        except RemoteMissing:
            self._forget(project, root)
        with self._settling:
            root = self._root(project, path) or self._find_root(project, path)
        return root, self._grants.of(project, root.id)

    def _is_one_of_few(self, project: Project, path: str) -> bool:
        top = path.split("/", 2)[1]
        with self._lock:
            self._seen[project.id, top] += 1
            return self._seen[project.id, top] <= self._few

    def _root(self, project: Project, path: str) -> Record | None:
        """The deepest folder above this path whose keys are at hand."""
        with self._lock:
            roots = dict(self._roots.get(project.id, {}))
        folder = parent_of(path)
        while folder:
            root = roots.get(folder)
            if root is not None:
                return root
            folder = parent_of(folder)
        return None

    def _find_root(self, project: Project, path: str) -> Record:
        """The deepest that exists, so that new folders below it share its keys; else the topmost."""
        folder = parent_of(path)
        found: Record | None = None
        top = folder
        while folder and found is None:
            top = folder
            found = self._tree.folder(project, folder)
            folder = parent_of(folder)
        root = found or self._tree.make_folder(project, top)
        if root.is_linked(project.id):
            raise NotAllowed(f"{root.path} is linked from another project and takes no files")
        with self._lock:
            self._roots.setdefault(project.id, {})[root.path] = root
        return root

    def _forget(self, project: Project, root: Record) -> None:
        """It was deleted since."""
        self._tree.forget_folder(project, root.path)
        with self._lock:
            self._roots.get(project.id, {}).pop(root.path, None)
