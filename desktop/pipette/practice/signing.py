"""Checks signatures: AWS Signature Version 4, in the Authorization header or in the address.

Refuses in the order in which AWS does: form, key, token, time, signature.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from calendar import timegm
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from time import strptime
from urllib.parse import quote, unquote_to_bytes

from pipette.practice.documents import iso_time
from pipette.practice.faults import Faults
from pipette.practice.policies import Policy
from pipette.practice.refusals import Refusal, access_denied
from pipette.practice.wire import Request

ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST_EXPIRY = 7 * 24 * 3600
STAMP = "%Y%m%dT%H%M%SZ"
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._~-]*")
IN_QUERY = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)

Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An access key. One with a ``session_token`` is temporary; ``expires_at`` is its end.

    Without a ``policy`` it may do everything.
    """

    id: str
    secret: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of its own signature."""

    key_id: str
    date: str
    region: str
    service: str
    stamp: str
    signed_headers: tuple[str, ...]
    signature: str
    payload_hash: str
    token: str | None
    expires_seconds: int | None = None
    """None for a signature in the header."""

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets signed requests of known keys through."""

    keys: Mapping[str, KeyPair]
    faults: Faults
    skew_seconds: int

    def check(self, request: Request, query: Query, regions: frozenset[str], now: float) -> KeyPair:
        """Whose request this is. Raise the Refusal it deserves; no ``regions`` means any."""
        claim = read_claim(request, query)
        self._check_scope(claim, regions)
        key = self._key_of(claim)
        self._check_token(claim, key, now)
        self._check_time(claim, now)
        self._check_signature(request, query, claim, key)
        return key

    def _check_scope(self, claim: Claim, regions: frozenset[str]) -> None:
        if claim.service != "s3" or claim.date != claim.stamp[:8]:
            raise malformed("the credential scope is wrong", claim)
        if regions and claim.region not in regions:
            expected = min(regions)
            message = f"the region '{claim.region}' is wrong; expecting '{expected}'"
            raise malformed(message, claim, expected)

    def _key_of(self, claim: Claim) -> KeyPair:
        key = self.keys.get(claim.key_id)
        unknown = key is None or self.faults.is_revoked(claim.key_id)
        if key is None or unknown or (key.session_token and claim.token is None):
            raise Refusal(
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
                AWSAccessKeyId=claim.key_id,
            )
        return key

    def _check_token(self, claim: Claim, key: KeyPair, now: float) -> None:
        if claim.token != key.session_token and (claim.token or key.session_token):
            raise Refusal("InvalidToken", "The provided token is malformed or otherwise invalid.")
        ended = key.expires_at is not None and now >= key.expires_at
        if ended or self.faults.is_expired(key.id, temporary=key.session_token is not None):
            raise Refusal("ExpiredToken", "The provided token has expired.")

    def _check_time(self, claim: Claim, now: float) -> None:
        signed_at = _seconds(claim.stamp)
        if claim.expires_seconds is None:
            if abs(now - signed_at) > self.skew_seconds:
                raise self._skewed(claim, now)
            return
        if signed_at > now + self.skew_seconds:
            raise access_denied("Request is not yet valid")
        if now > signed_at + claim.expires_seconds:
            raise Refusal(
                "AccessDenied",
                "Request has expired",
                Expires=iso_time(signed_at + claim.expires_seconds),
                ServerTime=iso_time(now),
            )

    def _skewed(self, claim: Claim, now: float) -> Refusal:
        return Refusal(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            RequestTime=claim.stamp,
            ServerTime=iso_time(now),
            MaxAllowedSkewMilliseconds=self.skew_seconds * 1000,
        )

    def _check_signature(self, request: Request, query: Query, claim: Claim, key: KeyPair) -> None:
        _check_signed_headers(request, claim)
        canonical = canonical_request(request, query, claim)
        digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
        to_sign = f"{ALGORITHM}\n{claim.stamp}\n{claim.scope}\n{digest}"
        signing_key = _signing_key(key.secret, claim.date, claim.region)
        expected = hmac.new(signing_key, to_sign.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, claim.signature):
            raise Refusal(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. "
                "Check your key and signing method.",
                AWSAccessKeyId=claim.key_id,
                StringToSign=to_sign,
                CanonicalRequest=canonical,
            )


def read_claim(request: Request, query: Query) -> Claim:
    authorization = request.header("authorization")
    if "X-Amz-Algorithm" in query or "X-Amz-Signature" in query:
        if authorization:
            raise Refusal("InvalidArgument", "Only one auth mechanism allowed")
        return _claim_in_query(request, query)
    if not authorization:
        raise access_denied()
    return _claim_in_header(request, authorization)


def canonical_request(request: Request, query: Query, claim: Claim) -> str:
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in query.items()
        if name != "X-Amz-Signature"
    )
    headers = "".join(
        f"{name}:{' '.join(request.header(name).split())}\n" for name in claim.signed_headers
    )
    return "\n".join(
        (
            request.method,
            _canonical_path(request.path),
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            ";".join(claim.signed_headers),
            claim.payload_hash,
        )
    )


def malformed(message: str, claim: Claim | None = None, region: str | None = None) -> Refusal:
    """The refusal of a signature that has not the right form, with the region that has."""
    in_query = claim is not None and claim.expires_seconds is not None
    code = "AuthorizationQueryParametersError" if in_query else "AuthorizationHeaderMalformed"
    text = f"The authorization that you provided is malformed; {message}"
    if region is None:
        return Refusal(code, text)
    return Refusal(code, text, headers={"x-amz-bucket-region": region}, Region=region)


def _claim_in_header(request: Request, authorization: str) -> Claim:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise Refusal(
            "InvalidRequest",
            f"The authorization mechanism you have provided is not supported. Use {ALGORITHM}.",
        )
    fields = dict(each.strip().partition("=")[::2] for each in rest.split(","))
    payload_hash = request.header("x-amz-content-sha256")
    if not payload_hash:
        raise Refusal(
            "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
        )
    try:
        credential, signed = fields["Credential"], fields["SignedHeaders"]
        key_id, date, region, service, _ = credential.rsplit("/", 4)
        signature = fields["Signature"]
    except (KeyError, ValueError) as error:
        raise malformed("a component is missing") from error
    return Claim(
        key_id,
        date,
        region,
        service,
        request.header("x-amz-date") or _stamp_of_date(request.header("date")),
        tuple(signed.split(";")),
        signature,
        payload_hash,
        request.headers.get("x-amz-security-token"),
    )


def _claim_in_query(request: Request, query: Query) -> Claim:
    missing = [name for name in IN_QUERY if name not in query]
    if missing or query["X-Amz-Algorithm"] != ALGORITHM:
        raise Refusal(
            "AuthorizationQueryParametersError",
            f"Query-string authentication version 4 requires {', '.join(IN_QUERY)}.",
        )
    expires = query["X-Amz-Expires"]
    parts = query["X-Amz-Credential"].rsplit("/", 4)
    if not expires.isdigit() or not 0 < int(expires) <= LONGEST_EXPIRY or len(parts) != 5:
        raise Refusal(
            "AuthorizationQueryParametersError",
            f"X-Amz-Expires must be between 1 and {LONGEST_EXPIRY} seconds",
        )
    key_id, date, region, service, _ = parts
    return Claim(
        key_id,
        date,
        region,
        service,
        query["X-Amz-Date"],
        tuple(query["X-Amz-SignedHeaders"].split(";")),
        query["X-Amz-Signature"],
        request.headers.get("x-amz-content-sha256")
        or query.get("X-Amz-Content-Sha256")
        or "UNSIGNED-PAYLOAD",
        query.get("X-Amz-Security-Token"),
        int(expires),
    )


def _check_signed_headers(request: Request, claim: Claim) -> None:
    signed = frozenset(claim.signed_headers)
    exempt = {"x-amz-content-sha256"} if claim.expires_seconds is not None else set()
    unsigned = [
        name
        for name in request.headers
        if (name == "host" or name.startswith("x-amz-")) and name not in signed | exempt
    ]
    if unsigned or "host" not in signed:
        raise Refusal(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            HeadersNotSigned=", ".join(unsigned),
        )


def _canonical_path(path: str) -> str:
    return path if PLAIN_PATH.fullmatch(path) else quote(unquote_to_bytes(path), safe="/-_.~")


@lru_cache(maxsize=64)
def _seconds(stamp: str) -> float:
    try:
        return float(timegm(strptime(stamp, STAMP)))
    except ValueError as error:
        raise access_denied("AWS authentication requires a valid Date or x-amz-date") from error


def _stamp_of_date(date: str) -> str:
    try:
        return parsedate_to_datetime(date).astimezone(UTC).strftime(STAMP)
    except ValueError as error:
        raise access_denied("AWS authentication requires a valid Date or x-amz-date") from error


@lru_cache(maxsize=64)
def _signing_key(secret: str, date: str, region: str) -> bytes:
    return _chain(f"AWS4{secret}".encode(), (date, region, "s3", "aws4_request"))


def _chain(key: bytes, words: Iterable[str]) -> bytes:
    for word in words:
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return key
