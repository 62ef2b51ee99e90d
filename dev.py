#!/usr/bin/env python3
"""Set up Pipette's sources and run them: ``python3 dev.py demo | run | test | cover | check | bench | setup``.

Needs nothing but Python itself. What the sources need is installed into ``.venv`` beside this
file, from the hashed list in ``requirements.txt``; a second run finds it there. On Debian and its
relatives missing system libraries are installed too, when that is allowed.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.txt"
PEERS = ROOT / ".bench"
"""Programs to measure ourselves against; one of them pins what Pipette wants newer."""
PEERS_LOCK = ROOT / "benchmarks" / "requirements.txt"
CLIENTS = VENV / "clients"
"""Official clients for the tests whose needs do not fit beside ours; each has a place of its own."""
CLIENT_LOCKS = ROOT / "tests" / "clients"
STAMP = "installed.txt"
OLDEST_PYTHON = (3, 11)

USAGE = """\
python3 dev.py demo            Pipette on a practice place; nothing leaves this computer.
                               Without a screen: the whole journey, told step by step.
python3 dev.py run [...]       Pipette itself: the window, or a command such as "ls".
python3 dev.py test [...]      Everything that must pass; more words go to pytest.
python3 dev.py test --slow     What needs minutes or a server of its own (Ceph, from Debian).
python3 dev.py cover           How much of the model and the engine the tests reach.
python3 dev.py check           Only form, lint and types.
python3 dev.py bench [...]     Measure, beside other programs; "bench --help" says what.
python3 dev.py setup           Only install what the other commands need.
"""

Needs = Mapping[str, str]
"""A library (its name has ``.so``) or a program, and the Debian package that has it."""

QT_NEEDS: Needs = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
}
SCREEN_NEEDS: Needs = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
TEST_NEEDS: Needs = {
    "dbus-run-session": "dbus",
    "gnome-keyring-daemon": "gnome-keyring",
    "Xvfb": "xvfb",
    "xauth": "xauth",
}
BENCH_NEEDS: Needs = {
    "cc": "build-essential",
    "libssl.so": "libssl-dev",
}


def main(arguments: Sequence[str]) -> int:
    commands: dict[str, Callable[[Sequence[str]], int]] = {
        "demo": demo,
        "run": run,
        "test": test,
        "cover": cover,
        "check": check,
        "bench": bench,
        "setup": setup,
    }
    if not arguments or arguments[0] not in commands:
        print(USAGE)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    return commands[arguments[0]](arguments[1:])


def demo(arguments: Sequence[str]) -> int:
    if has_screen():
        prepare({**QT_NEEDS, **SCREEN_NEEDS})
        return python("-m", "pipette", "--demo", *arguments)
    prepare(QT_NEEDS)
    picture = ROOT / "build" / "demo.png"
    picture.parent.mkdir(exist_ok=True)
    say(f"There is no screen here, so the journey is told; its picture goes to {picture}")
    return python("-m", "pipette", "--demo", "--journey", str(picture), *arguments, offscreen=True)


def run(arguments: Sequence[str]) -> int:
    prepare({**QT_NEEDS, **SCREEN_NEEDS} if has_screen() else QT_NEEDS)
    return python("-m", "pipette", *arguments, folder=None)


def test(arguments: Sequence[str]) -> int:
    if "--slow" in arguments:
        return test_slow([word for word in arguments if word != "--slow"])
    prepare(QT_NEEDS, wished={**SCREEN_NEEDS, **TEST_NEEDS})
    prepare_clients()
    failed = failed_checks()
    workers = str((os.cpu_count() or 1) + 1)
    tested = python(
        "-m", "pytest", "-n", workers, "--dist", "worksteal", *arguments, offscreen=True
    )
    for step in failed:
        say(f"Failed before the tests: {step}")
    return tested or int(bool(failed))


def cover(arguments: Sequence[str]) -> int:
    prepare(QT_NEEDS)
    deciding = ("tests/unit", "tests/engine", "tests/contract")
    return python("-m", "coverage", "run", "-m", "pytest", *deciding, *arguments, offscreen=True)


def test_slow(arguments: Sequence[str]) -> int:
    prepare(QT_NEEDS)
    os.environ["PIPETTE_INSTALL_CEPH"] = "1"
    return python("-m", "pytest", "-m", "slow", *arguments, offscreen=True)


def check(_: Sequence[str]) -> int:
    prepare({})
    return int(bool(failed_checks()))


def bench(arguments: Sequence[str]) -> int:
    prepare({**QT_NEEDS, **BENCH_NEEDS})
    if not is_installed(PEERS, PEERS_LOCK):
        install_python_packages(PEERS, PEERS_LOCK)
    return python("-m", "benchmarks", *arguments, offscreen=True)


def setup(_: Sequence[str]) -> int:
    prepare(QT_NEEDS)
    prepare_clients()
    return 0


def failed_checks() -> list[str]:
    steps = (["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy"])
    return [" ".join(step) for step in steps if python("-m", *step) != 0]


def has_screen() -> bool:
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def python(*arguments: str, offscreen: bool = False, folder: Path | None = ROOT) -> int:
    """Start the Python of ``.venv`` in this folder, else where we are; returns its exit code."""
    environment = dict(os.environ)
    if offscreen:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    say("python " + " ".join(arguments))
    child = subprocess.Popen([venv_python(), *arguments], cwd=folder, env=environment)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the child got it too and ends in its own way
            continue


def say(sentence: str) -> None:
    print(f"[dev.py] {sentence}", file=sys.stderr, flush=True)


def prepare(needs: Needs, wished: Needs | None = None) -> None:
    """Leave this computer ready to run the sources, or end with words on what is missing.

    Without what is ``wished`` the command goes on; what uses it will say so.
    """
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Pipette needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if sys.platform == "linux":
        install_system_packages(needs, wished or {})
    if not is_installed():
        install_python_packages()


def prepare_clients() -> None:
    for lock in sorted(CLIENT_LOCKS.glob("requirements-*.txt")):
        folder = CLIENTS / lock.stem.removeprefix("requirements-")
        if not is_installed(folder, lock):
            install_python_packages(folder, lock)


def install_system_packages(needs: Needs, wished: Needs) -> None:
    packages = missing_packages({**needs, **wished, **pip_needs()})
    if not packages:
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        apt_install(packages)
    if still := missing_packages({**needs, **pip_needs()}):
        sys.exit(how_to_install(still))
    if still := missing_packages(wished):
        say(f"Going on without {' '.join(still)}; tests that need it will fail.")


def how_to_install(packages: Sequence[str]) -> str:
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        return f"Please install what your system calls these Debian packages: {names}"
    return (
        "Some system packages are missing. Please run\n"
        f"  sudo apt-get install --no-install-recommends {names}\n"
        "and start this command again."
    )


def missing_packages(needs: Needs) -> list[str]:
    return sorted({package for thing, package in needs.items() if not is_present(thing)})


def is_present(thing: str) -> bool:
    if ".so" not in thing:
        return shutil.which(thing) is not None
    try:
        ctypes.CDLL(thing)
    except OSError:
        return False
    return True


def pip_needs() -> Needs:
    """Debian's Python comes without pip and without what brings it."""
    has_pip = any(importlib.util.find_spec(module) for module in ("pip", "ensurepip"))
    return {} if has_pip or is_installed() else {"pip3": "python3-pip"}


def apt_install(packages: Sequence[str]) -> None:
    say(f"Installing {' '.join(packages)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *packages]):
        command = ["apt-get", *step]
        done = subprocess.run(
            command, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            say(f"{' '.join(command)} said:\n{done.stderr}")


def is_installed(folder: Path = VENV, lock: Path = LOCK) -> bool:
    made_from = folder / STAMP
    return made_from.is_file() and made_from.read_text(encoding="utf-8") == stamp(lock)


def stamp(lock: Path) -> str:
    """What a folder was made from; another Python or another list means: make it anew."""
    return f"# {sys.version}\n" + lock.read_text(encoding="utf-8")


def install_python_packages(folder: Path = VENV, lock: Path = LOCK) -> None:
    say(f"Installing Python packages into {folder.name} (a minute or so, only the first time)")
    again = ["--clear"] if (folder / STAMP).exists() else []
    must([sys.executable, "-m", "venv", "--without-pip", *again, str(folder)])
    must([*pip(folder), "install", "--quiet", "--require-hashes", "--no-deps", "-r", str(lock)])
    sources = purelib(folder) / "pipette.pth"
    sources.write_text(f"{ROOT / 'desktop'}\n", encoding="utf-8")
    (folder / STAMP).write_text(stamp(lock), encoding="utf-8")


def pip(folder: Path) -> list[str]:
    options = ["--disable-pip-version-check", "--no-input"]
    if importlib.util.find_spec("pip") or not importlib.util.find_spec("ensurepip"):
        return [sys.executable, "-m", "pip", "--python", venv_python(folder), *options]
    must([venv_python(folder), "-m", "ensurepip"])
    return [venv_python(folder), "-m", "pip", *options]


def must(command: Sequence[str]) -> None:
    if code := subprocess.run(command, stdin=subprocess.DEVNULL).returncode:
        sys.exit(f"This failed with code {code}: {' '.join(command)}")


def venv_python(folder: Path = VENV) -> str:
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def purelib(folder: Path) -> Path:
    """Where a virtual environment keeps its packages."""
    ask = [venv_python(folder), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
