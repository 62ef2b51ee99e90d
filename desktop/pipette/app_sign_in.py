"""Signing in by the browser, as far as this computer is set up for it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from pipette.model.account import Account, Network, Secret
from pipette.model.errors import Unavailable
from pipette.providers.basespace_kind import BASESPACE_KIND
from pipette.providers.basespace_regions import base_of
from pipette.providers.basespace_sign_in import Code, DeviceFlow, Granted, client_in
from pipette.ui.browser_sign_in import SignInCode


@dataclass(slots=True)
class _Begun:
    flow: DeviceFlow
    code: Code


class HomeSignIn:
    """BaseSpace, once the lab configured the app it registered. Any thread."""

    def __init__(self, network: Network, environment: Mapping[str, str]) -> None:
        self._network = network
        self._client = client_in(environment)
        self._lock = threading.Lock()
        self._begun: dict[SignInCode, _Begun] = {}

    def offers(self, kind: str) -> bool:
        return kind == BASESPACE_KIND.code and self._client is not None

    def begin(self, account: Account) -> SignInCode:
        if self._client is None:
            raise Unavailable("no client of BaseSpace is configured")
        flow = DeviceFlow(base_of(account), self._client, self._network)
        code = flow.begin()
        shown = SignInCode(code.user_code, code.address, code.address_with_code)
        with self._lock:
            self._begun[shown] = _Begun(flow, code)
        return shown

    def ask(self, code: SignInCode) -> Secret | float:
        with self._lock:
            begun = self._begun[code]
        answer = begun.flow.ask(begun.code)
        with self._lock:
            if isinstance(answer, Granted):
                self._begun.pop(code, None)
                return answer.token
            begun.code = answer.code
        return answer.seconds
