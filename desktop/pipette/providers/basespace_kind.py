"""Illumina BaseSpace as it presents itself."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pipette.model.kinds import Recognised, Region, ServiceKind, web_address
from pipette.providers.basespace_regions import ALSO_CALLED, DEFAULT, REGIONS

_HOST = re.compile(
    r"(?:^|\.)(?:(?P<region>[a-z]{3}\d)\.sh\.)?basespace\.illumina\.com(?:\.cn)?$", re.IGNORECASE
)
_PROJECT = re.compile(r"/projects/(\d+)")
_COUNTRIES = {
    "USE1": "US",
    "EUC1": "EU",
    "EUW2": "UK",
    "APS2": "Australia",
    "CAC1": "Canada",
    "CNN1": "",
}


def recognise(text: str) -> Recognised | None:
    """A web or API address of any region, also below a lab's own domain."""
    address = web_address(text)
    found = _HOST.search(address.hostname or "") if address is not None else None
    if address is None or found is None:
        return None
    code = (found["region"] or DEFAULT).upper()
    project = _PROJECT.search(address.path) or _PROJECT.search(address.fragment)
    if code not in REGIONS:
        return None
    return Recognised(region=code, project_id=project[1] if project else "")


def _region(code: str) -> Region:
    place, address = REGIONS[code]
    host = urlsplit(address).netloc.removeprefix("api.")
    country = _COUNTRIES.get(code, "")
    return Region(
        code,
        f"{place}, {country}" if country else place,
        host,
        f"https://developer.{host}",
        tuple(other for other, meant in ALSO_CALLED.items() if meant == code),
    )


BASESPACE_KIND = ServiceKind(
    code="basespace",
    title="BaseSpace Sequence Hub",
    short="BaseSpace",
    about="Projects and FASTQ datasets",
    monogram="BS",
    tile=1,
    recognise=recognise,
    regions=tuple(map(_region, REGIONS)),
    standard="A region of Illumina's",
    own_server="https://api.basespace.example.org",
    key_steps=(
        "Sign in to BaseSpace's developer pages",
        "Open My Apps, choose or make an app, then its Credentials",
        "Copy the access token, paste it here",
    ),
)
