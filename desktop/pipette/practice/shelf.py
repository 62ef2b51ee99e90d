"""The state of the service: buckets, objects, uploads and their parts, kept in a folder."""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipette.practice.blobs import Blobs
from pipette.practice.ledger import Ledger, Line, read_lines, rewrite
from pipette.practice.records import (
    Blob,
    Bucket,
    Stored,
    StoredPart,
    Upload,
    part_from,
    stored_from,
)
from pipette.practice.refusals import Refusal

Guard = Callable[[Stored | None], None]
"""Looks at what is there before it is replaced; raises to keep it."""


class _Contents:
    """The objects of one bucket, with their keys in order."""

    def __init__(self) -> None:
        self.objects: dict[str, Stored] = {}
        self.keys: list[str] = []

    def put(self, key: str, stored: Stored) -> Stored | None:
        old = self.objects.get(key)
        if old is None:
            insort(self.keys, key)
        self.objects[key] = stored
        return old

    def remove(self, key: str) -> Stored | None:
        old = self.objects.pop(key, None)
        if old is not None:
            del self.keys[bisect_left(self.keys, key)]
        return old


class Shelf:
    """Thread-safe. What a method has changed when it returns survives the end of the process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._buckets: dict[str, Bucket] = {}
        self._contents: dict[str, _Contents] = {}
        self._uploads: dict[str, Upload] = {}
        self._parts: dict[str, dict[int, StoredPart]] = {}
        path = folder / "ledger.jsonl"
        for kind, *values in read_lines(path):
            _REPLAY[kind](self, *values)
        rewrite(path, self._snapshot())
        self._ledger = Ledger(path)
        self.blobs = Blobs(folder / "blobs", self._known_blobs())

    def close(self) -> None:
        with self._lock:
            self._ledger.close()
            self.blobs.close()

    def buckets(self) -> list[Bucket]:
        with self._lock:
            return sorted(self._buckets.values(), key=lambda bucket: bucket.name)

    def find_bucket(self, name: str) -> Bucket | None:
        return self._buckets.get(name)

    def bucket(self, name: str) -> Bucket:
        found = self._buckets.get(name)
        if found is None:
            raise Refusal("NoSuchBucket", "The specified bucket does not exist", BucketName=name)
        return found

    def create_bucket(self, bucket: Bucket) -> None:
        with self._lock:
            self._ledger.write("bucket", bucket)
            self._keep_bucket(bucket)

    def delete_bucket(self, name: str) -> None:
        with self._lock:
            self.bucket(name)
            busy = any(upload.bucket == name for upload in self._uploads.values())
            if self._contents[name].keys or busy:
                raise Refusal("BucketNotEmpty", "The bucket you tried to delete is not empty")
            self._ledger.write("no-bucket", name)
            self._play_no_bucket(name)

    def find(self, bucket: str, key: str) -> Stored | None:
        with self._lock:
            self.bucket(bucket)
            return self._contents[bucket].objects.get(key)

    def put(self, bucket: str, key: str, stored: Stored, guard: Guard) -> None:
        with self._lock:
            guard(self.find(bucket, key))
            self._ledger.write("object", bucket, key, stored)
            old = self._contents[bucket].put(key, stored)
        self.blobs.discard(old.blobs if old else ())

    def remove(self, bucket: str, key: str) -> None:
        with self._lock:
            self.bucket(bucket)
            old = self._contents[bucket].remove(key)
            if old is not None:
                self._ledger.write("no-object", bucket, key)
        self.blobs.discard(old.blobs if old else ())

    def keys(self, bucket: str) -> list[str]:
        """All keys, in the order of their UTF-8 bytes."""
        with self._lock:
            self.bucket(bucket)
            return self._contents[bucket].keys.copy()

    def open_upload(self, upload: Upload) -> None:
        with self._lock:
            self.bucket(upload.bucket)
            self._ledger.write("upload", upload)
            self._uploads[upload.id] = upload
            self._parts[upload.id] = {}

    def uploads(self, bucket: str) -> list[Upload]:
        """In the order in which S3 lists them: by key, then by when they began."""
        with self._lock:
            self.bucket(bucket)
            mine = [upload for upload in self._uploads.values() if upload.bucket == bucket]
        return sorted(mine, key=lambda upload: (upload.key, upload.begun, upload.id))

    def upload(self, upload_id: str | None, bucket: str, key: str) -> Upload:
        with self._lock:
            self.bucket(bucket)
            found = self._uploads.get(upload_id or "")
        if found is None or (found.bucket, found.key) != (bucket, key):
            raise Refusal(
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload "
                "may have been aborted or completed.",
                UploadId=upload_id,
            )
        return found

    def parts(self, upload: Upload) -> Mapping[int, StoredPart]:
        with self._lock:
            return MappingProxyType(dict(self._parts.get(upload.id, {})))

    def add_part(self, upload: Upload, part: StoredPart) -> None:
        with self._lock:
            self.upload(upload.id, upload.bucket, upload.key)
            self._ledger.write("part", upload.id, part)
            old = self._parts[upload.id].get(part.number)
            self._parts[upload.id][part.number] = part
        self.blobs.discard([old.blob] if old else ())

    def finish_upload(self, upload: Upload, stored: Stored, guard: Guard) -> None:
        """The object takes over the blobs that it names, the others go."""
        with self._lock:
            self.upload(upload.id, upload.bucket, upload.key)
            guard(self.find(upload.bucket, upload.key))
            self._ledger.write("finished", upload.id, stored)
            parts = self._parts[upload.id].values()
            spare = {part.blob for part in parts} - set(stored.blobs)
            old = self._finish(upload.id, stored)
        self.blobs.discard(spare)
        self.blobs.discard(old.blobs if old else ())

    def abort_upload(self, upload: Upload) -> None:
        with self._lock:
            self.upload(upload.id, upload.bucket, upload.key)
            self._ledger.write("aborted", upload.id)
            parts = self._parts[upload.id].values()
            self._play_aborted(upload.id)
        self.blobs.discard(part.blob for part in parts)

    def _known_blobs(self) -> Iterator[Blob]:
        for contents in self._contents.values():
            for stored in contents.objects.values():
                yield from stored.blobs
        for parts in self._parts.values():
            yield from (part.blob for part in parts.values())

    def _snapshot(self) -> Iterator[Line]:
        for bucket in self._buckets.values():
            yield ["bucket", bucket]
        for name, contents in self._contents.items():
            for key, stored in contents.objects.items():
                yield ["object", name, key, stored]
        for upload in self._uploads.values():
            yield ["upload", upload]
            for part in self._parts[upload.id].values():
                yield ["part", upload.id, part]

    def _play_bucket(self, data: dict[str, Any]) -> None:
        self._keep_bucket(Bucket(**data))

    def _keep_bucket(self, bucket: Bucket) -> None:
        self._buckets[bucket.name] = bucket
        self._contents.setdefault(bucket.name, _Contents())

    def _play_no_bucket(self, name: str) -> None:
        del self._buckets[name], self._contents[name]

    def _play_object(self, bucket: str, key: str, data: dict[str, Any]) -> None:
        self._contents[bucket].put(key, stored_from(data))

    def _play_no_object(self, bucket: str, key: str) -> None:
        self._contents[bucket].remove(key)

    def _play_upload(self, data: dict[str, Any]) -> None:
        upload = Upload(**data)
        self._uploads[upload.id] = upload
        self._parts[upload.id] = {}

    def _play_part(self, upload_id: str, data: dict[str, Any]) -> None:
        part = part_from(data)
        self._parts[upload_id][part.number] = part

    def _play_finished(self, upload_id: str, data: dict[str, Any]) -> None:
        self._finish(upload_id, stored_from(data))

    def _finish(self, upload_id: str, stored: Stored) -> Stored | None:
        upload = self._uploads[upload_id]
        self._play_aborted(upload_id)
        return self._contents[upload.bucket].put(upload.key, stored)

    def _play_aborted(self, upload_id: str) -> None:
        del self._uploads[upload_id], self._parts[upload_id]


_REPLAY: dict[str, Callable[..., None]] = {
    "bucket": Shelf._play_bucket,
    "no-bucket": Shelf._play_no_bucket,
    "object": Shelf._play_object,
    "no-object": Shelf._play_no_object,
    "upload": Shelf._play_upload,
    "part": Shelf._play_part,
    "finished": Shelf._play_finished,
    "aborted": Shelf._play_aborted,
}
