"""Which icon and colour goes with each state; the words are in ``ui.words``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipette.model.transfer import Direction, State
from pipette.ui.tokens import Tone


@dataclass(frozen=True, slots=True)
class Look:
    icon: str
    tone: Tone


STATE_LOOKS: Mapping[State, Look] = MappingProxyType(
    {
        State.CHECKING: Look("search", Tone.INFO),
        State.WAITING: Look("clock", Tone.TEXT2),
        State.SUBMITTED: Look("right", Tone.INFO),
        State.RESOLVING: Look("search", Tone.INFO),
        State.MOVING: Look("upload", Tone.ACCENT),
        State.RETRYING: Look("retry", Tone.WARN),
        State.SLOWED: Look("gauge", Tone.INFO),
        State.NO_NETWORK: Look("wifi", Tone.WARN),
        State.NEEDS_SIGN_IN: Look("key", Tone.WARN),
        State.NEEDS_YOU: Look("warn", Tone.WARN),
        State.PAUSED: Look("pause", Tone.PAUSED),
        State.FINISHING: Look("right", Tone.INFO),
        State.VERIFYING: Look("shield", Tone.INFO),
        State.VERIFIED: Look("shield", Tone.OK),
        State.SIZE_MATCHED: Look("check", Tone.INFO),
        State.UNPROVEN: Look("info", Tone.TEXT2),
        State.IMPORTED: Look("check", Tone.INFO),
        State.FAILED: Look("error", Tone.ERR),
        State.SKIPPED: Look("copy", Tone.TEXT2),
        State.LEFT_OUT: Look("eye", Tone.TEXT2),
        State.CANCELLED: Look("x", Tone.TEXT2),
    }
)


def state_look(state: State, direction: Direction = Direction.UPLOAD) -> Look:
    if state is State.MOVING:
        return Look(_MOVING_ICONS[direction], Tone.ACCENT)
    return STATE_LOOKS[state]


_MOVING_ICONS: Mapping[Direction, str] = MappingProxyType(
    {Direction.UPLOAD: "upload", Direction.DOWNLOAD: "download", Direction.IMPORT: "import"}
)
