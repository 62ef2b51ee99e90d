"""Temporary keys for the storage behind ICA: asked for once, shared, renewed long before they end.

A grant opens everything below one folder, or one object. Its keys are in memory and nowhere else.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.providers.ica_api import Api, Row
from pipette.providers.ica_create import data_path
from pipette.providers.ica_records import Project, seconds
from pipette.providers.s3_client import Control, clients_for
from pipette.providers.s3_endpoint import DEFAULT_REGION
from pipette.providers.sigv4 import Keys

LIFETIME = 36 * 3600.0
"""Where the answer does not tell the end."""
RENEWED_AT = 0.75
"""Of its life: 27 of 36 hours, so that no part begins with keys about to end."""
MOST_GRANTS = 128
"""In memory at a time: more than files can be under way."""
SETTLED_SECONDS = 60.0
"""Keys as new as this were not the ones that a refusal was about."""
_SSE = "ServerSideEncryption"
_SSE_KEY = "SSEKMSKeyId"
_HEADERS = {
    _SSE: "x-amz-server-side-encryption",
    _SSE_KEY: "x-amz-server-side-encryption-aws-kms-key-id",
}


@dataclass(frozen=True, slots=True)
class Grant:
    """``prefix`` is the key of the object, or ends in a slash. Any thread."""

    bucket: str
    prefix: str
    control: Control = field(repr=False)
    encryption: Mapping[str, str]
    """As botocore names it."""
    issued_at: float
    ends_at: float

    @property
    def renew_at(self) -> float:
        return self.issued_at + RENEWED_AT * (self.ends_at - self.issued_at)

    @property
    def encryption_headers(self) -> dict[str, str]:
        return {_HEADERS[name]: text for name, text in self.encryption.items()}

    def key_of(self, relative: str) -> str:
        """The object's key for a path relative to what was granted, "" for a single object."""
        if not relative:
            return self.prefix
        slash = "" if self.prefix.endswith("/") else "/"
        return f"{self.prefix}{slash}{relative}"


class Grants:
    """By project and data id. Any thread; one asks, the others wait for its answer."""

    def __init__(self, api: Api, network: Network, storage_url: str) -> None:
        """``storage_url`` "" is AWS in the region that ICA names."""
        self._api = api
        self._clients = clients_for(network)
        self._storage_url = storage_url
        self._lock = threading.Lock()
        self._asking: dict[tuple[str, str], threading.Lock] = {}
        self._grants: dict[tuple[str, str], Grant] = {}

    def of(self, project: Project, data: str) -> Grant:
        """One that is good for a while. Raises RemoteMissing, NotAllowed, Temporary …"""
        place = (project.id, data)
        grant = self._fresh(place)
        if grant is not None:
            return grant
        # Held while asking on purpose: many workers need the same keys at the same moment.
        with self._asking_for(place):
            return self._fresh(place) or self._renew(project, data)

    def has(self, project: Project, data: str) -> bool:
        return self._fresh((project.id, data)) is not None

    def keep(self, project: Project, data: str, answer: Row) -> None:
        """Keys that came with the answer to another call."""
        grant = self._grant(answer) if answer else None
        if grant is not None:
            self._keep((project.id, data), grant)

    def refused(self, project: str, data: str) -> bool:
        """The storage refused these keys: True if the next request will have other ones."""
        with self._lock:
            grant = self._grants.get((project, data))
            if grant and self._api.clock() - grant.issued_at < SETTLED_SECONDS:
                return False
            self._grants.pop((project, data), None)
        return True

    def _fresh(self, place: tuple[str, str]) -> Grant | None:
        with self._lock:
            grant = self._grants.get(place)
        return grant if grant and self._api.clock() < grant.renew_at else None

    def _asking_for(self, place: tuple[str, str]) -> threading.Lock:
        with self._lock:
            return self._asking.setdefault(place, threading.Lock())

    def _renew(self, project: Project, data: str) -> Grant:
        path = f"{data_path(project)}/{data}:createTemporaryCredentials"
        try:
            answer = self._api.post(path, {"readOnlyCredentials": False})
        except errors.Temporary:
            # Keys due for renewal serve on while ICA cannot be reached, until they end.
            old = self._unended((project.id, data))
            if old is None:
                raise
            return old
        grant = self._grant(answer)
        if grant is None:
            raise errors.Temporary("an answer without temporary keys")
        self._keep((project.id, data), grant)
        return grant

    def _keep(self, place: tuple[str, str], grant: Grant) -> None:
        """Those asked for longest ago make room; who still needs one asks again."""
        with self._lock:
            self._grants.pop(place, None)
            self._grants[place] = grant
            while len(self._grants) > MOST_GRANTS:
                oldest = next(iter(self._grants))
                del self._grants[oldest]
                self._asking.pop(oldest, None)

    def _unended(self, place: tuple[str, str]) -> Grant | None:
        with self._lock:
            grant = self._grants.get(place)
        return grant if grant and self._api.clock() < grant.ends_at else None

    def _grant(self, answer: Row) -> Grant | None:
        told = _aws_form(answer)
        if told is None:
            return None
        now = self._api.clock()
        keys = Keys(told["accessKey"], Secret(told["secretKey"]), Secret(told["sessionToken"]))
        region = str(told.get("region") or DEFAULT_REGION)
        place = Account("", "s3", self._storage_url, region)
        bucket = str(told["bucket"])
        control = Control(place, keys, self._clients, self._api.clock, {bucket: region})
        ends_at = seconds(told.get("expirationTime")) or now + LIFETIME
        return Grant(
            bucket, str(told["objectPrefix"]), control, _encryption(told), now, max(ends_at, now)
        )


def _aws_form(answer: Row) -> Mapping[str, Any] | None:
    """The keys by AWS's names, also where only rclone's are given."""
    told = answer.get("awsTempCredentials")
    if isinstance(told, dict) and told.get("accessKey"):
        return told
    other = answer.get("rcloneTempCredentials")
    if not isinstance(other, dict):
        return None
    config = other.get("config") or {}
    bucket, _, prefix = str(other.get("filePathPrefix") or "").partition("/")
    return {
        "accessKey": config.get("access_key_id", ""),
        "secretKey": config.get("secret_access_key", ""),
        "sessionToken": config.get("session_token", ""),
        "region": config.get("region"),
        "bucket": bucket,
        "objectPrefix": prefix,
        "serverSideEncryptionAlgorithm": config.get("server_side_encryption"),
        "serverSideEncryptionKey": config.get("sse_kms_key_id"),
        "expirationTime": other.get("expirationTime"),
    }


def _encryption(told: Mapping[str, Any]) -> dict[str, str]:
    """What must stand on every new object, in the spelling that S3 wants."""
    method = str(told.get("serverSideEncryptionAlgorithm") or "")
    if not method:
        return {}
    if method.lower() != "aws:kms":
        return {_SSE: method}
    key = told.get("serverSideEncryptionKey")
    return {_SSE: "aws:kms"} | ({_SSE_KEY: str(key)} if key else {})
