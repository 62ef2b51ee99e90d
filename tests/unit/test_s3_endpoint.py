"""Where S3 is: hosts, addressing, regions. No requests."""

from __future__ import annotations

import pytest

from pipette.providers.s3_endpoint import Endpoint


@pytest.mark.parametrize(
    ("url", "region", "bucket", "expected"),
    [
        ("", "eu-west-1", "lab-data", ("https", "lab-data.s3.eu-west-1.amazonaws.com", "")),
        ("", "cn-north-1", "lab-data", ("https", "lab-data.s3.cn-north-1.amazonaws.com.cn", "")),
        ("", "eu-west-1", "with.dots", ("https", "s3.eu-west-1.amazonaws.com", "/with.dots")),
        ("", "us-east-1", "Old_Name", ("https", "s3.us-east-1.amazonaws.com", "/Old_Name")),
        ("http://127.0.0.1:9000", "", "lab-data", ("http", "127.0.0.1:9000", "/lab-data")),
        ("http://[::1]:9000/", "", "lab-data", ("http", "[::1]:9000", "/lab-data")),
        ("http://localhost:80", "", "lab-data", ("http", "localhost", "/lab-data")),
        ("minio.lab.org", "", "lab-data", ("https", "minio.lab.org", "/lab-data")),
        ("https://gate.lab.org:443/s3/", "", "b-1", ("https", "gate.lab.org", "/s3/b-1")),
        (
            "https://oss-cn-beijing.aliyuncs.com",
            "",
            "lab-data",
            ("https", "lab-data.oss-cn-beijing.aliyuncs.com", ""),
        ),
    ],
)
def test_a_bucket_is_addressed_as_its_service_needs(
    url: str, region: str, bucket: str, expected: tuple[str, str, str]
) -> None:
    endpoint = Endpoint.of(url, region)
    assert endpoint.place(bucket, region or "us-east-1") == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3.amazonaws.com",
        "https://s3.eu-central-1.amazonaws.com",
        "https://s3-eu-west-1.amazonaws.com",
    ],
)
def test_every_plain_address_of_aws_is_aws_itself(url: str) -> None:
    endpoint = Endpoint.of(url, "")
    assert (endpoint.url, endpoint.is_aws, endpoint.virtual) == ("", True, True)


@pytest.mark.parametrize(
    ("url", "given", "expected"),
    [
        ("https://s3.eu-central-1.amazonaws.com", "", "eu-central-1"),
        ("https://s3.eu-central-1.amazonaws.com", "us-west-2", "us-west-2"),
        ("https://bucket.vpce-1a2b.s3.us-gov-west-1.vpce.amazonaws.com", "", "us-gov-west-1"),
        ("https://s3.eu-central-1.wasabisys.com", "", ""),
        ("", "", ""),
    ],
)
def test_the_region_is_read_from_an_address_of_aws(url: str, given: str, expected: str) -> None:
    assert Endpoint.of(url, given).region == expected


def test_another_service_is_never_taken_for_aws() -> None:
    for url in ("https://amazonaws.com.example.org", "https://notamazonaws.com", "http://10.0.0.1"):
        assert not Endpoint.of(url, "").is_aws


@pytest.mark.parametrize(
    ("url", "addressing", "expected"),
    [
        ("https://minio.lab.org", "virtual", True),
        ("https://minio.lab.org", "", False),
        ("https://10.0.0.1:9000", "virtual", False),
        ("", "path", False),
    ],
)
def test_addressing_can_be_set_but_never_puts_a_bucket_before_a_number(
    url: str, addressing: str, expected: bool
) -> None:
    assert Endpoint.of(url, "", addressing).virtual is expected
