"""Uploads at the pretend One Codex: opened, confirmed, cancelled."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from tests.fakes.onecodex_records import ROOT, Expected, Project, Records, Sample, User, new_id
from tests.fakes.onecodex_storage import BUCKET, Storage
from tests.fakes.onecodex_web import Answer, Refused, Request

from pipette.practice.policies import Policy
from pipette.practice.server import S3Server
from pipette.practice.signing import KeyPair

CALLBACK = "/api/import_file_from_s3"
NAME = re.compile(r"[\w.]+[\w\-.\[\](){} ]*\.[\w.]+")
_INIT_FIELDS = frozenset(
    [
        "filename",
        "metadata",
        "tags",
        "project",
        "paired_end_filename",
        "interleaved",
        "sample_id",
        "external_sample_id",
    ]
)
_ENUMS = {
    "library_type": {"WGS", "Targeted/16S", "Other"},
    "sample_type": {"Isolate", "Metagenomic", "Other"},
}
_METADATA = frozenset(
    [
        "name",
        "description",
        "external_sample_id",
        "date_collected",
        "date_sequenced",
        "library_type",
        "sample_type",
        "platform",
        "location_lat",
        "location_lon",
        "location_string",
        "starred",
        "custom",
    ]
)


class Openings:
    def __init__(self, records: Records, storage: Storage, s3: S3Server) -> None:
        self._records = records
        self._storage = storage
        self._s3 = s3
        self.bodies: list[tuple[str, Any]] = []
        """Route and JSON of each POST."""

    def preupload(self, request: Request, user: User | None) -> Answer:
        body = self._body(request, "preupload")
        return Answer(200, {"sample_id": self._made(body, signed_in(user), "", []).id})

    def init(self, request: Request, user: User | None) -> Answer:
        route = request.path.rpartition("/")[2]
        manners = self._records.manners
        by_form = route == "init_upload"
        if not (manners.offers_form if by_form else manners.offers_parts):
            raise Refused(404, "Not found")
        owner, body = signed_in(user), self._body(request, route)
        self._check_init(body, by_form=by_form)
        sample_id = new_id()
        names = [body["filename"], body.get("paired_end_filename")]
        files = [
            Expected(name, f"uploads/{sample_id}/{number}/{'${filename}' if by_form else name}")
            for number, name in enumerate(names, 1)
            if name
        ]
        files[0].size = body.get("size")
        sample = self._made(body, owner, route, files, sample_id)
        return Answer(200, self._form_reply(sample) if by_form else self._parts_reply(sample))

    def _check_init(self, body: Mapping[str, Any], *, by_form: bool) -> None:
        allowed = _INIT_FIELDS | ({"size", "upload_type"} if by_form else set())
        unknown = body.keys() - allowed
        if unknown:
            raise Refused(400, f"unknown fields: {', '.join(sorted(unknown))}")
        for name in (body.get("filename"), body.get("paired_end_filename")):
            if name is not None and (not isinstance(name, str) or not NAME.fullmatch(name)):
                raise Refused(400, f"filename {name!r} is not allowed")
        if not body.get("filename"):
            raise Refused(400, "filename is required")
        size = body.get("size")
        if size is not None and (not isinstance(size, int) or size < 1):
            raise Refused(400, "size must be positive")
        if body.get("upload_type", "standard") != "standard":
            raise Refused(400, "unknown upload_type")
        if body.get("sample_id") or body.get("external_sample_id"):
            raise Refused(400, "no such pre-created sample")

    def _made(
        self,
        body: Mapping[str, Any],
        owner: User,
        route: str,
        files: list[Expected],
        sample_id: str = "",
    ) -> Sample:
        project = self._project_of(body.get("project"), owner)
        tags = [str(tag["name"]) for tag in body.get("tags") or []]
        if any(len(tag) > 30 for tag in tags):
            raise Refused(400, "a tag is too long")
        sample = Sample(
            sample_id or new_id(),
            owner.id,
            self._records.clock(),
            files or [Expected("", "")],
            BUCKET,
            route,
            project.id if project else None,
            checked_metadata(body.get("metadata") or {}),
            tags,
        )
        self._records.samples[sample.id] = sample
        return sample

    def _project_of(self, told: Any, owner: User) -> Project | None:
        if told is None:
            return None
        if isinstance(told, dict) and not self._records.manners.takes_project_reference:
            raise Refused(400, "project must be an id")
        name = str(told["$ref"]).rpartition("/")[2] if isinstance(told, dict) else str(told)
        project = self._records.projects.get(name)
        if project is None or project.owner != owner.id:
            raise Refused(400, "no such project")
        if "can_add_files" not in project.permissions:
            raise Refused(403, "You may not add files to this project")
        return project

    def _form_reply(self, sample: Sample) -> dict[str, Any]:
        fields = [self._form_fields(file) for file in sample.files]
        pair = len(fields) > 1
        address = f"{self._storage.url}/{BUCKET}"
        return {
            "sample_id": sample.id,
            "upload_url": address,
            "additional_fields": fields[0],
            "paired_end_upload_url": address if pair else None,
            "paired_end_additional_fields": fields[1] if pair else None,
            "fallback_options": None,
        }

    def _form_fields(self, file: Expected) -> dict[str, Any]:
        proxy, more = self._records.manners.proxy_form, {}
        if proxy:
            file.handed_on = False
            more["status_url"] = f"{self._storage.url}/status"
        if proxy == "callback":
            more["callback_url"] = f"{self._storage.url}/back"
        return self._storage.form_fields(file.key, **more)

    def _parts_reply(self, sample: Sample) -> dict[str, Any]:
        access, secret = f"AKIA{secrets.token_hex(8).upper()}", secrets.token_hex(20)
        policy = Policy(BUCKET, f"uploads/{sample.id}/")
        self._s3.add_key(KeyPair(access, secret, policy=policy))
        self._storage.secrets.append(secret)
        return {
            "sample_id": sample.id,
            "s3_bucket": BUCKET,
            "file_id": sample.files[0].key,
            "paired_end_file_id": sample.files[1].key if len(sample.files) > 1 else None,
            "callback_url": CALLBACK,
            "upload_aws_access_key_id": access,
            "upload_aws_secret_access_key": secret,
        }

    def confirm(self, request: Request, user: User | None) -> Answer:
        body = self._body(request, "confirm_upload")
        sample = self._records.sample(str(body.get("sample_id")), signed_in(user))
        if sample is None:
            raise Refused(404, "Sample not found")
        sample.confirmations += 1
        if sample.accepted_at is not None and self._records.manners.second_confirm != 200:
            raise Refused(self._records.manners.second_confirm, "Already confirmed")
        self.take_in(sample)
        reference = {"$ref": f"{ROOT}/samples/{sample.id}"}
        return Answer(200, {"success": True, "message": "Upload confirmed", "sample": reference})

    def call_back(self, request: Request, user: User | None) -> Answer:
        body = self._body(request, "callback")
        signed_in(user)
        bucket, _, key = str(body.get("s3_path", "")).removeprefix("s3://").partition("/")
        for sample in self._records.samples.values():
            if not sample.removed and (bucket, key) == (sample.bucket, sample.files[0].key):
                if body.get("filename") != sample.files[0].filename:
                    raise Refused(400, "filename differs")
                sample.confirmations += 1
                self.take_in(sample)
                return Answer(200, {"sample_id": sample.id})
        raise Refused(400, "No such file")

    def cancel(self, request: Request, user: User | None) -> Answer:
        body = self._body(request, "cancel_upload")
        sample = self._records.sample(str(body.get("sample_id")), signed_in(user))
        if sample is None:
            raise Refused(404, "Sample not found")
        if sample.accepted_at is not None:
            raise Refused(400, "Upload already successful")
        sample.removed = True
        return Answer(200, {"success": True, "message": "Upload canceled"})

    def take_in(self, sample: Sample) -> None:
        """Its files are all there, or it is refused."""
        if sample.accepted_at is not None:
            return
        sizes = [self.size(sample, file) for file in sample.files]
        if any(size is None for size in sizes):
            raise Refused(400, "No file was uploaded for this sample")
        size = sum(size for size in sizes if size is not None)
        promised = sample.files[0].size
        if promised is not None and len(sizes) == 1 and promised != size:
            raise Refused(400, "The size differs from what was announced")
        sample.accepted_at = self._records.clock()
        sample.size = size

    def size(self, sample: Sample, file: Expected) -> int | None:
        """Without reading what lies there. None when nothing does."""
        if sample.route == "init_multipart_upload":
            stored = self._s3.stored(sample.bucket, file.key)
            return stored.size if stored else None
        content = self.content(sample, file)
        return None if content is None else len(content)

    def content(self, sample: Sample, file: Expected) -> bytes | None:
        if sample.route == "init_multipart_upload":
            return self._s3.read(sample.bucket, file.key)
        return self._storage.objects.get(file.key.replace("${filename}", file.filename))

    def _body(self, request: Request, route: str) -> dict[str, Any]:
        if request.method != "POST":
            raise Refused(405, "Method not allowed")
        body = request.json()
        self.bodies.append((route, body))
        if not isinstance(body, dict):
            raise Refused(400, "a JSON object is needed")
        return body


def signed_in(user: User | None) -> User:
    if user is None:
        raise Refused(401, "Please sign in")
    return user


def checked_metadata(told: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in told.items():
        if name not in _METADATA:
            raise Refused(400, f"unknown metadata {name!r}")
        if name in _ENUMS and value not in _ENUMS[name]:
            raise Refused(400, f"{value!r} is no {name}")
    custom = told.get("custom", {})
    if any(isinstance(value, dict | list) for value in custom.values()):
        raise Refused(400, "custom metadata must be flat")
    return dict(told)
