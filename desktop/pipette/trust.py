"""Which hosts are believed: the system's certificates, and one further file if so set."""

from __future__ import annotations

import ssl
import sys
import threading
from pathlib import Path

import truststore

from pipette.model.account import Network
from pipette.model.errors import Untrusted

_HAS_SYSTEM_VERIFIER = sys.platform in ("darwin", "win32")

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where Linux and BSD systems keep theirs, for an OpenSSL that was built to look elsewhere."""


class Trust:
    """Makes TLS contexts: TLS 1.2 or later, certificate and server name always checked.

    A context of truststore is locked during a whole handshake, so each handshake under way gets
    one of its own; a plain one is shared by all. Any thread.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._lock = threading.Lock()
        self._idle: list[ssl.SSLContext] = []

    def take(self) -> ssl.SSLContext:
        """A context for one handshake. Raises Untrusted when the set file cannot be used."""
        with self._lock:
            if not self._idle:
                return self.make()
            return self._idle.pop() if _HAS_SYSTEM_VERIFIER else self._idle[0]

    def give_back(self, context: ssl.SSLContext) -> None:
        with self._lock:
            if _HAS_SYSTEM_VERIFIER or not self._idle:
                self._idle.append(context)

    def make(self) -> ssl.SSLContext:
        """A context to keep, for a client that opens its own connections."""
        context = _system_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._network.extra_ca:
            self._add(context, self._network.extra_ca)
        return context

    def _add(self, context: ssl.SSLContext, path: str) -> None:
        try:
            context.load_verify_locations(cafile=path)
        except OSError as error:
            raise Untrusted(f"the certificate file {path} cannot be used: {error}") from error


def _system_context() -> ssl.SSLContext:
    if _HAS_SYSTEM_VERIFIER:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    if not _knows_authorities(context):
        _load_first_bundle(context)
    return context


def _knows_authorities(context: ssl.SSLContext) -> bool:
    folder = ssl.get_default_verify_paths().capath
    return bool(context.cert_store_stats()["x509_ca"] or (folder and any(Path(folder).iterdir())))


def _load_first_bundle(context: ssl.SSLContext) -> None:
    for bundle in _BUNDLES:
        if Path(bundle).is_file():
            context.load_verify_locations(cafile=bundle)
            return
