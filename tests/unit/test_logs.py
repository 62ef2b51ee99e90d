"""The log file, and what must never stand in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipette.model.account import Secret
from pipette.store.logs import HIDDEN, Redaction, start_logging, stop_logging
from pipette.store.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.for_user(tmp_path / "home")


@pytest.fixture
def redaction(paths: Paths) -> Iterator[Redaction]:
    root = logging.getLogger()
    level = root.level
    yield start_logging(paths)
    stop_logging()
    root.setLevel(level)


def written(paths: Paths) -> str:
    return (paths.logs / "pipette.log").read_text(encoding="utf-8")


SECRET = "hunter2-very-secret"


@pytest.mark.parametrize(
    "text",
    [
        f"GET https://host/b/k?X-Amz-Signature={SECRET}&X-Amz-Date=1",
        f"GET https://host/b/k?{SECRET}",
        f'"PUT /b/k?partNumber=1&uploadId={SECRET} HTTP/1.1" 200',
        f"Authorization: AWS4-HMAC-SHA256 Credential=x, Signature={SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}', 'Host': 'h'}}",
        f"{{'authorization': b'AWS4-HMAC-SHA256 Credential=a/b, Signature={SECRET}'}}",
        f"Proxy-Authorization: Basic {SECRET}",
        f"X-Amz-Security-Token: {SECRET}",
        f"{{'x-api-key': '{SECRET}'}}",
        f"{{'X-SBG-Auth-Token': b'{SECRET}'}}",
        f"aws_secret_access_key={SECRET}",
        f"session_token = {SECRET}",
        f'{{"apiKey": "{SECRET}"}}',
        f"Set-Cookie: {SECRET}",
        f"https://user:{SECRET}@host/path",
        f"http://{SECRET}@proxy:3128",
        f"sent bearer {SECRET} to them",
        f"eyJhbGciOiJIUzI1NiJ9.{SECRET}.{SECRET}",
    ],
)
def test_a_key_is_stripped_wherever_keys_stand(text: str) -> None:
    cleaned = Redaction().clean(text)
    assert SECRET not in cleaned
    assert HIDDEN in cleaned


def test_a_known_key_is_stripped_even_where_nothing_gives_it_away() -> None:
    redaction = Redaction()
    redaction.hide(Secret(f"AKEXAMPLE01:{SECRET}:session-part"))
    for piece in ("AKEXAMPLE01", SECRET, "session-part"):
        assert piece not in redaction.clean(f"what is {piece}doing here")


def test_plain_sentences_stay_as_they_are() -> None:
    redaction = Redaction()
    redaction.hide(Secret("a:b"))
    text = "12 opened /data/run 7/S1_R1.fastq.gz at archive:/bucket/a b, what now? yes"
    assert redaction.clean(text) == text


def test_an_address_keeps_its_host_and_path() -> None:
    cleaned = Redaction().clean("GET https://host:9000/bucket/key?signature=1 failed")
    assert cleaned == f"GET https://host:9000/bucket/key?{HIDDEN} failed"


def test_what_is_logged_goes_to_the_file_cleaned(paths: Paths, redaction: Redaction) -> None:
    redaction.hide(Secret(SECRET))
    logging.getLogger("pipette.test").info("%s met %s é", "he", SECRET)
    assert f"he met {HIDDEN} é" in written(paths)


def test_tracebacks_are_cleaned_too(paths: Paths, redaction: Redaction) -> None:
    redaction.hide(Secret(SECRET))
    try:
        raise RuntimeError(f"with {SECRET}")
    except RuntimeError:
        logging.getLogger("pipette.test").info("went wrong", exc_info=True)
    assert "RuntimeError" in written(paths)
    assert SECRET not in written(paths)


def test_talkative_libraries_are_kept_quiet(paths: Paths, redaction: Redaction) -> None:
    logging.getLogger("botocore.endpoint").info("sending headers")
    logging.getLogger("urllib3.connectionpool").debug("PUT /")
    assert written(paths) == ""


def test_names_that_are_no_text_do_not_break_the_log(paths: Paths, redaction: Redaction) -> None:
    logging.getLogger("pipette.test").info("odd name %s", "caf\udce9.gz")
    assert r"caf\udce9.gz" in written(paths)


def test_after_stopping_nothing_is_written(paths: Paths, redaction: Redaction) -> None:
    stop_logging()
    logging.getLogger("pipette.test").info("too late")
    assert written(paths) == ""
