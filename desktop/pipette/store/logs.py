"""The log: a rotating file in which no key, token or signed address ever stands."""

from __future__ import annotations

import logging
import re
import threading
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from pipette.model.account import Secret
from pipette.store.paths import Paths

HIDDEN = "•••"

MAX_BYTES = 2_000_000
BACKUPS = 5

SHORTEST_SECRET = 6
"""Shorter pieces of a key are not looked for: they would blank out half of the log."""

_VALUE = r"""b?["']?[^\s"',;&}\])]+"""
_NAMES = (
    r"x-amz-security-token|x-amz-credential|x-amz-signature|x-api-key|x-auth-token|x-access-token"
    r"|x-sbg-auth-token|proxy-authorization|set-cookie|cookie|aws_?access_?key_?id"
    r"|[a-z_-]*(?:api[_-]?key|secret|password|passwd|token|signature|credentials?)[a-z_-]*"
)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"""(authorization["']?\s*[:=]\s*b?["']?)[^"'\r\n]+""", re.I), rf"\1{HIDDEN}"),
    (re.compile(r"""(://)[^/\s"'@]+@"""), rf"\1{HIDDEN}@"),
    (re.compile(r"""(\?)[^\s"'<>?=]{1,80}(?:=[^\s"'<>]*)+"""), rf"\1{HIDDEN}"),
    (re.compile(r"""(https?://[^\s"'<>?]+\?)[^\s"'<>]+""", re.I), rf"\1{HIDDEN}"),
    (re.compile(rf"""\b({_NAMES})(["']?\s*[:=]\s*){_VALUE}""", re.I), rf"\1\2{HIDDEN}"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.I), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*"), HIDDEN),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"), HIDDEN),
)


class Redaction:
    """Strips secrets from text. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: frozenset[str] = frozenset()

    def hide(self, secret: Secret) -> None:
        """From now on this key is stripped wherever it stands, whole or by its pieces."""
        text = secret.reveal()
        pieces = {text, *text.split(":")}
        with self._lock:
            self._known |= {piece for piece in pieces if len(piece) >= SHORTEST_SECRET}

    def clean(self, text: str) -> str:
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        for pattern, instead in _RULES:
            text = pattern.sub(instead, text)
        return text


class _CleanFormatter(logging.Formatter):
    """Cleans the finished text, so that tracebacks are cleaned as well."""

    def __init__(self, redaction: Redaction) -> None:
        super().__init__("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s")
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction.clean(super().format(record))


def start_logging(paths: Paths, level: int = logging.INFO) -> Redaction:
    """Send what is logged in this process to the home's log file. Raises OSError.

    The Redaction returned must be told every key the process gets to see.
    """
    paths.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    redaction = Redaction()
    root = logging.getLogger()
    root.addHandler(_handler(paths.logs / "pipette.log", redaction))
    root.setLevel(level)
    # These log whole requests when asked for more; nothing below a warning is of use to us.
    for noisy in ("botocore", "boto3", "urllib3", "s3transfer"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return redaction


def stop_logging() -> None:
    """Close the log file and send nothing more there."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler.formatter, _CleanFormatter):
            root.removeHandler(handler)
            handler.close()


def _handler(path: Path, redaction: Redaction) -> logging.Handler:
    handler = RotatingFileHandler(
        path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8", errors="backslashreplace"
    )
    handler.rotator = _rotate
    handler.setFormatter(_CleanFormatter(redaction))
    return handler


def _rotate(source: str, destination: str) -> None:
    # Windows cannot rename a file that the window and the command line both hold open; it then
    # simply grows until one of them is closed.
    with suppress(PermissionError):
        Path(source).replace(destination)
