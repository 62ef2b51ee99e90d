"""How an endpoint really treats checksums, found out by proof and remembered.

Many services that speak S3 take a checksum header and never look at it. So before the first upload
one is asked: a part of a few bytes is sent with a wrong checksum, then with the right one. Only who
refuses the first and takes the second is trusted to check. The upload it was tried in is aborted.
"""

from __future__ import annotations

import base64
import logging
import threading
from dataclasses import dataclass

from pipette.model import errors
from pipette.model.parts import PartCheck, PartRequest, Reply
from pipette.providers.memory import EndpointMemory, Trial
from pipette.providers.s3_client import Control
from pipette.providers.s3_errors import control_errors, error_in_reply
from pipette.providers.s3_trailer import CRC64_HEADER, trailer_headers
from pipette.providers.s3_uploads import remove_unanswered
from pipette.providers.sigv4 import UNSIGNED, UNSIGNED_TRAILER

log = logging.getLogger(__name__)

_SAMPLE = b"pipette"
_SAMPLE_CRC64 = "ZP3f6icQQyg="
_WRONG_CRC64 = "AAAAAAAAAAA="
_WRONG_MD5 = base64.b64encode(bytes(16)).decode()


@dataclass(frozen=True, slots=True)
class Conduct:
    """What is known of an endpoint. ``refuses_wrong_md5``: seen to refuse a wrong Content-MD5."""

    check: PartCheck
    refuses_wrong_md5: bool

    @property
    def text(self) -> str:
        if self.check is PartCheck.MD5_HEADER and not self.refuses_wrong_md5:
            return _MD5_UNSEEN
        return self.check.value

    @staticmethod
    def parse(text: str | None) -> Conduct | None:
        """None for nothing and for what a later version may have written."""
        if text == _MD5_UNSEEN:
            return CAUTIOUS
        known = {check.value: check for check in PartCheck if check is not PartCheck.NONE}
        return Conduct(known[text], True) if text in known else None


_MD5_UNSEEN = "md5-unseen"
CAUTIOUS = Conduct(PartCheck.MD5_HEADER, False)
AWS = Conduct(PartCheck.CRC64_TRAILER, True)


class Conducts:
    """Knows, or finds out once, how the endpoint treats checksums."""

    def __init__(self, control: Control, memory: EndpointMemory) -> None:
        self._control = control
        self._memory = memory
        self._probing = threading.Lock()
        self._unsure: Conduct | None = None

    def of(self, bucket: str, key: str) -> Conduct:
        """Settled already, or tried out with an upload to this key that is aborted again."""
        if self._control.endpoint.is_aws:
            return AWS
        known = self._known()
        if known is not None:
            return known
        # Held while asking on purpose: the other workers wait for the answer instead of asking too.
        with self._probing:
            return self._known() or self._find_out(bucket, key)

    def _known(self) -> Conduct | None:
        return self._unsure or Conduct.parse(self._memory.recall(self._control.endpoint.name))

    def _find_out(self, bucket: str, key: str) -> Conduct:
        trial = Trial(self._memory, self._control.endpoint.name, "checksums")
        left = trial.left_behind()
        if left:
            remove_unanswered(self._control, *left, largest_part=len(_SAMPLE))
        trial.begin(bucket, key)
        try:
            found = Probe(self._control, bucket, key).conduct()
        except _Inconclusive as error:
            log.warning("How the service checks could not be found out: %s", error)
            self._unsure = CAUTIOUS
            found = CAUTIOUS
        trial.ended()
        if found is self._unsure:
            return found
        self._memory.remember(self._control.endpoint.name, found.text)
        log.info("The service at %s checks parts by %s", self._control.endpoint.name, found.text)
        return found


class _Inconclusive(Exception):
    """The service answered the trial with something that says nothing about checksums."""


class Probe:
    """One trial upload. Leaves nothing behind."""

    def __init__(self, control: Control, bucket: str, key: str) -> None:
        self._control = control
        self._bucket = bucket
        self._key = key
        self._upload = ""

    def conduct(self) -> Conduct:
        takes_crc64 = self._open()
        try:
            check = self._crc64_check() if takes_crc64 else None
            if check is not None:
                return Conduct(check, True)
            return Conduct(PartCheck.MD5_HEADER, self._is_refused(self._with_md5(_WRONG_MD5)))
        finally:
            self._abort()

    def _open(self) -> bool:
        """Open the trial upload; False when the service refuses CRC-64 by name."""
        try:
            self._create(ChecksumAlgorithm="CRC64NVME", ChecksumType="FULL_OBJECT")
        except (errors.Refused, errors.Unavailable) as error:
            if type(error) not in (errors.Refused, errors.Unavailable):
                raise
            self._create()
            return False
        return True

    def _create(self, **options: str) -> None:
        client = self._control.client_for(self._bucket)
        with control_errors():
            answer = client.create_multipart_upload(
                Bucket=self._bucket,
                Key=self._key,
                **options,  # type: ignore[arg-type]  # the stubs spell out each choice
            )
        self._upload = answer["UploadId"]

    def _crc64_check(self) -> PartCheck | None:
        if not self._is_refused(self._with_header(_WRONG_CRC64)):
            return None
        if not self._is_taken(self._with_header(_SAMPLE_CRC64)):
            return None
        if not self._is_refused(self._with_trailer(_WRONG_CRC64)):
            return PartCheck.CRC64_HEADER
        if not self._is_taken(self._with_trailer(_SAMPLE_CRC64)):
            return PartCheck.CRC64_HEADER
        return PartCheck.CRC64_TRAILER

    def _with_header(self, value: str) -> Reply:
        return self._control.send(self._request({CRC64_HEADER: value}), _SAMPLE)

    def _with_md5(self, value: str) -> Reply:
        return self._control.send(self._request({"content-md5": value}), _SAMPLE)

    def _with_trailer(self, value: str) -> Reply:
        framed = b"%x\r\n%b\r\n0\r\n%b:%b\r\n\r\n" % (
            len(_SAMPLE),
            _SAMPLE,
            CRC64_HEADER.encode(),
            value.encode(),
        )
        request = self._request(trailer_headers(len(_SAMPLE)), UNSIGNED_TRAILER)
        return self._control.send(request, framed)

    def _request(self, headers: dict[str, str], payload: str = UNSIGNED) -> PartRequest:
        query = {"partNumber": "1", "uploadId": self._upload}
        bucket = self._control.bucket(self._bucket)
        return bucket.request("PUT", self._key, query, headers, payload=payload)

    def _is_taken(self, reply: Reply) -> bool:
        return not self._is_refused(reply)

    def _is_refused(self, reply: Reply) -> bool:
        """True for a refusal of the content. Raises what must be tried again or says nothing."""
        if reply.status == 200:
            return False
        error = error_in_reply(reply.status, reply.headers, reply.body)
        if isinstance(error, errors.BadPart):
            return True
        if isinstance(error, errors.Temporary | errors.SignInNeeded | errors.ClockWrong):
            raise error
        if reply.status == 400 or isinstance(error, errors.Unavailable):
            return True
        raise _Inconclusive(error.detail)

    def _abort(self) -> None:
        client = self._control.client_for(self._bucket)
        try:
            with control_errors():
                client.abort_multipart_upload(
                    Bucket=self._bucket, Key=self._key, UploadId=self._upload
                )
        except errors.UploadGone:
            return
        except errors.TransferError as error:
            log.warning("The trial upload could not be removed: %s", error.detail)
