"""Who may import whom. The drawing behind it is in ARCHITECTURE.md."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "desktop"
ROOT = "pipette"
VERSION = "pipette.__version__"


@dataclass(frozen=True, slots=True)
class Rule:
    """What the modules of a package may import: modules of ours, and libraries."""

    ours: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


RULES = {
    "model": Rule(("model",)),
    # Whom to believe is one question for the adapters' control calls and the sender alike.
    "trust": Rule(("model",), ("truststore",)),
    "providers": Rule(
        ("model", "providers", "trust"), ("requests", "boto3", "botocore", "mypy_boto3_s3")
    ),
    "engine": Rule(
        ("model", "engine", "providers.protocol", "providers.protocol_drs", "trust"),
        ("awscrt", "filelock", "PySide6.QtCore"),
    ),
    "store": Rule(("model", "store"), ("keyring", "platformdirs")),
    # The engine's desk answers the window in values of the provider protocol.
    "ui": Rule(
        ("model", "engine", "store", "ui", "providers.protocol", "providers.protocol_drs"),
        ("PySide6",),
    ),
    "practice": Rule(("practice",), ("awscrt",)),
}
"""Modules beside the packages (``app``, ``cli``, ``wiring``) put everything together."""

ONLY_IN = {
    r"PySide6\.QtCore": r"ui\..*|app\w*|engine\.pool",
    r"PySide6(?!\.QtCore).*": r"ui\..*|app\w*",
    r"sqlite3": r"engine\.journal\w*",
    r"keyring": r"store\.credentials",
    rf"{ROOT}\.app\w*": r"__main__|app\w*",
    rf"{ROOT}\.cli\w*": r"__main__|cli\w*",
}
"""What only some modules may import, whatever their package may."""


def imports_of(module: str, source: str) -> Iterator[str]:
    """Every module imported anywhere in ``source``, also inside functions, by its full name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            parent = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{parent}.{alias.name}" for alias in node.names)


def breaches(module: str, source: str) -> list[str]:
    """The imports in a module of ours (``engine.pool``) that break a rule."""
    return [
        f"{module} imports {name}"
        for name in imports_of(f"{ROOT}.{module}", source)
        if not may_import(module, name)
    ]


def may_import(module: str, name: str) -> bool:
    for pattern, where in ONLY_IN.items():
        if re.match(rf"({pattern})(\.|$)", name) and not re.fullmatch(where, module):
            return False
    rule = RULES.get(module.partition(".")[0])
    if rule is None or name == VERSION or name.partition(".")[0] in sys.stdlib_module_names:
        return True
    ours = tuple(f"{ROOT}.{package}" for package in rule.ours)
    return any(is_within(name, package) for package in (*ours, *rule.libraries))


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted((SOURCES / ROOT).rglob("*.py")):
        parts = path.relative_to(SOURCES / ROOT).with_suffix("").parts
        yield ".".join(parts), path


@pytest.mark.parametrize(("module", "path"), [pytest.param(m, p, id=m) for m, p in modules()])
def test_a_module_imports_only_what_it_may(module: str, path: Path) -> None:
    assert breaches(module, path.read_text(encoding="utf-8")) == []


def test_every_package_has_a_rule() -> None:
    packages = {module.partition(".")[0] for module, _ in modules() if "." in module}
    assert packages | {"trust"} == set(RULES)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("model.walk", "import requests"),
        ("model.walk", "from PySide6.QtCore import QObject"),
        ("model.walk", "from pipette.engine import queue"),
        ("model.walk", "from ..engine import queue"),
        ("model.walk", "def late():\n    import boto3"),
        ("providers.s3", "from pipette.engine.retry import delay"),
        ("providers.s3", "import PySide6.QtNetwork"),
        ("engine.engine", "from pipette.providers.s3 import S3Provider"),
        ("engine.engine", "from pipette.providers import s3"),
        ("engine.engine", "from PySide6.QtCore import QTimer"),
        ("engine.pool", "from PySide6.QtWidgets import QWidget"),
        ("engine.engine", "import sqlite3"),
        ("engine.engine", "import boto3"),
        ("engine.engine", "from pipette.store.settings import Settings"),
        ("store.settings", "import keyring"),
        ("store.accounts", "from pipette.engine.queue import Queue"),
        ("ui.main_window", "import requests"),
        ("ui.main_window", "from pipette.providers.s3 import S3Provider"),
        ("ui.main_window", "import sqlite3"),
        ("ui.main_window", "from pipette.app import main"),
        ("practice.server", "from pipette.model.files import MiB"),
        ("practice.server", "import moto"),
        ("cli", "from PySide6.QtCore import QCoreApplication"),
        ("cli", "from pipette import app"),
        ("app", "from pipette.cli_output import progress"),
        ("engine.engine", "import pipette.cli"),
        ("model.walk", "import pipette"),
    ],
)
def test_a_planted_breach_is_found(module: str, line: str) -> None:
    assert len(breaches(module, line)) == 1


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("model.walk", "import dataclasses, collections.abc"),
        ("model.walk", "from pipette.model.files import MiB"),
        ("model.walk", "from .files import MiB"),
        ("engine.pool", "from PySide6.QtCore import QThreadPool"),
        ("engine.journal", "import sqlite3"),
        ("engine.engine", "from pipette.providers.protocol import Provider"),
        ("store.credentials", "import keyring"),
        ("ui.main_window", "from pipette import __version__"),
        ("ui.main_window", "from PySide6.QtWidgets import QWidget"),
        ("app", "from pipette.providers.s3 import S3Provider"),
        ("__main__", "from pipette import app, cli"),
    ],
)
def test_what_is_allowed_is_no_breach(module: str, line: str) -> None:
    assert breaches(module, line) == []


def test_the_command_line_runs_without_a_widget() -> None:
    look = "import pipette.cli, sys; print(*(m for m in sys.modules if m.startswith('PySide6')))"
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=SOURCES, check=True, capture_output=True, text=True
    )
    assert set(done.stdout.split()) <= {"PySide6", "PySide6.QtCore"}
