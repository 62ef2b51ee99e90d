"""Whether the answer to a request for a range brings those bytes of that file. For every adapter."""

from __future__ import annotations

import re

from pipette.model import errors
from pipette.model.files import RemoteFile
from pipette.model.parts import Part, Reply

FETCHED = frozenset({200, 206})
_SPAN = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


def range_header(part: Part) -> dict[str, str]:
    """No range of an empty file can be asked for."""
    if not part.length:
        return {}
    return {"range": f"bytes={part.offset}-{part.offset + part.length - 1}"}


def expect_range(remote: RemoteFile, part: Part, reply: Reply) -> None:
    """Raises RemoteChanged or Temporary unless exactly the bytes asked for follow."""
    # Some services call a range 200 but name it correctly.
    if reply.status == 206 or "content-range" in reply.headers:
        _check_span(remote, part, reply)
    else:
        _check_whole(remote, part, reply)


def _check_whole(remote: RemoteFile, part: Part, reply: Reply) -> None:
    if part.offset or (remote.size is not None and part.length != remote.size):
        raise errors.Temporary("asked for a range, was sent the whole file")
    length = reply.headers.get("content-length")
    if length is not None and length != str(part.length):
        raise errors.RemoteChanged(f"size was {part.length}, is {length}")


def _check_span(remote: RemoteFile, part: Part, reply: Reply) -> None:
    text = reply.headers.get("content-range", "")
    found = _SPAN.fullmatch(text)
    if found is None:
        raise errors.Temporary(f"not a range: {text}")
    first, last, total = found.groups()
    if remote.size is not None and total not in ("*", str(remote.size)):
        raise errors.RemoteChanged(f"size was {remote.size}, is {total}")
    if (int(first), int(last)) != (part.offset, part.offset + part.length - 1):
        raise errors.Temporary(f"asked for another range than {text}")
