"""The ways in which the service says no, with the status that goes with each code."""

from __future__ import annotations

STATUS = {
    "AccessDenied": 403,
    "AuthorizationHeaderMalformed": 400,
    "AuthorizationQueryParametersError": 400,
    "BadDigest": 400,
    "BucketAlreadyOwnedByYou": 409,
    "BucketNotEmpty": 409,
    "EntityTooLarge": 400,
    "EntityTooSmall": 400,
    "ExpiredToken": 400,
    "IncompleteBody": 400,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "InvalidBucketName": 400,
    "InvalidDigest": 400,
    "InvalidPart": 400,
    "InvalidPartNumber": 416,
    "InvalidPartOrder": 400,
    "InvalidRange": 416,
    "InvalidRequest": 400,
    "InvalidToken": 400,
    "InvalidURI": 400,
    "KeyTooLongError": 400,
    "MalformedTrailerError": 400,
    "MalformedXML": 400,
    "MetadataTooLarge": 400,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "NotImplemented": 501,
    "NotModified": 304,
    "PreconditionFailed": 412,
    "RequestTimeTooSkewed": 403,
    "SignatureDoesNotMatch": 403,
    "SlowDown": 503,
    "XAmzContentSHA256Mismatch": 400,
}


class Refusal(Exception):
    """An error answer of S3. ``fields`` become elements of its document."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        **fields: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or code
        self.status = STATUS[code] if status is None else status
        self.headers = headers or {}
        self.fields = fields


def access_denied(message: str = "Access Denied") -> Refusal:
    return Refusal("AccessDenied", message)


def invalid_argument(message: str, name: str, value: str) -> Refusal:
    return Refusal("InvalidArgument", message, ArgumentName=name, ArgumentValue=value)


def not_implemented(what: str) -> Refusal:
    message = "A header or query you provided implies functionality that is not implemented."
    return Refusal("NotImplemented", message, Header=what)


def no_such_key(key: str) -> Refusal:
    return Refusal("NoSuchKey", "The specified key does not exist.", Key=key)


def precondition_failed(condition: str) -> Refusal:
    message = "At least one of the pre-conditions you specified did not hold"
    return Refusal("PreconditionFailed", message, Condition=condition)
