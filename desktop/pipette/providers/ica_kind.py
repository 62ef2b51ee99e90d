"""Illumina Connected Analytics as it presents itself."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pipette.model.kinds import Recognised, Region, ServiceKind, server_of, web_address
from pipette.providers.ica_api import DEFAULT_HOST

_PROJECT = re.compile(r"/projects?/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
_ILLUMINA = ".illumina.com"
_SIGN_IN = ".login.illumina.com"
HOST = urlsplit(DEFAULT_HOST).netloc


def recognise(text: str) -> Recognised | None:
    """An address of the web pages, which all lie below ``/ica``, or of a lab's sign-in page."""
    address = web_address(text)
    if address is None:
        return None
    host = (address.hostname or "").lower()
    is_ica = f"{address.path}/".startswith("/ica/")
    if not is_ica and host != HOST and not host.endswith(_SIGN_IN):
        return None
    project = _PROJECT.search(address.path)
    return Recognised(
        url="" if f".{host}".endswith(_ILLUMINA) else server_of(address),
        project_id=project[1].lower() if project else "",
    )


ICA_KIND = ServiceKind(
    code="ica",
    title="Illumina Connected Analytics",
    short="ICA",
    about="Projects, archive, links",
    monogram="ICA",
    tile=0,
    recognise=recognise,
    regions=(Region("", "Illumina's cloud", HOST),),
    standard="Illumina's cloud",
    own_server="https://ica.example.org",
    key_steps=(
        "Sign in at your lab's own address, such as core-lab.login.illumina.com",
        "Click your name, then Manage API Keys",
        "Click + Generate, copy the key, paste it here",
    ),
)
