"""Who gets into the fake of ICA: keys, and the tokens made of them."""

from __future__ import annotations

import base64
import json
import secrets

from tests.fakes.ica_rules import Problem
from tests.fakes.ica_shelf import Shelf, User
from tests.fakes.ica_wire import Answer, Request


class Doorkeeper:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.tokens: dict[str, tuple[User, float]] = {}
        """With who has it and when it ends."""

    def token(self, request: Request, path: str) -> Answer:
        if path.endswith(":refresh"):
            self.user(request)
            raise Problem(400, "ICA_SEC_005", "a token made of an API key cannot be refreshed")
        user = self._of_key(request.headers.get("x-api-key", ""))
        rules = self._shelf.rules
        ends = self._shelf.clock() + rules.token_seconds
        claims = {"sub": user.id, "email": user.email, "aud": ["ica"], "exp": int(ends)}
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        token = f"e30.{payload}.{secrets.token_urlsafe(16)}"
        if rules.opaque_tokens:
            token = f"opaque-{secrets.token_hex(16)}"
        self.tokens[token] = (user, ends)
        return Answer(200, {"token": token})

    def user(self, request: Request) -> User:
        """Whose request it is. Raises the 401 it deserves."""
        if "x-api-key" in request.headers:
            return self._of_key(request.headers["x-api-key"])
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        user, ends = self.tokens.get(token, (None, 0.0))
        if scheme != "Bearer" or user is None or self._shelf.clock() >= ends:
            raise _unauthorized()
        return user

    def _of_key(self, key: str) -> User:
        user = self._shelf.users.get(key)
        if user is None:
            raise _unauthorized()
        return user


def _unauthorized() -> Problem:
    return Problem(401, "ICA_SEC_002", f"Unauthorized (ref. {secrets.token_hex(4)})")
