"""S3, Amazon's or another, as it presents itself."""

from __future__ import annotations

import re
from urllib.parse import unquote

from pipette.model.kinds import (
    KeyForm,
    Recognised,
    Region,
    ServiceKind,
    server_of,
    web_address,
)

_AWS = re.compile(
    r"^(?:(?P<bucket>.+)\.)?s3(?:[.-](?:dualstack\.)?(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?"
    r"\.amazonaws\.com$"
)
_CONSOLE = "console.aws.amazon.com"
_REGIONS = (
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


def recognise(text: str) -> Recognised | None:
    """``s3://bucket/folder``, an address of Amazon's, or of any server, which may then be S3."""
    text = text.strip()
    if text.startswith("s3://"):
        bucket, _, path = text[5:].partition("/")
        return Recognised(container=bucket, path=path.strip("/")) if bucket else None
    address = web_address(text)
    if address is None:
        return None
    host = (address.hostname or "").lower()
    path = unquote(address.path).strip("/")
    if host.endswith(_CONSOLE):
        return _from_console(address.path, address.query)
    amazon = _AWS.match(host)
    if amazon is not None:
        return _from_amazon(amazon, path)
    bucket, _, folder = path.partition("/")
    return Recognised(server_of(address), "", bucket, folder, is_certain=False)


def _from_amazon(amazon: re.Match[str], path: str) -> Recognised:
    region = amazon["region"] or ""
    if amazon["bucket"]:
        return Recognised(region=region, container=amazon["bucket"], path=path)
    bucket, _, folder = path.partition("/")
    return Recognised(region=region, container=bucket, path=folder)


def _from_console(path: str, query: str) -> Recognised | None:
    bucket = re.search(r"/s3/buckets/([^/?]+)", path)
    region = re.search(r"(?:^|&)region=([a-z0-9-]+)", query)
    prefix = re.search(r"(?:^|&)prefix=([^&]+)", query)
    if bucket is None:
        return None
    return Recognised(
        region=region[1] if region else "",
        container=bucket[1],
        path=unquote(prefix[1]).strip("/") if prefix else "",
    )


S3_KIND = ServiceKind(
    code="s3",
    title="S3 bucket",
    short="S3",
    about="Any bucket you have keys for",
    monogram="S3",
    tile=4,
    recognise=recognise,
    regions=tuple(Region(code, name) for code, name in _REGIONS),
    takes_other_regions=True,
    standard="Amazon S3",
    own_server="https://s3.example.org",
    key_form=KeyForm.PAIR,
    key_steps=(
        "Sign in where your storage is managed; for Amazon that is the IAM console",
        "Choose your user, then Security credentials",
        "Create an access key, copy both halves, paste them here",
    ),
    container="bucket",
)
