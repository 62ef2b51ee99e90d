"""Where BaseSpace is: a host for each region. A token works in the region it was made in only."""

from __future__ import annotations

from collections.abc import Mapping

from pipette.model.account import Account
from pipette.model.errors import Unavailable

DEFAULT = "USE1"
REGIONS: Mapping[str, tuple[str, str]] = {
    "USE1": ("Virginia", "https://api.basespace.illumina.com"),
    "EUC1": ("Frankfurt", "https://api.euc1.sh.basespace.illumina.com"),
    "EUW2": ("London", "https://api.euw2.sh.basespace.illumina.com"),
    "APS2": ("Sydney", "https://api.aps2.sh.basespace.illumina.com"),
    "CAC1": ("Montreal", "https://api.cac1.sh.basespace.illumina.com"),
    "CNN1": ("China", "https://api.cnn1.sh.basespace.illumina.com.cn"),
}
"""Place and API host by Illumina's own code."""
ALSO_CALLED = {"AUS": "APS2", "US": "USE1", "EU": "EUC1", "UK": "EUW2", "CA": "CAC1"}
_VERSIONS = ("/v1pre3", "/v2")


def base_of(account: Account) -> str:
    """Everything before ``/v1pre3``; an address of the account's own wins over its region.

    Raises Unavailable for a region nobody has heard of.
    """
    if account.url:
        base = account.url.rstrip("/")
        for version in _VERSIONS:
            base = base.removesuffix(version)
        return base
    code = account.region.strip().upper() or DEFAULT
    found = REGIONS.get(ALSO_CALLED.get(code, code))
    if found is None:
        known = ", ".join(REGIONS)
        raise Unavailable(f"no BaseSpace region is called {account.region!r}; there are {known}")
    return found[1]
