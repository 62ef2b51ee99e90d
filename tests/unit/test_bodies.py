"""Parts are read only from the file that was dropped, and written without losing an error."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import resource
import threading
from io import FileIO
from pathlib import Path

import pytest
from awscrt import checksums
from tests.fakes.wire import unchunked

from pipette.engine.bodies import BLOCK, FileSink, FileSlice, openable, source_error, target_error
from pipette.engine.digests import Digests
from pipette.engine.framing import AwsChunked, Form, Plain
from pipette.engine.interrupt import Interrupt
from pipette.model.errors import (
    DiskFull,
    Interrupted,
    SourceChanged,
    SourceDamaged,
    SourceMissing,
    SourceUnreadable,
    TargetUnwritable,
    TransferError,
)
from pipette.model.files import SourceFile
from pipette.model.parts import Algorithm, Part

CONTENT = random.Random(8).randbytes(3 * BLOCK + 777)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "S12_R1.fastq.gz"
    file.write_bytes(CONTENT)
    return file


def slice_of(path: Path, offset: int, length: int) -> FileSlice:
    now = path.stat()
    source = SourceFile(str(path), now.st_size, now.st_mtime_ns)
    return FileSlice.of(source, Part(1, offset, length))


def read_all(body: FileSlice) -> bytes:
    return b"".join(bytes(block.data) for block in body.blocks(Interrupt()))


@pytest.mark.parametrize(
    ("offset", "length"),
    [
        (0, len(CONTENT)),
        (0, BLOCK),
        (5, BLOCK + 1),
        (2 * BLOCK, BLOCK + 777),
        (len(CONTENT) - 1, 1),
        (9, 0),
    ],
)
def test_a_slice_yields_exactly_its_bytes(path: Path, offset: int, length: int) -> None:
    assert read_all(slice_of(path, offset, length)) == CONTENT[offset : offset + length]


def test_blocks_know_where_they_stand(path: Path) -> None:
    body = slice_of(path, 10, 2 * BLOCK + 5)
    spans = [(block.offset, block.length) for block in body.blocks(Interrupt())]
    assert spans == [(10, BLOCK), (10 + BLOCK, BLOCK), (10 + 2 * BLOCK, 5)]


def test_an_empty_slice_opens_nothing(tmp_path: Path) -> None:
    assert read_all(FileSlice(str(tmp_path / "no such file"), 0, 0, 0, 0)) == b""


def test_a_file_that_grew_since_it_was_dropped_is_not_read(path: Path) -> None:
    body = slice_of(path, 0, 2 * BLOCK)
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(SourceChanged):
        next(body.blocks(Interrupt()))


def test_a_file_replaced_by_one_of_the_same_size_is_noticed(path: Path) -> None:
    body = slice_of(path, 0, 100)
    path.unlink()
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(body.mtime_ns + 1, body.mtime_ns + 1))
    with pytest.raises(SourceChanged):
        read_all(body)


def test_the_last_block_is_withheld_when_the_file_changed_meanwhile(path: Path) -> None:
    body = slice_of(path, 0, 3 * BLOCK)
    seen = 0
    blocks = body.blocks(Interrupt())
    for _ in range(2):
        seen += len(next(blocks).data)
    os.utime(path, ns=(1, 1))
    with pytest.raises(SourceChanged):
        next(blocks)
    assert seen == 2 * BLOCK


def test_a_file_cut_short_while_it_is_read_is_an_error_and_not_an_end(path: Path) -> None:
    blocks = slice_of(path, 0, 3 * BLOCK).blocks(Interrupt())
    next(blocks)
    os.truncate(path, BLOCK + 10)
    with pytest.raises(SourceChanged):
        next(blocks)


def test_a_file_that_is_gone_is_missing(path: Path) -> None:
    body = slice_of(path, 0, 10)
    path.unlink()
    with pytest.raises(SourceMissing):
        read_all(body)


def test_a_folder_in_its_place_is_unreadable(path: Path) -> None:
    body = slice_of(path, 0, 10)
    path.unlink()
    path.mkdir()
    with pytest.raises(SourceUnreadable):
        read_all(body)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOENT, SourceMissing),
        (errno.ENOTDIR, SourceMissing),
        (errno.EACCES, SourceUnreadable),
        (errno.EPERM, SourceUnreadable),
        (errno.EIO, SourceDamaged),
    ],
)
def test_what_the_system_says_of_a_source_has_its_kind(
    code: int, kind: type[TransferError]
) -> None:
    error = source_error(OSError(code, os.strerror(code)), "/data/x")
    assert type(error) is kind
    assert os.strerror(code) in error.detail


def test_reading_stops_between_blocks_when_interrupted(path: Path) -> None:
    interrupt = Interrupt()
    blocks = slice_of(path, 0, 3 * BLOCK).blocks(interrupt)
    next(blocks)
    interrupt.trip()
    with pytest.raises(Interrupted):
        next(blocks)


def test_a_part_read_ahead_knows_its_digests_and_yields_its_bytes_repeatedly(path: Path) -> None:
    interrupt = Interrupt()
    body = slice_of(path, 3, 5000).preload(interrupt, (Algorithm.MD5, Algorithm.CRC64NVME))
    expected = CONTENT[3:5003]
    assert body.digest(Algorithm.MD5) == hashlib.md5(expected, usedforsecurity=False).digest()
    assert body.digest(Algorithm.CRC64NVME) == checksums.crc64nvme(expected).to_bytes(8, "big")
    for _ in range(2):
        assert [bytes(block.data) for block in body.blocks(interrupt)] == [expected]


def test_a_part_read_ahead_is_never_mistaken_for_what_was_read_after_it(path: Path) -> None:
    first = slice_of(path, 0, 100).preload(Interrupt())
    slice_of(path, 200, 100).preload(Interrupt())
    with pytest.raises(RuntimeError, match="something else"):
        next(first.blocks(Interrupt()))


def test_each_thread_has_a_buffer_of_its_own(path: Path) -> None:
    mine = slice_of(path, 0, 100).preload(Interrupt())
    other = threading.Thread(target=lambda: slice_of(path, 200, 100).preload(Interrupt()))
    other.start()
    other.join()
    assert [bytes(block.data) for block in mine.blocks(Interrupt())] == [CONTENT[:100]]


def test_only_a_part_of_one_block_is_read_ahead(path: Path) -> None:
    with pytest.raises(ValueError, match="one block"):
        slice_of(path, 0, BLOCK + 1).preload(Interrupt())


def test_a_large_part_tells_its_digest_without_being_sent(path: Path) -> None:
    digest = slice_of(path, 0, len(CONTENT)).digest(Algorithm.MD5, Interrupt())
    assert digest == hashlib.md5(CONTENT, usedforsecurity=False).digest()


def test_ranges_written_in_any_order_make_the_file(tmp_path: Path) -> None:
    sink = FileSink(str(tmp_path / "x.pipette-part"))
    sink.prepare(len(CONTENT))
    for offset in (2 * BLOCK, 0, BLOCK):
        with sink.writer(offset) as writer:
            end = min(offset + BLOCK, len(CONTENT)) if offset < 2 * BLOCK else len(CONTENT)
            writer.write(memoryview(CONTENT)[offset:end])
            writer.sync()
    assert Path(sink.path).read_bytes() == CONTENT


def test_preparing_again_keeps_what_an_earlier_run_wrote(tmp_path: Path) -> None:
    sink = FileSink(str(tmp_path / "x.pipette-part"))
    sink.prepare(10)
    with sink.writer(3) as writer:
        writer.write(memoryview(b"abc"))
    sink.prepare(10)
    assert Path(sink.path).read_bytes() == b"\0\0\0abc\0\0\0\0"


def test_a_range_of_nothing_makes_no_file(tmp_path: Path) -> None:
    with FileSink(str(tmp_path / "x")).writer(0) as writer:
        writer.sync()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_while_it_is_made_sure_of_is_told(tmp_path: Path) -> None:
    """A pipe stands for the disk: it takes bytes and cannot be made sure of."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with FileSink(str(pipe)).writer(0) as writer:
        writer._file = FileIO(str(pipe), "r+b")
        writer.write(memoryview(b"abc"))
        with pytest.raises(TargetUnwritable):
            writer.sync()


def test_a_full_disk_is_told_as_such() -> None:
    """/dev/full is a real device that is always full."""
    with FileSink("/dev/full").writer(0) as writer, pytest.raises(DiskFull):
        writer.write(memoryview(b"abc"))


def test_a_disk_that_cannot_hold_files_of_this_size_is_unwritable(tmp_path: Path) -> None:
    """As on a stick formatted with FAT32; here the process's own limit says so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(TargetUnwritable):
            FileSink(str(tmp_path / "x")).prepare(8192)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_missing_folder_is_unwritable(tmp_path: Path) -> None:
    with pytest.raises(TargetUnwritable):
        FileSink(str(tmp_path / "gone" / "x")).prepare(1)


def test_a_link_put_in_the_place_of_the_unfinished_file_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    (tmp_path / "x.pipette-part").symlink_to(precious)
    with pytest.raises(TargetUnwritable):
        FileSink(str(tmp_path / "x.pipette-part")).prepare(100)
    assert precious.read_bytes() == b"mine"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_no_space_and_no_quota_are_a_full_disk(code: int) -> None:
    assert type(target_error(OSError(code, "x"), "/data/x")) is DiskFull


@pytest.mark.parametrize(
    ("path", "opened"),
    [
        ("C:\\short\\a.bam", "C:\\short\\a.bam"),
        ("C:\\" + "d" * 250 + "\\a.bam", "\\\\?\\C:\\" + "d" * 250 + "\\a.bam"),
        ("C:/" + "d" * 250 + "/a.bam", "\\\\?\\C:\\" + "d" * 250 + "\\a.bam"),
        ("\\\\lab\\share\\" + "d" * 250, "\\\\?\\UNC\\lab\\share\\" + "d" * 250),
        ("\\\\?\\C:\\" + "d" * 250, "\\\\?\\C:\\" + "d" * 250),
    ],
)
def test_windows_opens_paths_of_any_length(path: str, opened: str) -> None:
    assert openable(path, "nt") == opened
    assert openable(path, "posix") == path


def framed(framing: AwsChunked | Form | Plain, content: bytes, digests: Digests) -> bytes:
    whole = framing.opening
    for start in range(0, len(content), BLOCK):
        block = content[start : start + BLOCK]
        digests.update(block)
        whole += framing.before(len(block)) + block + framing.after
    return whole + framing.ending(digests)


@pytest.mark.parametrize("length", [0, 1, 15, 16, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 777])
def test_amazons_chunks_have_the_announced_length_and_the_right_trailer(length: int) -> None:
    content = CONTENT[:length]
    framing = AwsChunked(Algorithm.CRC64NVME)
    body = framed(framing, content, Digests((Algorithm.CRC64NVME,)))
    assert len(body) == framing.total(length)
    data, trailers = unchunked(body)
    assert data == content
    assert list(trailers) == ["x-amz-checksum-crc64nvme"]


def test_the_trailer_is_the_checksum_in_base64() -> None:
    """The value the standard gives for "123456789"."""
    framing = AwsChunked(Algorithm.CRC64NVME)
    body = framed(framing, b"123456789", Digests((Algorithm.CRC64NVME,)))
    assert body == b"9\r\n123456789\r\n0\r\nx-amz-checksum-crc64nvme:rosUhgp5mIg=\r\n\r\n"


def test_a_form_has_its_fields_first_its_file_last_and_the_announced_length() -> None:
    framing = Form((("key", "a/b"), ("policy", "abc=")), 'odd"\r\nname.gz')
    body = framed(framing, b"DATA", Digests(()))
    assert len(body) == framing.total(4)
    (name, value), *_ = framing.headers
    boundary = value.removeprefix("multipart/form-data; boundary=").encode()
    assert name == "Content-Type"
    pieces = body.split(b"--" + boundary)
    assert pieces[0] == b""
    assert pieces[1] == b'\r\nContent-Disposition: form-data; name="key"\r\n\r\na/b\r\n'
    assert pieces[2] == b'\r\nContent-Disposition: form-data; name="policy"\r\n\r\nabc=\r\n'
    assert pieces[3] == (
        b'\r\nContent-Disposition: form-data; name="file"; filename="odd%22%0D%0Aname.gz"'
        b"\r\nContent-Type: application/octet-stream\r\n\r\nDATA\r\n"
    )
    assert pieces[4] == b"--\r\n"


def test_two_forms_never_share_a_boundary() -> None:
    assert Form((), "a").headers != Form((), "a").headers
