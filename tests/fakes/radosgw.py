"""A one-node Ceph with its S3 gateway, in memory, on loopback: what labs run on their premises.

Its programs come from Debian's packages. Everything it writes stays in the folder it is given, and
its daemons are children of this process, ended with the place.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError

ACCESS = "AKIATEST"
SECRET = "SKSKSKSK"
PACKAGES = ("radosgw", "ceph-mon", "ceph-osd", "ceph-common")
INSTALL_VARIABLE = "PIPETTE_INSTALL_CEPH"
"""Set it to let the tests install what is missing."""

_PROGRAMS = ("radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "monmaptool")
_PATIENCE_SECONDS = 90.0
_SETTINGS = """\
[global]
fsid = {cluster}
mon host = v1:127.0.0.1:{monitor}
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
mon allow pool size one = true
mon data avail crit = 1
mon warn on pool no redundancy = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd crush update on start = false
osd class update on start = false
osd objectstore = memstore
memstore device bytes = 6442450944
memstore page set = true
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
run dir = {folder}/run
admin socket = {folder}/run/$type.$id.asok
log file = {folder}/run/$type.$id.log
public addr = 127.0.0.1
cluster addr = 127.0.0.1
[mon.a]
host = localhost
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{gateway}
rgw enable usage log = false
"""


@dataclass(frozen=True, slots=True)
class Radosgw:
    """A running gateway with one user and no bucket."""

    url: str
    process: int
    access: str = ACCESS
    secret: str = SECRET


def is_installed() -> bool:
    return all(shutil.which(program) for program in _PROGRAMS)


def require() -> None:
    """Raises FileNotFoundError, saying what to do, unless the programs are there now."""
    if not is_installed() and os.environ.get(INSTALL_VARIABLE):
        install()
    if not is_installed():
        raise FileNotFoundError(
            "Ceph's gateway is not installed. On Debian: "
            f"apt-get install --no-install-recommends {' '.join(PACKAGES)}, "
            f"or set {INSTALL_VARIABLE}=1 to have that done"
        )


def install() -> None:
    """From Debian's packages; needs root and some 100 MB."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *PACKAGES]):
        subprocess.run(["apt-get", *step], env=quiet, check=True, stdout=sys.stderr)


@contextmanager
def serve_s3(folder: Path) -> Iterator[Radosgw]:
    """Runs until left; takes some ten seconds to come up and forgets everything at the end."""
    require()
    for name in ("mon", "osd", "rgw", "run"):
        (folder / name).mkdir(parents=True)
    with ExitStack() as stack:
        cluster = _Cluster(folder, stack)
        cluster.start_monitor()
        cluster.start_storage()
        yield cluster.start_gateway()


class _Cluster:
    """Starts the daemons one after the other; each ends when ``stack`` does."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._id = str(uuid.uuid4())
        self._monitor, self._gateway = _free_ports(2)
        self._settings = folder / "ceph.conf"
        self._settings.write_text(
            _SETTINGS.format(
                cluster=self._id, folder=folder, monitor=self._monitor, gateway=self._gateway
            )
        )

    def start_monitor(self) -> None:
        # The map says v1 like the settings: without authentication nothing newer is spoken.
        known = str(self._folder / "monmap")
        address = f"[v1:127.0.0.1:{self._monitor}]"
        _done(["monmaptool", "--create", "--fsid", self._id, "--addv", "a", address, known])
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", known)
        self._daemon("ceph-mon", "-i", "a")

    def start_storage(self) -> None:
        disk = str(uuid.uuid4())
        number = self._run("ceph", "osd", "new", disk).strip()
        self._run("ceph-osd", "-i", number, "--mkfs", "--osd-uuid", disk)
        place = ("root=default", "host=localhost")
        self._run("ceph", "osd", "crush", "add", f"osd.{number}", "1.0", *place)
        self._daemon("ceph-osd", "-i", number)
        _wait_until("the storage to come up", lambda: "1 up" in self._run("ceph", "osd", "stat"))

    def start_gateway(self) -> Radosgw:
        gateway = self._daemon("radosgw", "-n", "client.rgw")
        url = f"http://127.0.0.1:{self._gateway}"
        _wait_until("the gateway to answer", lambda: _answers(url))
        keys = (f"--access-key={ACCESS}", f"--secret-key={SECRET}")
        self._run("radosgw-admin", "user", "create", "--uid=lab", "--display-name=Lab", *keys)
        return Radosgw(url, gateway.pid)

    def _run(self, program: str, *arguments: str) -> str:
        return _done([program, "-c", str(self._settings), *arguments])

    def _daemon(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        said = self._stack.enter_context((self._folder / "run" / f"{program}.out").open("wb"))
        command = [program, "-c", str(self._settings), "-f", *arguments]
        started = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        self._stack.callback(_end, started)
        return started


def _end(process: subprocess.Popen[bytes]) -> None:
    """Nothing is worth keeping, so none of them is given time to tidy up."""
    process.kill()
    process.wait()


def _done(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _answers(url: str) -> bool:
    with suppress(URLError, ConnectionError):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except HTTPError:
            return True
        return True
    return False


def _wait_until(what: str, holds: Callable[[], bool]) -> None:
    """Daemons of others tell nobody when they are ready, so they are asked again and again."""
    end = time.monotonic() + _PATIENCE_SECONDS
    again = threading.Event()
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        again.wait(0.2)
