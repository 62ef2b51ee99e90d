"""How this S3 service behaves: as AWS does, or with the gaps that other services have."""

from __future__ import annotations

from dataclasses import dataclass

KiB = 1024
MiB = 1024 * KiB
GiB = 1024 * MiB
TiB = 1024 * GiB


@dataclass(frozen=True, slots=True)
class Manners:
    """Switches for one service. The defaults are those of AWS."""

    checks_checksums: bool = True
    """False: ``x-amz-checksum-*`` is taken and ignored, never checked, stored or echoed."""
    takes_trailers: bool = True
    """False: an aws-chunked body is answered 400 XAmzContentSHA256Mismatch."""
    checks_payload_hash: bool = True
    """False: a hex ``x-amz-content-sha256`` is not compared with the bytes."""
    conditional_writes: bool = True
    """False: ``If-Match`` and ``If-None-Match`` of a write are ignored."""
    lists_parts: bool = True
    """False: ListParts is answered 403 AccessDenied, as for a key that may only write."""
    aborts: bool = True
    """False: AbortMultipartUpload is answered 403 AccessDenied."""
    kms: bool = False
    """Every bucket encrypts with a KMS key of its own accord, so no ETag is an MD5."""
    smallest_part: int = 5 * MiB
    largest_part: int = 5 * GiB
    largest_put: int = 5 * GiB
    largest_object: int = 5 * TiB
    most_parts: int = 10_000
    clock_skew_seconds: int = 15 * 60


STRICT = Manners()
LIKE_RADOSGW = Manners(checks_checksums=False, takes_trailers=False)
LIKE_RCLONE = Manners(checks_checksums=False, checks_payload_hash=False, conditional_writes=False)
