"""A round trip through a real keychain, in a session of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROUND_TRIP = """
from pipette.model.account import Secret
from pipette.store.credentials import KeyringCredentials
import keyring
assert "SecretService" in type(keyring.get_keyring()).__module__, keyring.get_keyring()
long = Secret("ключ:é/+🧬" * 900)
one, other = KeyringCredentials("Pipette in /lab/ü"), KeyringCredentials("Pipette in /else")
one.set("archive", long)
other.set("archive", Secret("short"))
assert one.get("archive") == long
assert other.get("archive") == Secret("short")
one.set("archive", Secret("new"))
assert one.get("archive") == Secret("new")
one.delete("archive")
assert one.get("archive") is None
assert other.get("archive") == Secret("short")
print("kept")
"""

UNLOCKED = """
printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
exec "$0" -c "$1"
"""


def session_environment(folder: Path) -> dict[str, str]:
    """Folders of their own, so that the user's real keychain is never touched."""
    made = {}
    for name in ("DATA_HOME", "CACHE_HOME", "CONFIG_HOME", "RUNTIME_DIR"):
        path = folder / name
        path.mkdir(mode=0o700)
        made[f"XDG_{name}"] = str(path)
    desktop = str(Path(__file__).parents[2] / "desktop")
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": desktop, **made}


if sys.platform.startswith("linux"):

    def test_keys_go_through_the_secret_service_and_back(tmp_path: Path) -> None:
        program = shutil.which("dbus-run-session")
        assert program, "needs the packages dbus and gnome-keyring"
        assert shutil.which("gnome-keyring-daemon"), "needs the package gnome-keyring"
        done = subprocess.run(
            [program, "--", "sh", "-c", UNLOCKED, sys.executable, ROUND_TRIP],
            env=session_environment(tmp_path),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == "kept"

    def test_without_a_session_bus_the_missing_keychain_is_told(tmp_path: Path) -> None:
        ask = (
            "from pipette.store.credentials import KeyringCredentials, NoKeychain\n"
            "try:\n"
            "    KeyringCredentials('Pipette').get('archive')\n"
            "except NoKeychain:\n"
            "    print('none')\n"
        )
        environment = session_environment(tmp_path) | {
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/nothing"
        }
        done = subprocess.run(
            [sys.executable, "-c", ask],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout.strip() == "none", done.stderr


@pytest.mark.parametrize("module", ["keyring", "boto3", "PySide6"])
def test_looking_up_paths_accounts_and_settings_loads_nothing_heavy(module: str) -> None:
    ask = (
        "import sys, pipette.store.paths, pipette.store.accounts, pipette.store.settings\n"
        f"sys.exit({module!r} in sys.modules)"
    )
    desktop = str(Path(__file__).parents[2] / "desktop")
    done = subprocess.run(
        [sys.executable, "-c", ask], env={**os.environ, "PYTHONPATH": desktop}, check=False
    )
    assert done.returncode == 0
