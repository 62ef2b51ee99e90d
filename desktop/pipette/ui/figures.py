"""Numbers, sizes, speeds and times as people read them. Pure functions, no Qt: the CLI uses them too.

Sizes are decimal (GB = 10⁹ bytes), as drives and platforms bill them.
"""

from __future__ import annotations

import math
from datetime import datetime, tzinfo

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

WILD_SECONDS = 30 * DAY
"""A longer time left is a guess nobody can use; it is shown as nothing."""

_UNITS = ("KB", "MB", "GB", "TB", "PB")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: int) -> str:
    """``3,386``."""
    return f"{value:,}"


def plural(count: int, one: str, many: str = "") -> str:
    """``1 file``, ``3,386 files``. ``many`` is given where adding an s is wrong."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def ordinal(value: int) -> str:
    """``1st``, ``2nd``, ``3rd``, ``11th``."""
    if value % 100 in {11, 12, 13}:
        return f"{number(value)}th"
    return number(value) + {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")


def part_of(count: int, whole: int) -> str:
    """``6.1 of 7.4 GB``; the unit once where it is the same."""
    one, all_of = size(count), size(whole)
    number, _, unit = one.partition(" ")
    return f"{number if all_of.endswith(f' {unit}') else one} of {all_of}"


def size(count: int) -> str:
    """``612 bytes``, ``14.2 KB``, ``38.6 GB``, ``1.02 TB``."""
    if count < 1000:
        return exact_bytes(count)
    unit = _unit_for(count)
    return f"{_rounded(count, unit)} {unit}"


def size_of(arrived: int, total: int) -> str:
    """``27.8 of 38.6 GB``: both in one unit where that reads well, else each in its own."""
    if total < 1000:
        return f"{number(arrived)} of {exact_bytes(total)}"
    unit = _unit_for(total)
    if 0 < arrived < 10 ** (3 * _UNITS.index(unit) + 2):
        return f"{size(arrived)} of {size(total)}"
    return f"{_rounded(arrived, unit) if arrived else '0'} of {size(total)}"


def exact_bytes(count: int) -> str:
    """``38,600,112,231 bytes``."""
    return plural(count, "byte")


def rate(bytes_per_second: float, *, as_bits: bool = False) -> str:
    """``31.0 MB/s`` or ``248 Mbit/s``; ``0 MB/s`` when nothing moves."""
    amount = bytes_per_second * 8 if as_bits else bytes_per_second
    suffix = "bit/s" if as_bits else "B/s"
    if amount < 500:
        return f"0 M{suffix}"
    if amount < 1e5:
        return f"{amount / 1e3:.0f} {'k' if as_bits else 'K'}{suffix}"
    millions = amount / 1e6
    return (
        f"{millions:,.0f} M{suffix}" if millions >= 1000 or as_bits else f"{millions:.1f} M{suffix}"
    )


def percent(arrived: int, total: int, *, done: bool = False) -> int:
    """Rounded down, so that 100 means everything. An empty file has 0 until it is done."""
    if total <= 0:
        return 100 if done else 0
    return min(100, arrived * 100 // total)


def time_left(seconds: float | None) -> str:
    """``under 1 min``, ``6 min``, ``1 h 54 min``, ``14 h``, ``3 days``; "" when unknown or wild."""
    if seconds is None or not math.isfinite(seconds) or not 0 <= seconds <= WILD_SECONDS:
        return ""
    if seconds < MINUTE:
        return "under 1 min"
    minutes = math.ceil(seconds / MINUTE)
    if minutes < 10 * 60:
        return _hours_and_minutes(minutes)
    hours = math.ceil(seconds / HOUR)
    return f"{hours} h" if hours < 48 else plural(math.ceil(seconds / DAY), "day")


def about_time_left(seconds: float | None) -> str:
    """``about 5 min``, ``under 1 min``; "" when unknown or wild."""
    words = time_left(seconds)
    return words if not words or words.startswith("under") else f"about {words}"


def countdown(seconds: float) -> str:
    """``8 s``, ``1:42``, ``2 h 5 min``: for a moment that is known."""
    whole = max(0, math.ceil(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE}:{whole % MINUTE:02d}"
    return _hours_and_minutes(math.ceil(whole / MINUTE))


def duration(seconds: float) -> str:
    """``4.2 s``, ``12 min 5 s``, ``3 h 20 min``: for something that is over."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return _hours_and_minutes(whole // MINUTE)


def moment(seconds: float, now: float, zone: tzinfo | None = None) -> str:
    """``28 May, 17:21``; with the year when it is not this one. In the user's zone unless given."""
    then = _local(seconds, zone)
    year = "" if then.year == _local(now, zone).year else f" {then.year}"
    return f"{then.day} {_MONTHS[then.month - 1]}{year}, {then:%H:%M}"


def exact_moment(seconds: float, zone: tzinfo | None = None) -> str:
    """``11 Jun 2026, 14:02:11 CEST``."""
    then = _local(seconds, zone)
    return f"{then.day} {_MONTHS[then.month - 1]} {then.year}, {then:%H:%M:%S} {then.tzname()}"


def clock(seconds: float, zone: tzinfo | None = None) -> str:
    """``16:20``."""
    return f"{_local(seconds, zone):%H:%M}"


def _unit_for(count: int) -> str:
    # 999,950 bytes would read "1000 KB"; what rounds up to a thousand belongs to the next unit.
    exponent = 1
    while exponent < len(_UNITS) and count / 1000**exponent >= 999.5:
        exponent += 1
    return _UNITS[exponent - 1]


def _rounded(count: int, unit: str) -> str:
    value = count / 1000 ** (_UNITS.index(unit) + 1)
    if value >= 99.95:
        return f"{value:,.0f}"
    decimals = 2 if value < 9.995 and unit in {"TB", "PB"} else 1
    return f"{value:.{decimals}f}"


def _hours_and_minutes(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _local(seconds: float, zone: tzinfo | None) -> datetime:
    return (
        datetime.fromtimestamp(seconds, zone)
        if zone
        else datetime.fromtimestamp(seconds).astimezone()
    )
