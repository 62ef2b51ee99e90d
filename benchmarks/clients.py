"""The programs that are measured, each as its makers ship it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.servers import Server
from benchmarks.work import BUCKET

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".bench" / "bin"
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Invocation:
    command: Sequence[str]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """One run of one client. ``scratch`` is a folder of its own, on a disk, that is still empty."""

    server: Server
    local: Path
    """The folder that is sent, or filled."""
    prefix: str
    """The folder in the bucket."""
    scratch: Path
    only: str = ""
    """The name of the file, when it is just one."""

    @property
    def remote(self) -> str:
        return f"{BUCKET}/{self.prefix}"


class Client(Protocol):
    @property
    def name(self) -> str: ...

    def upload(self, task: Task) -> Invocation: ...

    def download(self, task: Task) -> Invocation: ...


@dataclass(frozen=True, slots=True)
class S5cmd:
    name: str = "s5cmd"

    def upload(self, task: Task) -> Invocation:
        return self._copy(task, str(task.local / (task.only or "*")), f"s3://{task.remote}/")

    def download(self, task: Task) -> Invocation:
        return self._copy(task, f"s3://{task.remote}/{task.only or '*'}", f"{task.local}/")

    def _copy(self, task: Task, source: str, target: str) -> Invocation:
        command = [str(PEERS / "s5cmd"), "--endpoint-url", task.server.url, "--log", "error"]
        return Invocation([*command, "cp", source, target], _aws_environment(task))


@dataclass(frozen=True, slots=True)
class AwsCli:
    name: str = "aws"

    def upload(self, task: Task) -> Invocation:
        return self._copy(task, f"{task.local}/{task.only}", f"s3://{task.remote}/{task.only}")

    def download(self, task: Task) -> Invocation:
        return self._copy(task, f"s3://{task.remote}/{task.only}", f"{task.local}/{task.only}")

    def _copy(self, task: Task, source: str, target: str) -> Invocation:
        command = [str(PEERS / "aws"), "s3", "cp", "--only-show-errors"]
        command += ["--endpoint-url", task.server.url]
        command += [] if task.only else ["--recursive"]
        return Invocation([*command, source, target], _aws_environment(task))


def _aws_environment(task: Task) -> Mapping[str, str]:
    environment = {
        **_plain_environment(),
        "AWS_ACCESS_KEY_ID": task.server.access,
        "AWS_SECRET_ACCESS_KEY": task.server.secret,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    return {**environment, "AWS_CA_BUNDLE": task.server.ca} if task.server.ca else environment


@dataclass(frozen=True, slots=True)
class Rclone:
    name: str = "rclone"

    def upload(self, task: Task) -> Invocation:
        return self._copy(task, str(task.local), f":s3:{task.remote}")

    def download(self, task: Task) -> Invocation:
        return self._copy(task, f":s3:{task.remote}", str(task.local))

    def _copy(self, task: Task, source: str, target: str) -> Invocation:
        command = [str(PEERS / "rclone"), "copy", "--config", os.devnull, "--s3-no-check-bucket"]
        command += ["--s3-provider", "Other", "--s3-endpoint", task.server.url]
        command += ["--s3-region", "us-east-1"]
        command += ["--ca-cert", task.server.ca] if task.server.ca else []
        environment = {
            **_plain_environment(),
            "RCLONE_S3_ACCESS_KEY_ID": task.server.access,
            "RCLONE_S3_SECRET_ACCESS_KEY": task.server.secret,
        }
        return Invocation([*command, source, target], environment)


@dataclass(frozen=True, slots=True)
class Pipette:
    """The command line, in a home that has the location and nothing else: a first day's run."""

    name: str = "pipette"
    options: tuple[str, ...] = ()

    def upload(self, task: Task) -> Invocation:
        """The folder under its own name, as it arrives when it is dropped on the window."""
        return self._move(task, "upload", str(task.local), f"bench:/{task.remote}")

    def download(self, task: Task) -> Invocation:
        return self._move(task, "download", f"bench:/{task.remote}/", str(task.local))

    def _move(self, task: Task, verb: str, source: str, target: str) -> Invocation:
        environment = pipette_environment(task.scratch, task.server)
        make_home(task.scratch, task.server)
        command = [sys.executable, "-m", "pipette", verb, source, "--to", target, "--json"]
        return Invocation([*command, *self.options], environment)


def pipette_environment(home: Path, server: Server) -> Mapping[str, str]:
    return {
        **_plain_environment(),
        "PYTHONPATH": str(ROOT / "desktop"),
        "PIPETTE_HOME": str(home),
        "PIPETTE_KEY_BENCH": f"{server.access}:{server.secret}",
    }


def make_home(home: Path, server: Server) -> None:
    """Add the location with the command a person would use, once for each server."""
    kept = home.parent / "homes" / server.url.rpartition(":")[2]
    if not kept.exists():
        kept.mkdir(parents=True)
        settings = {"network": {"extra_ca": server.ca}} if server.ca else {}
        (kept / "settings.json").write_text(json.dumps(settings))
        add = ["account", "add", "s3", "--name", "bench", "--url", server.url]
        subprocess.run(
            [sys.executable, "-m", "pipette", *add],
            env=pipette_environment(kept, server),
            input=f"{server.access}:{server.secret}",
            text=True,
            check=True,
            capture_output=True,
        )
    shutil.copytree(kept, home, dirs_exist_ok=True)


def _plain_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


CLIENTS: tuple[Client, ...] = (
    S5cmd(),
    Rclone(),
    AwsCli(),
    Pipette(),
    Pipette("pipette --no-md5", ("--no-md5",)),
)
