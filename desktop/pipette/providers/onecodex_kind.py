"""One Codex as it presents itself."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pipette.model.kinds import Recognised, Region, ServiceKind, web_address
from pipette.providers.onecodex_api import HOST

_SERVER = urlsplit(HOST).netloc
_PROJECT = re.compile(r"/projects?/([0-9a-f]{16})(?:/|$)")


def recognise(text: str) -> Recognised | None:
    address = web_address(text)
    if address is None or not f".{address.hostname or ''}".endswith(".onecodex.com"):
        return None
    project = _PROJECT.search(address.path)
    return Recognised(project_id=project[1] if project else "")


ONECODEX_KIND = ServiceKind(
    code="onecodex",
    title="One Codex",
    short="One Codex",
    about="Samples up to 20 GB each",
    monogram="1C",
    tile=3,
    recognise=recognise,
    regions=(Region("", "One Codex", _SERVER, f"{HOST}/settings"),),
    key_steps=(
        "Sign in at app.onecodex.com",
        "Open the settings of your account and find the API key",
        "Copy the key, paste it here",
    ),
)
