"""The pretend One Codex held to the official client, unchanged, and to the provider's own example."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dev
import pytest
import requests
from tests.fakes.onecodex import KEY, OneCodexServer

CLIENT = dev.CLIENTS / "onecodex"
READS = b"@read\nACGTACGT\n+\nIIIIIIII\n"
MiB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Lab:
    server: OneCodexServer
    folder: Path

    def write(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``onecodex`` as a user types it."""
        program = CLIENT / ("Scripts" if os.name == "nt" else "bin") / "onecodex"
        return self._run(str(program), "--no-telemetry", *arguments)

    def library(self, lines: str) -> str:
        """A program that uses the client as a library; returns what it printed."""
        start = (
            f"from onecodex import Api\napi = Api(api_key={KEY!r}, base_url={self.server.url!r})\n"
        )
        done = self._run(dev.venv_python(CLIENT), "-c", start + lines)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "ONE_CODEX_API_BASE": self.server.url,
            "ONE_CODEX_API_KEY": KEY,
            "AWS_ENDPOINT_URL_S3": self.server.s3_url,
        }
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    (tmp_path / "files").mkdir()
    with OneCodexServer(tmp_path / "server") as server:
        yield Lab(server, tmp_path / "files")


def contents(lab: Lab) -> list[list[bytes | None]]:
    return [lab.server.content(sample) for sample in lab.server.samples()]


def test_the_official_command_uploads_a_small_file(lab: Lab) -> None:
    done = lab.command("upload", "--no-prompt", lab.write("small.fastq", READS))
    assert done.returncode == 0, done.stderr
    assert contents(lab) == [[READS]]
    assert lab.server.routes() == ["init_multipart_upload", "callback", "sample"]
    assert [entry.operation for entry in lab.server.s3.log.entries()] == ["PutObject"]
    assert lab.server.leaks() == []


def test_the_official_command_uploads_a_large_file_in_parts(lab: Lab) -> None:
    data = random.Random(1).randbytes(25 * MiB)
    done = lab.command("upload", "--no-prompt", lab.write("large.fastq", data))
    assert done.returncode == 0, done.stderr
    assert contents(lab) == [[data]]
    parts = lab.server.s3.log.entries("UploadPart", status=200)
    assert [(part.part, part.received) for part in parts] == [
        (1, 10 * MiB),
        (2, 10 * MiB),
        (3, 5 * MiB),
    ]


def test_the_official_command_uploads_a_pair_as_one_sample(lab: Lab) -> None:
    first, second = lab.write("p_R1.fastq", READS * 7), lab.write("p_R2.fastq", READS * 9)
    done = lab.command("upload", "--no-prompt", first, second)
    assert done.returncode == 0, done.stderr
    assert contents(lab) == [[READS * 7, READS * 9]]
    sent = [entry.key.rpartition("/")[2] for entry in lab.server.s3.log.entries("PutObject")]
    assert sent == ["p_R2.fastq", "p_R1.fastq"]


def test_the_official_library_uploads_into_a_project_and_fetches_back(lab: Lab) -> None:
    path = lab.write("library.fastq", READS)
    back = lab.folder / "back.fastq"
    said = lab.library(
        "sample = api.Samples.upload("
        f"{path!r}, metadata={{'platform': 'Illumina MiSeq'}}, tags=[{{'name': 'trial'}}],"
        " project='Lab')\n"
        f"sample.download(path={str(back)!r})\n"
        "print(sample.project.name, sample.metadata.platform, sample.status)\n"
        "print(len(api.Samples.where(filename='library.fastq')))\n"
    )
    assert said.splitlines()[-2:] == ["Lab Illumina MiSeq available", "1"]
    assert back.read_bytes() == READS
    (sample,) = lab.server.samples()
    assert (sample.project, sample.tags) == (lab.server.project.id, ["trial"])
    assert lab.server.leaks() == []


def test_the_official_command_cancels_what_the_storage_refused(lab: Lab) -> None:
    lab.server.s3.stop()
    done = lab.command("upload", "--no-prompt", lab.write("refused.fastq", READS))
    lab.server.s3.start()
    assert done.returncode != 0
    assert "cancel_upload" in lab.server.routes()
    assert lab.server.unfinished() == []


def test_the_official_command_says_what_the_service_said(lab: Lab) -> None:
    done = lab.command("upload", "--no-prompt", lab.write("bad;name.fastq", READS))
    assert done.returncode != 0
    assert "is not allowed" in done.stdout + done.stderr


def test_the_example_of_the_form_route_works_as_it_is_documented(lab: Lab) -> None:
    start = {"filename": "form.fastq", "size": len(READS), "upload_type": "standard"}
    route = f"{lab.server.url}/api/v1/samples"
    opened = requests.post(f"{route}/init_upload", json=start, auth=(KEY, "")).json()
    assert opened["additional_fields"]["success_action_status"] == 201
    with Path(lab.write("form.fastq", READS)).open("rb") as file:
        stored = requests.post(
            opened["upload_url"], data=opened["additional_fields"], files={"file": file}
        )
    assert stored.status_code == 201
    end = {"sample_id": opened["sample_id"], "upload_type": "standard"}
    confirmed = requests.post(f"{route}/confirm_upload", json=end, auth=(KEY, ""))
    assert confirmed.json()["success"] is True
    assert contents(lab) == [[READS]]


def test_the_misprinted_address_of_the_example_does_not_exist(lab: Lab) -> None:
    answer = requests.post(f"{lab.server.url}/api/v1/init_upload", json={}, auth=(KEY, ""))
    assert answer.status_code == 404


@pytest.mark.parametrize("key", ["", "wrong"])
def test_without_a_good_key_nobody_has_an_account(lab: Lab, key: str) -> None:
    signed = (key, "") if key else None
    answer = requests.get(f"{lab.server.url}/api/v1/account", auth=signed)
    assert answer.status_code == 401


def test_who_gives_no_key_sees_empty_lists(lab: Lab) -> None:
    lab.server.put("there.fastq", READS)
    answer = requests.get(f"{lab.server.url}/api/v1/samples")
    assert (answer.status_code, answer.json()) == (200, [])
