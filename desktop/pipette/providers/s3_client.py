"""The control calls: botocore clients, made late and once, and the region of each bucket.

botocore is imported with the first control call, never at start. Everything it could pick up from
the surroundings (profiles, configuration files, addresses in variables) is shut off: an account is
what its own settings say.
"""

from __future__ import annotations

import logging
import os
import socket
import ssl
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from pipette.model.account import Account, Network, Secret
from pipette.model.errors import SignInNeeded, TransferError
from pipette.model.parts import PartRequest, Reply
from pipette.providers.s3_endpoint import DEFAULT_REGION, Bucket, Endpoint
from pipette.providers.s3_errors import control_errors
from pipette.providers.sigv4 import Clock, Keys, Signer
from pipette.trust import Trust

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

log = logging.getLogger(__name__)

CONNECTIONS = 32


def keys_of(secret: Secret) -> Keys:
    """Read ``ACCESS:SECRET`` or ``ACCESS:SECRET:SESSION``."""
    access, _, rest = secret.reveal().strip().partition(":")
    hidden, _, session = rest.partition(":")
    if not access or not hidden:
        raise SignInNeeded("the key is not of the form ACCESS:SECRET")
    return Keys(access, Secret(hidden), Secret(session) if session else None)


@cache
def clients_for(network: Network) -> Clients:
    """The same for everybody in this process: what they share is dear to make."""
    return Clients(network)


class Clients:
    """Makes botocore's clients. Shared by all of them are botocore's session and a pool of
    connections for each endpoint. Any thread.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._making = threading.Lock()
        self._session: Any = None
        self._pools: dict[str, Any] = {}

    def make(self, endpoint: Endpoint, region: str, keys: Keys) -> S3Client:
        from botocore.config import Config
        from botocore.session import Session

        base = endpoint.base(region)
        session = keys.session
        with self._making, control_errors():
            if self._session is None:
                self._session = Session(session_vars=_SHUT_OFF)
                self._session.register_component("data_loader", _descriptions())
                parsers = self._session.get_component("response_parser_factory")
                parsers.set_parser_defaults(timestamp_parser=_moment)
            made: S3Client = self._session.create_client(
                "s3",
                region_name=region,
                endpoint_url=base,
                aws_access_key_id=keys.access,
                aws_secret_access_key=keys.secret.reveal(),
                aws_session_token=session.reveal() if session else None,
                config=Config(
                    signature_version="s3v4",
                    s3={"addressing_style": "virtual" if endpoint.virtual else "path"},
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    retries={"mode": "standard", "total_max_attempts": 1},
                    use_fips_endpoint=False,
                    use_dualstack_endpoint=False,
                ),
            )
            answerer: Any = made._endpoint  # type: ignore[attr-defined]  # see _trusting_session
            answerer.http_session = self._pool(base)
        return made

    def connections(self, base: str) -> Any:
        """The pool for this endpoint, of our own making: see ``_trusting_session``."""
        with self._making:
            return self._pool(base)

    def _pool(self, base: str) -> Any:
        from botocore.utils import get_environ_proxies

        if base not in self._pools:
            proxy = self.network.proxy
            self._pools[base] = _trusting_session(
                Trust(self.network),
                proxies={"http": proxy, "https": proxy} if proxy else get_environ_proxies(base),
                timeout=(self.network.connect_seconds, self.network.stall_seconds),
                max_pool_connections=CONNECTIONS,
                # Else a small request with a body waits some 40 ms for an acknowledgement.
                socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            )
        return self._pools[base]


class Control:
    """One account's control calls. Safe to share between threads."""

    def __init__(
        self,
        account: Account,
        keys: Keys,
        clients: Clients,
        clock: Clock,
        regions: Mapping[str, str] | None = None,
    ) -> None:
        """``regions`` of buckets that are known already and must not be asked."""
        extra = dict(account.extra)
        self.endpoint = Endpoint.of(account.url, account.region, extra.get("addressing", ""))
        self.keys = keys
        self._makes = clients
        self._clock = clock
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._clients: dict[str, S3Client] = {}
        self._regions: dict[str, str] = dict(regions or {})
        self._buckets: dict[str, Bucket] = {}

    def bucket(self, name: str) -> Bucket:
        """Where this bucket is and who signs for it; finds its region with the first question."""
        known = self._buckets.get(name)
        if known is not None:
            return known
        region = self._region_of(name)
        scheme, host, path = self.endpoint.place(name, region)
        made = Bucket(scheme, host, path, Signer(self.keys, region, self._clock))
        with self._lock:
            return self._buckets.setdefault(name, made)

    def client_for(self, bucket: str) -> S3Client:
        """The botocore client that talks to this bucket's region."""
        return self._client(self._region_of(bucket))

    def client(self) -> S3Client:
        """The botocore client for what belongs to no bucket."""
        return self._client(self.endpoint.region or DEFAULT_REGION)

    def send(self, request: PartRequest, body: bytes) -> Reply:
        """Send one small signed request and read its whole answer."""
        from botocore.awsrequest import AWSRequest

        prepared = AWSRequest(
            method=request.method, url=request.url, headers=dict(request.headers), data=body
        ).prepare()
        # AWSRequest folds dot segments and spells the address anew; what was signed must be sent.
        prepared.url = request.url
        with control_errors():
            answer = self._connections().send(prepared)
            headers = {name.lower(): text for name, text in answer.headers.items()}
            return Reply(answer.status_code, headers, answer.content)

    def _region_of(self, bucket: str) -> str:
        known = self._regions.get(bucket)
        if known is not None:
            return known
        # Asked even where one is given: an account may have buckets in several regions.
        region = self._find_region(bucket)
        with self._lock:
            return self._regions.setdefault(bucket, region)

    def _find_region(self, bucket: str) -> str:
        from botocore.exceptions import ClientError

        client = self.client()
        with control_errors():
            try:
                answer: Mapping[str, Any] = client.head_bucket(Bucket=bucket)
            except ClientError as refused:
                answer = refused.response
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        told = str(headers.get("x-amz-bucket-region", ""))
        return told or self.endpoint.region or self._region_by_location(client, bucket)

    def _region_by_location(self, client: S3Client, bucket: str) -> str:
        try:
            with control_errors():
                answer = client.get_bucket_location(Bucket=bucket)
        except TransferError as error:
            log.debug("The region of a bucket was not told: %s", error.kind)
            return DEFAULT_REGION
        return str(answer.get("LocationConstraint") or DEFAULT_REGION)

    def _client(self, region: str) -> S3Client:
        made = self._clients.get(region)
        if made is not None:
            return made
        with self._making:
            if region not in self._clients:
                self._clients[region] = self._makes.make(self.endpoint, region, self.keys)
            return self._clients[region]

    def _connections(self) -> Any:
        return self._makes.connections(self.endpoint.base(DEFAULT_REGION))


def _moment(text: str) -> datetime:
    """As botocore reads it, and without the long way that costs most of a listing where it can."""
    from botocore.utils import parse_timestamp

    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return parse_timestamp(text)
    return moment if moment.tzinfo and "-" in text else parse_timestamp(text)


@cache
def _descriptions() -> Any:
    """Of the services, as botocore reads them from its files: the same for every account."""
    from botocore.loaders import create_loader

    return create_loader()


def _trusting_session(trust: Trust, **settings: Any) -> Any:
    """A session of botocore that believes the hosts the rest of the program believes.

    WORKAROUND: botocore takes no TLS context and looks at no certificates of the system, hence a
    session of our own in its place, see
    https://github.com/boto/botocore/blob/develop/botocore/httpsession.py
    """
    from botocore.httpsession import URLLib3Session

    class TrustingSession(URLLib3Session):
        def _get_ssl_context(self) -> ssl.SSLContext:
            return trust.make()

    # The stubs know no pair of time-outs.
    session: Any = TrustingSession
    return session(**settings)


# (name in the file, variable, value, conversion): the value alone counts.
_SHUT_OFF = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "ca_bundle": (None, "AWS_CA_BUNDLE", None, None),
}
