"""The device flow of a made-up BaseSpace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from tests.fakes.basespace_http import Request
from tests.fakes.basespace_world import World

CLIENT_ID = "lab-client-id"
CLIENT_SECRET = "lab-client-secret"
DEVICE_CODE = "device-code-planted"
GRANTED_TOKEN = "token-from-the-browser"


@dataclass(slots=True)
class DeviceSignIn:
    """Says ``script`` one after the other when asked for the token, then grants it."""

    script: list[tuple[int, str]] = field(default_factory=list)
    """Status and error; ``(400, "authorization_pending")``, say."""
    refuses_scopes: tuple[str, ...] = ()
    interval: int = 2
    expires_in: int = 1800
    asked_scopes: list[str] = field(default_factory=list)
    too_fast: int = 0
    _asked_at: float | None = None

    def answer(
        self, route: str, request: Request, world: World
    ) -> tuple[int, Mapping[str, object]]:
        form = dict(parse_qsl(request.body.decode()))
        if form.get("client_id") != CLIENT_ID:
            return 400, _error("invalid_client")
        if route == "oauth.device":
            return self._begin(form)
        return self._token(form, world)

    def _begin(self, form: Mapping[str, str]) -> tuple[int, Mapping[str, object]]:
        self.asked_scopes.append(form.get("scope", ""))
        if form.get("response_type") != "device_code":
            return 400, _error("invalid_request")
        if any(scope in self.refuses_scopes for scope in form.get("scope", "").split(",")):
            return 400, {"error": "invalid_scope"}
        return 200, {
            "device_code": DEVICE_CODE,
            "user_code": "ABCD-1234",
            "verification_uri": "https://basespace.example/oauth/device",
            "verification_with_code_uri": "https://basespace.example/oauth/device?code=ABCD-1234",
            "expires_in": self.expires_in,
            "interval": self.interval,
        }

    def _token(self, form: Mapping[str, str], world: World) -> tuple[int, Mapping[str, object]]:
        now = world.clock()
        if self._asked_at is not None and now - self._asked_at < self.interval:
            self.too_fast += 1
        self._asked_at = now
        right = (form.get("code"), form.get("client_secret"), form.get("grant_type"))
        if right != (DEVICE_CODE, CLIENT_SECRET, "device"):
            return 400, _error("invalid_grant")
        if self.script:
            status, error = self.script.pop(0)
            return status, _error(error)
        world.grant(GRANTED_TOKEN, *self.asked_scopes[-1].split(","))
        return 200, {"access_token": GRANTED_TOKEN, "expires_in": 3600}


def _error(name: str) -> Mapping[str, object]:
    return {"error": name, "error_description": f"because of {name}"}
