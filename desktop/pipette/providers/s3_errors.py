"""What S3 and services like it answer when they say no, turned into our errors. One table for all.

The same table reads the replies of the data path, botocore's exceptions, and the errors that come
inside a reply with status 200.
"""

from __future__ import annotations

import email.utils
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipette.model import errors

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

_CODES: Mapping[type[errors.TransferError], str] = {
    errors.SlowDown: """SlowDown ServiceUnavailable Throttling ThrottlingException
        TooManyRequests TooManyRequestsException RequestLimitExceeded BandwidthLimitExceeded""",
    errors.Temporary: """InternalError InternalFailure RequestTimeout RequestTimeoutException
        IncompleteBody OperationAborted ConditionalRequestConflict ServerBusy Busy""",
    errors.BadPart: """BadDigest InvalidDigest XAmzContentChecksumMismatch
        XAmzContentSHA256Mismatch ChecksumMismatch""",
    errors.SignInNeeded: """ExpiredToken ExpiredTokenException TokenRefreshRequired InvalidToken
        InvalidAccessKeyId InvalidClientTokenId SignatureDoesNotMatch NotSignedUp
        InvalidSecurity AccountProblem UnrecognizedClientException MissingSecurityHeader""",
    errors.ClockWrong: "RequestTimeTooSkewed RequestExpired RequestInTheFuture",
    errors.NotAllowed: """AccessDenied AllAccessDisabled AccountDisabled MethodNotAllowed
        UnauthorizedAccess Forbidden KMS.DisabledException KMS.AccessDeniedException""",
    errors.UploadGone: "NoSuchUpload",
    errors.ContainerGone: "NoSuchBucket InvalidBucketName",
    errors.RemoteMissing: "NoSuchKey NoSuchVersion NotFound",
    errors.NameTaken: "PreconditionFailed",
    errors.RemoteChanged: "InvalidRange",
    errors.TooLarge: "EntityTooLarge MaxMessageLengthExceeded",
    errors.StorageFull: """QuotaExceeded QuotaExceededException InsufficientStorage StorageFull
        XMinioStorageFull XMinioAdminBucketQuotaExceeded ObjectStorageQuotaExceeded
        TotalStorageExceeded StorageCapExceeded""",
    errors.NameRefused: """KeyTooLongError KeyTooLong InvalidObjectName XMinioInvalidObjectName
        XMinioInvalidResourceName InvalidURI XMinioParentIsObject""",
    errors.Archived: "InvalidObjectState",
    errors.Unavailable: "NotImplemented",
}
_BY_CODE = {code: kind for kind, codes in _CODES.items() for code in codes.split()}

_BY_STATUS: Mapping[int, type[errors.TransferError]] = {
    401: errors.SignInNeeded,
    403: errors.NotAllowed,
    404: errors.RemoteMissing,
    407: errors.ProxyRefused,
    408: errors.Temporary,
    409: errors.Temporary,
    412: errors.NameTaken,
    413: errors.TooLarge,
    414: errors.NameRefused,
    416: errors.RemoteChanged,
    425: errors.Temporary,
    429: errors.SlowDown,
    501: errors.Unavailable,
    503: errors.SlowDown,
    507: errors.StorageFull,
}


def error_of(
    status: int, code: str, message: str = "", headers: Mapping[str, str] | None = None
) -> errors.TransferError:
    """The error for a refusal; header names in lower case."""
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status) or _by_class(status)
    detail = " ".join(text for text in (str(status), code, message) if text)
    request_id = (headers or {}).get("x-amz-request-id", "")
    if request_id:
        detail = f"{detail} (request {request_id})"
    return kind(detail, wait_seconds=_wait_of(headers or {}))


def _by_class(status: int) -> type[errors.TransferError]:
    return errors.Temporary if status >= 500 else errors.Refused


def _wait_of(headers: Mapping[str, str]) -> float | None:
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isdigit():
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, when.timestamp() - time.time())


def error_text(body: bytes) -> tuple[str, str]:
    """Code and message of an XML error; empty strings where there is none.

    Read with two patterns, not an XML parser: the body is capped and may be cut off.
    """
    return _element(body, b"Code"), _element(body, b"Message")


def _element(body: bytes, name: bytes) -> str:
    found = re.search(rb"<%b>([^<]*)</%b>" % (name, name), body)
    return found.group(1).decode("utf-8", "replace").strip() if found else ""


def error_in_reply(status: int, headers: Mapping[str, str], body: bytes) -> errors.TransferError:
    """The error a reply of the data path stands for."""
    code, message = error_text(body)
    return error_of(status, code, message, headers)


def error_of_client(error: ClientError) -> errors.TransferError:
    """The error a botocore ClientError stands for, also one inside a reply with status 200."""
    said = error.response.get("Error", {})
    meta = error.response.get("ResponseMetadata", {})
    code = str(said.get("Code", ""))
    # A HEAD has no body, so botocore puts the status number where the code would be.
    return error_of(
        int(meta.get("HTTPStatusCode", 0)),
        "" if code.isdigit() else code,
        str(said.get("Message", "")),
        {name.lower(): text for name, text in meta.get("HTTPHeaders", {}).items()},
    )


@contextmanager
def control_errors() -> Iterator[None]:
    """Turns everything botocore raises into our errors."""
    from botocore import exceptions
    from botocore.parsers import ResponseParserError

    try:
        yield
    except exceptions.ClientError as error:
        raise error_of_client(error) from error
    except exceptions.ParamValidationError as error:
        raise errors.NameRefused(str(error)) from error
    except exceptions.BotoCoreError as error:
        raise _foreign(error) from error
    except ResponseParserError as error:
        raise errors.Temporary("the answer could not be read") from error
    except UnicodeEncodeError as error:
        raise errors.NameRefused("the name cannot be written in UTF-8") from error


def _foreign(error: BotoCoreError) -> errors.TransferError:
    from botocore import exceptions

    detail = type(error).__name__
    if isinstance(error, exceptions.SSLError) and _is_about_trust(error):
        return errors.Untrusted(detail)
    if isinstance(error, exceptions.ProxyConnectionError):
        return errors.ProxyRefused(detail)
    if isinstance(error, exceptions.ReadTimeoutError):
        return errors.Stalled(detail)
    if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError):
        return errors.NetworkDown(detail)
    return errors.Refused(f"{detail}: {error}")


def _is_about_trust(error: BaseException) -> bool:
    """Whether a failed certificate check stands at the root of this failure."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, ssl.SSLCertVerificationError):
            return True
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        wrapped = getattr(one, "kwargs", {})
        waiting += [one.__cause__, one.__context__, *one.args, *dict(wrapped).values()]
        waiting.append(getattr(one, "reason", None))
    return False
