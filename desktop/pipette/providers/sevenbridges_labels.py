"""Metadata and tags that an account's settings give to all it sends; set when a file is there."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipette.model import errors
from pipette.model.account import Account
from pipette.providers.sevenbridges_api import Api
from pipette.providers.sevenbridges_folders import file_path

log = logging.getLogger(__name__)

TAGS = "tags"
"""Setting of an account: tags with commas between them."""
METADATA = "metadata."
"""Beginning of settings of an account; what follows is the key."""


@dataclass(frozen=True, slots=True)
class Labels:
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tags or self.metadata)


def labels_of(account: Account) -> Labels:
    extra = dict(account.extra)
    tags = tuple(tag.strip() for tag in extra.get(TAGS, "").split(",") if tag.strip())
    metadata = {
        setting.removeprefix(METADATA): text
        for setting, text in extra.items()
        if setting.startswith(METADATA) and text
    }
    return Labels(tags, metadata)


def put_on(api: Api, file_id: str, labels: Labels) -> None:
    """A file whose labels are refused has arrived all the same."""
    wanted: dict[str, object] = {}
    if labels.metadata:
        wanted["metadata"] = dict(labels.metadata)
    if labels.tags:
        wanted["tags"] = list(labels.tags)
    try:
        api.ask("PATCH", file_path(file_id), body=wanted)
    except errors.Refused as error:
        log.warning("Metadata and tags were not taken: %s", error.detail)
