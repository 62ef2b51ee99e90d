"""Reads a pasted bucket address: which server, region, bucket and folder it means. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_AWS = re.compile(
    r"^(?:(?P<bucket>.+)\.)?s3(?:[.-](?:dualstack\.)?(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com$"
)
_CONSOLE = "console.aws.amazon.com"

REGIONS: tuple[tuple[str, str], ...] = (
    ("", "Find it by itself"),
    ("eu-central-1", "Frankfurt, EU"),
    ("eu-central-2", "Zurich, Switzerland"),
    ("eu-west-1", "Ireland, EU"),
    ("eu-west-2", "London, UK"),
    ("eu-west-3", "Paris, EU"),
    ("eu-north-1", "Stockholm, EU"),
    ("eu-south-1", "Milan, EU"),
    ("eu-south-2", "Spain, EU"),
    ("us-east-1", "North Virginia, US"),
    ("us-east-2", "Ohio, US"),
    ("us-west-1", "North California, US"),
    ("us-west-2", "Oregon, US"),
    ("ca-central-1", "Montreal, Canada"),
    ("sa-east-1", "São Paulo, Brazil"),
    ("ap-southeast-1", "Singapore"),
    ("ap-southeast-2", "Sydney, Australia"),
    ("ap-northeast-1", "Tokyo, Japan"),
    ("ap-northeast-2", "Seoul, Korea"),
    ("ap-south-1", "Mumbai, India"),
    ("me-south-1", "Bahrain"),
    ("af-south-1", "Cape Town, South Africa"),
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """What an address says; "" where it says nothing. An empty ``url`` is Amazon."""

    url: str = ""
    region: str = ""
    bucket: str = ""
    path: str = ""


def recognise(text: str) -> Recognised | None:
    """None when this is no address of an S3 bucket or server."""
    text = text.strip()
    if text.startswith("s3://"):
        bucket, _, path = text[5:].partition("/")
        return Recognised(bucket=bucket, path=path.strip("/")) if bucket else None
    if not text.startswith(("https://", "http://")):
        return None
    address = urlsplit(text)
    host = (address.hostname or "").lower()
    if not host:
        return None
    path = unquote(address.path).strip("/")
    if host.endswith(_CONSOLE):
        return _from_console(address.path, address.query)
    amazon = _AWS.match(host)
    if amazon is not None:
        return _from_amazon(amazon, path)
    bucket, _, folder = path.partition("/")
    return Recognised(f"{address.scheme}://{address.netloc.rpartition('@')[2]}", "", bucket, folder)


def _from_amazon(amazon: re.Match[str], path: str) -> Recognised:
    region = amazon["region"] or ""
    if amazon["bucket"]:
        return Recognised(region=region, bucket=amazon["bucket"], path=path)
    bucket, _, folder = path.partition("/")
    return Recognised(region=region, bucket=bucket, path=folder)


def _from_console(path: str, query: str) -> Recognised | None:
    bucket = re.search(r"/s3/buckets/([^/?]+)", path)
    region = re.search(r"(?:^|&)region=([a-z0-9-]+)", query)
    prefix = re.search(r"(?:^|&)prefix=([^&]+)", query)
    if bucket is None:
        return None
    return Recognised(
        region=region[1] if region else "",
        bucket=bucket[1],
        path=unquote(prefix[1]).strip("/") if prefix else "",
    )
