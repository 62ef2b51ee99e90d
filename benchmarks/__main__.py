"""``python3 dev.py bench [WHAT …]``: measure, and leave tables in ``benchmarks/results``."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import transfers
from benchmarks.building import CannotBuild
from benchmarks.clients import CLIENTS
from benchmarks.line import measuring as line
from benchmarks.platforms import measuring as platforms
from benchmarks.platforms.platforms import PLATFORMS
from benchmarks.profiling import measuring as profiling
from benchmarks.rows import ROWS
from benchmarks.setting import Setting
from benchmarks.window import measuring as window
from benchmarks.window import starting

ALL = "all"
WHAT = ("transfers", "platforms", "window", "start", "line", "profile")
RESULTS = Path(__file__).resolve().parent / "results"
IN_MEMORY = Path("/dev/shm")
ROOM = 16 << 30


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    if sys.platform not in ("linux", "darwin"):
        sys.stderr.write("The benchmarks run on Linux and macOS.\n")
        return 2
    data = Path(options.data) if options.data else _roomy()
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pipette-bench-") as scratch:
        setting = Setting(
            data=data,
            scratch=Path(scratch),
            results=Path(options.results),
            pairs=options.pairs,
            shrink=options.shrink,
            clients=options.clients,
            label=options.label,
        )
        try:
            _run(options.what, options.rows, setting)
        except CannotBuild as missing:
            sys.stderr.write(f"{missing}\n")
            return 2
    return 0


def _run(what: Sequence[str], rows: Sequence[str], setting: Setting) -> None:
    measures: Mapping[str, Callable[[], None]] = {
        "transfers": lambda: transfers.run(setting, rows),
        "platforms": lambda: platforms.run(setting, rows),
        "window": lambda: window.run(setting, rows),
        "start": lambda: starting.run(setting),
        "line": lambda: line.run(setting, rows),
        "profile": lambda: profiling.run(setting),
    }
    for name, measure in measures.items():
        if ALL in what or name in what:
            measure()


def _roomy() -> Path:
    """Memory where the system gives it and has enough of it, else a temporary folder."""
    if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM:
        return IN_MEMORY / "pipette-bench"
    return Path(tempfile.gettempdir()) / "pipette-bench"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    choices = (ALL, *WHAT)
    parser.add_argument("what", nargs="*", choices=choices, default=ALL, help="default: all")
    names = ", ".join(row.name for row in ROWS)
    known = ", ".join(platform.name for platform in PLATFORMS)
    parser.add_argument(
        "--rows",
        nargs="+",
        default=(),
        help=f"only some: of transfers, patterns of {names}; of platforms, {known};"
        f" of window, {', '.join(window.SCRIPTS)}; of line, {', '.join(line.LINES)}",
    )
    known = ", ".join(client.name for client in CLIENTS)
    parser.add_argument("--clients", nargs="+", default=(), help=f"only some of: {known}")
    parser.add_argument("--pairs", type=int, default=5, help="rounds that count, after a warm-up")
    parser.add_argument("--shrink", type=int, default=1, help="do only one N-th of the work")
    parser.add_argument("--label", default="", help="part of the names of the result files")
    parser.add_argument("--data", default="", help="folder for files that are sent and fetched")
    parser.add_argument("--results", default=str(RESULTS), help="folder for tables")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
