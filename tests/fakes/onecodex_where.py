"""The query language of the pretend One Codex, as far as it is documented."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.onecodex_web import Refused

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda have, want: have == want,
    "$ne": lambda have, want: have != want,
    "$in": lambda have, want: have in want,
    "$contains": lambda have, want: want in (have or ""),
    "$icontains": lambda have, want: want.lower() in (have or "").lower(),
    "$startswith": lambda have, want: (have or "").startswith(want),
    "$endswith": lambda have, want: (have or "").endswith(want),
    "$lt": lambda have, want: have is not None and have < want,
    "$lte": lambda have, want: have is not None and have <= want,
    "$gt": lambda have, want: have is not None and have > want,
    "$gte": lambda have, want: have is not None and have >= want,
}


def matches(row: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    """A bare value means equal; a reference may be written as an id."""
    return all(_holds(row, name, want) for name, want in where.items())


def _holds(row: Mapping[str, Any], name: str, want: Any) -> bool:
    if name not in row:
        raise Refused(400, f"no field {name!r}")
    have = _plain(row[name])
    if name == "$uri":
        have = str(have).rpartition("/")[2]
    if isinstance(want, dict) and "$ref" not in want:
        for operator, value in want.items():
            if operator not in _OPERATORS:
                raise Refused(400, f"no operator {operator!r}")
            if not _OPERATORS[operator](have, value):
                return False
        return True
    return bool(have == _plain(want))


def _plain(value: Any) -> Any:
    if isinstance(value, dict) and "$ref" in value:
        return str(value["$ref"]).rpartition("/")[2]
    return value
