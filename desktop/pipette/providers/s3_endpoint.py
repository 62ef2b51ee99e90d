"""Where S3 is: hosts, addressing and regions. Pure; makes no request.

AWS wants the bucket in the host name (virtual addressing) and one host for each region. Everything
else is addressed by path, which nearly every other service takes; the few that insist on the bucket
in the host name are listed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipette.model.errors import NameRefused
from pipette.model.parts import Algorithm, PartRequest
from pipette.providers.sigv4 import UNSIGNED, Signer, encoded_path, encoded_query

DEFAULT_REGION = "us-east-1"
_AWS = (".amazonaws.com", ".amazonaws.com.cn")
_VIRTUAL_ONLY = (".aliyuncs.com", ".myqcloud.com")
_PLAIN_AWS = re.compile(r"s3(?:[.-](?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?")
_REGION_IN_HOST = re.compile(r"[.-]([a-z]{2}(?:-[a-z]+)+-\d)\.")
_DNS_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One service at one address. ``url`` is "" for AWS itself, whose hosts follow from the region."""

    url: str
    region: str
    """As given or as the address shows; "" when it must be found out."""
    is_aws: bool
    virtual: bool

    @staticmethod
    def of(url: str, region: str, addressing: str = "") -> Endpoint:
        """``addressing`` is ``path``, ``virtual`` or "" for what the host is known to need."""
        base = _with_scheme(url.strip()).rstrip("/")
        host = urlsplit(base).hostname or ""
        if not base or _PLAIN_AWS.fullmatch(host):
            return Endpoint("", region or _region_in(host), True, addressing != "path")
        is_aws = host.endswith(_AWS)
        known = is_aws or host.endswith(_VIRTUAL_ONLY)
        virtual = addressing == "virtual" or (known and addressing != "path")
        return Endpoint(
            base,
            region or (_region_in(host) if is_aws else ""),
            is_aws,
            virtual and not _is_address(host),
        )

    @property
    def name(self) -> str:
        """What is remembered about it is remembered under this name."""
        return self.url or "aws"

    def base(self, region: str) -> str:
        """The address without a bucket, which is what botocore wants."""
        if self.url:
            return self.url
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return f"https://s3.{region}.{suffix}"

    def uses_host_of(self, bucket: str) -> bool:
        """Whether this bucket stands in the host name; with dots no certificate would fit."""
        return self.virtual and _DNS_BUCKET.fullmatch(bucket) is not None

    def place(self, bucket: str, region: str) -> tuple[str, str, str]:
        """Scheme, host with port, and encoded path of a bucket."""
        split = urlsplit(self.base(region))
        host = _host_with_port(split.scheme, split.hostname or "", split.port)
        if self.uses_host_of(bucket):
            return split.scheme, f"{bucket}.{host}", split.path
        return split.scheme, host, f"{split.path}/{encoded_path(bucket)}"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that can be addressed: where it is and who signs for it."""

    scheme: str
    host: str
    path: str
    signer: Signer

    def request(
        self,
        method: str,
        key: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        payload: str = UNSIGNED,
        trailer: Algorithm | None = None,
        success: frozenset[int] = frozenset({200}),
    ) -> PartRequest:
        """A signed request for this key. Header names in lower case."""
        path = self._path_of(key)
        search = encoded_query(query) if query else ""
        signed = self.signer.headers(method, self.host, path, search, headers, payload)
        url = f"{self.scheme}://{self.host}{path}"
        return PartRequest(method, f"{url}?{search}" if search else url, signed, success, trailer)

    def link(self, key: str, seconds: int) -> str:
        """An address that reads this key for whoever has it. A secret."""
        path = self._path_of(key)
        search = self.signer.query("GET", self.host, path, {}, seconds)
        return f"{self.scheme}://{self.host}{path}?{search}"

    def _path_of(self, key: str) -> str:
        try:
            return f"{self.path}/{encoded_path(key)}"
        except UnicodeEncodeError as error:
            raise NameRefused("the name cannot be written in UTF-8") from error


def _with_scheme(url: str) -> str:
    return url if not url or "://" in url else f"https://{url}"


def _region_in(host: str) -> str:
    found = _REGION_IN_HOST.search(host)
    return found.group(1) if found else ""


def _host_with_port(scheme: str, host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port in (None, _DEFAULT_PORTS.get(scheme)) else f"{shown}:{port}"


def _is_address(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
