"""How S3 takes the checksum of a part after its bytes."""

from __future__ import annotations

CRC64_HEADER = "x-amz-checksum-crc64nvme"


def trailer_headers(length: int) -> dict[str, str]:
    """The headers of a part whose checksum follows it in an aws-chunked trailer."""
    return {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(length),
        "x-amz-trailer": CRC64_HEADER,
    }
