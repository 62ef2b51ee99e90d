"""The Seven Bridges platforms as they present themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipette.model.kinds import Recognised, Region, ServiceKind, web_address
from pipette.providers.sevenbridges_api import REGIONS

_PROJECT = re.compile(r"/u/([^/]+)/([^/]+)")
_API_PROJECT = re.compile(r"/v2/projects/([^/]+)/([^/]+)")


@dataclass(frozen=True, slots=True)
class _Platform:
    name: str
    host: str
    """Of its web pages."""
    short: str = ""
    shows_key: bool = True
    """Where the token is shown is known."""


_PLATFORMS = {
    "cgc": _Platform("Cancer Genomics Cloud (CGC)", "cgc.sbgenomics.com", "CGC"),
    "us": _Platform("Seven Bridges Platform, US", "igor.sbgenomics.com"),
    "eu": _Platform("Seven Bridges Platform, EU", "eu.sbgenomics.com"),
    "china": _Platform(
        "Seven Bridges Platform, China", "platform.sevenbridges.cn", shows_key=False
    ),
    "cavatica": _Platform("CAVATICA", "cavatica.sbgenomics.com", "CAVATICA"),
    "bdc": _Platform("BioData Catalyst", "platform.sb.biodatacatalyst.nhlbi.nih.gov", "BDC"),
}


def recognise(text: str) -> Recognised | None:
    """A web or API address of any of the platforms."""
    address = web_address(text)
    host = (address.hostname or "").lower() if address is not None else ""
    code = next((code for code in REGIONS if host and host in _hosts(code)), None)
    if address is None or code is None:
        return None
    project = _PROJECT.search(address.path) or _API_PROJECT.search(address.path)
    return Recognised(region=code, container="/".join(project.groups()) if project else "")


def _hosts(code: str) -> tuple[str, ...]:
    return (urlsplit(REGIONS[code]).netloc, _PLATFORMS[code].host)


def _region(code: str) -> Region:
    platform = _PLATFORMS[code]
    page = f"https://{platform.host}/developer" if platform.shows_key else ""
    return Region(code, platform.name, platform.host, page, short=platform.short)


SEVENBRIDGES_KIND = ServiceKind(
    code="sevenbridges",
    title="Seven Bridges / CGC",
    short="Seven Bridges",
    about="Projects, bulk import by DRS",
    monogram="SB",
    tile=2,
    recognise=recognise,
    regions=tuple(map(_region, REGIONS)),
    standard="One of the platforms",
    own_server="https://api.example.org/v2",
    key_steps=(
        "Sign in to the platform",
        "Open Developer, then Authentication token",
        "Generate the token, copy it, paste it here",
    ),
    container_segments=2,
    imports_drs=True,
)
