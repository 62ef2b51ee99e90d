"""What an account wants every sample to carry: tags and metadata, checked before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipette.model.account import Account
from pipette.model.errors import Refused
from pipette.providers.onecodex_names import LONGEST_TAG

TAGS = "tags"
"""Setting of an account: names with commas between them."""
METADATA = "metadata"
"""Setting of an account: a JSON object of the service's own field names."""
PAIRS = "pairs"
"""Setting of an account: ``no`` sends paired reads as two samples."""

_LIBRARIES = frozenset({"WGS", "Targeted/16S", "Other"})
_SAMPLES = frozenset({"Isolate", "Metagenomic", "Other"})
_TEXTS = {"name": 255, "description": None, "external_sample_id": 60, "location_string": 255}
_SPANS = {"location_lat": 90.0, "location_lon": 180.0}
_PLAIN = frozenset({"date_collected", "date_sequenced", "platform", "starred"})


@dataclass(frozen=True, slots=True)
class Labels:
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, object] = field(default_factory=dict)

    @staticmethod
    def of(account: Account) -> Labels:
        """Raises Refused when the service would not take them."""
        extra = dict(account.extra)
        tags = tuple(tag.strip() for tag in extra.get(TAGS, "").split(",") if tag.strip())
        for tag in tags:
            if len(tag) > LONGEST_TAG:
                raise Refused(f"the tag {tag!r} is longer than {LONGEST_TAG} characters")
        return Labels(tags, _metadata(extra.get(METADATA, "")))

    def body(self, custom: Mapping[str, object]) -> dict[str, object]:
        """As the service takes them when an upload is opened; ``custom`` is our own."""
        own = self.metadata.get("custom")
        kept = dict(own) if isinstance(own, dict) else {}
        told: dict[str, object] = {"metadata": {**self.metadata, "custom": {**kept, **custom}}}
        if self.tags:
            told["tags"] = [{"name": tag} for tag in self.tags]
        return told


def _metadata(text: str) -> dict[str, object]:
    if not text.strip():
        return {}
    try:
        read = json.loads(text)
    except ValueError as error:
        raise Refused("the metadata of this account are no JSON") from error
    if not isinstance(read, dict):
        raise Refused("the metadata of this account are no JSON object")
    for name, value in read.items():
        if not _fits(name, value):
            raise Refused(f"the service takes no metadata {name!r} of this value")
    return read


def _fits(name: str, value: object) -> bool:
    if name in _TEXTS:
        longest = _TEXTS[name]
        return isinstance(value, str) and (longest is None or len(value) <= longest)
    if name in _SPANS:
        return isinstance(value, int | float) and abs(value) <= _SPANS[name]
    if name == "library_type":
        return value in _LIBRARIES
    if name == "sample_type":
        return value in _SAMPLES
    if name == "custom":
        flat = str | int | float | bool | None
        return isinstance(value, dict) and all(isinstance(one, flat) for one in value.values())
    return name in _PLAIN
