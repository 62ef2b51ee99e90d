"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from pathlib import Path

from benchmarks.clients import PEERS, ROOT

Facts = dict[str, str]


def facts() -> Facts:
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "processor": f"{os.cpu_count()} × {_processor()}",
        "system": platform.platform(),
        "python": platform.python_version(),
        "pipette": _said(["git", "-C", str(ROOT), "describe", "--always", "--dirty"]),
        "s5cmd": _said([str(PEERS / "s5cmd"), "version"]),
        "rclone": _said([str(PEERS / "rclone"), "version"]),
        "aws": _said([str(PEERS / "aws"), "--version"]),
        "load": load(),
    }


def load() -> str:
    """The load averages; "" on a system that has none."""
    if not hasattr(os, "getloadavg"):
        return ""
    return " ".join(f"{figure:.1f}" for figure in os.getloadavg())


def table(known: Facts) -> str:
    rows = [f"| {name} | {text} |" for name, text in known.items() if text]
    return "\n".join(["| measured on | |", "|---|---|", *rows]) + "\n"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()


def _said(command: list[str]) -> str:
    """The first line a program says; "" where it is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return (done.stdout or done.stderr).strip().partition("\n")[0]
