"""What a person can set, in one frozen value and one file.

Keys of the file that this version does not know are kept; a value it cannot use falls back to its
default with a line in the log. A change makes a new ``Settings``: ``replace(settings, md5=False)``.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from pathlib import Path
from typing import TypeVar

from pipette.model.account import Network
from pipette.model.transfer import IfExists
from pipette.store.atomic import write_atomically

log = logging.getLogger(__name__)

Choice = TypeVar("Choice", bound=Enum)
JsonObject = Mapping[str, object]


class Theme(Enum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class RowHeight(Enum):
    DENSE = "dense"
    COMFORTABLE = "comfortable"


@dataclass(frozen=True, slots=True)
class Settings:
    theme: Theme = Theme.SYSTEM
    row_height: RowHeight = RowHeight.DENSE
    if_exists: IfExists = IfExists.SKIP
    md5: bool = True
    """Whole-file MD5 for the receipt."""
    up_limit: float | None = None
    """Bytes per second; None for no limit."""
    down_limit: float | None = None
    operator: str = ""
    """Who sits at this computer, for receipts."""
    download_folder: str = ""
    """Last used; "" for the user's own folder for downloads."""
    network: Network = field(default_factory=Network)
    window: Mapping[str, str] = field(default_factory=dict)
    """Sizes, columns and open tabs, as the window wrote them down."""
    unknown: JsonObject = field(default_factory=dict, repr=False)
    """What a later version put into the file."""

    @staticmethod
    def load(path: Path) -> Settings:
        """The settings in the file; the defaults where there is none or it cannot be read."""
        return settings_from(_read_object(path))

    def save(self, path: Path) -> None:
        """Raises OSError; the old file is then still whole."""
        write_atomically(path, json.dumps(to_json(self), ensure_ascii=False, indent=2) + "\n")


def settings_from(values: JsonObject) -> Settings:
    readers: dict[str, Callable[[object], object]] = {
        "theme": lambda value: Theme(value),
        "row_height": lambda value: RowHeight(value),
        "if_exists": lambda value: IfExists(value),
        "md5": _boolean,
        "up_limit": _limit,
        "down_limit": _limit,
        "operator": _text,
        "download_folder": _text,
        "network": _network,
        "window": _texts,
    }
    known = _readable(values, readers)
    unknown = {name: value for name, value in values.items() if name not in readers}
    return Settings(**known, unknown=unknown)  # type: ignore[arg-type]  # the readers checked it


def to_json(settings: Settings) -> dict[str, object]:
    """What goes into the file: the unknown keys as they were, ours over them."""
    network = settings.network
    return dict(settings.unknown) | {
        "theme": settings.theme.value,
        "row_height": settings.row_height.value,
        "if_exists": settings.if_exists.value,
        "md5": settings.md5,
        "up_limit": settings.up_limit,
        "down_limit": settings.down_limit,
        "operator": settings.operator,
        "download_folder": settings.download_folder,
        "network": {part.name: getattr(network, part.name) for part in fields(network)},
        "window": dict(settings.window),
    }


def _read_object(path: Path) -> JsonObject:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("settings could not be read, the defaults are used: %s", error)
        return {}
    if isinstance(values, dict):
        return values
    log.warning("settings are no JSON object, the defaults are used")
    return {}


def _readable(
    values: JsonObject, readers: Mapping[str, Callable[[object], object]], within: str = ""
) -> dict[str, object]:
    known = {}
    for name in readers.keys() & values.keys():
        try:
            known[name] = readers[name](values[name])
        except ValueError:
            log.warning(
                "setting %s%s has a value that cannot be used; its default is", within, name
            )
    return known


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(value)


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(value)
    return {_text(name): _text(text) for name, text in value.items()}


def _positive(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(value)
    if not (math.isfinite(value) and value > 0):
        raise ValueError(value)
    return float(value)


def _limit(value: object) -> float | None:
    return None if value is None else _positive(value)


def _network(value: object) -> Network:
    if not isinstance(value, dict):
        raise ValueError(value)
    readers: dict[str, Callable[[object], object]] = {
        "proxy": _text,
        "extra_ca": _text,
        "connect_seconds": _positive,
        "stall_seconds": _positive,
    }
    return Network(**_readable(value, readers, "network."))  # type: ignore[arg-type]  # so they did here
