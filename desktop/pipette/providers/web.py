"""JSON over HTTPS to a platform: one small client that every such adapter shares.

It keeps connections open, sends the platform's own sign-in header to the platform's own host and
nowhere else, follows no redirect, and turns what goes wrong into our errors. It neither waits nor
repeats: the engine does.
"""

from __future__ import annotations

import email.utils
import json
import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipette import __version__
from pipette.model.account import Network
from pipette.model.errors import (
    NetworkDown,
    NotAllowed,
    ProxyRefused,
    Refused,
    RemoteMissing,
    SignInNeeded,
    SlowDown,
    Stalled,
    Temporary,
    TransferError,
    Untrusted,
)
from pipette.trust import Trust

if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter as Adapter

CONNECTIONS = 4
"""Of a session; each is used by one thread at a time."""
LONGEST_DETAIL = 400
_PROXIES_SECONDS = 30.0
_SAME_SPAN_SECONDS = 3.0
"""Whole seconds on their way: ends of a span that are nearer than this are the same end."""
_SECRETS = re.compile(
    r"(?i)(token|key|secret|signature|credential|password)([\"'=:\s]+)[^\s\"'&,}]+"
)

Params = Mapping[str, str | int | bool | list[str]]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform said. Header names are lower case; ``data`` is None where no JSON came."""

    status: int
    headers: Mapping[str, str]
    data: Any
    text: str = ""


Judge = Callable[[Answer], TransferError | None]
"""Reads an answer; None means it is good. Adapters put their platform's table of errors here."""


class Web:
    """One platform, one account. Any thread."""

    def __init__(
        self,
        base: str,
        network: Network,
        sign_in: Callable[[], Mapping[str, str]],
        judge: Judge,
        budget: Budget | None = None,
    ) -> None:
        """``base`` has no trailing slash. ``sign_in`` gives the headers that prove who asks; it may
        raise SignInNeeded. ``budget`` counts calls and refuses, as SlowDown, what would exceed it."""
        self._base = base.rstrip("/")
        self._sign_in = sign_in
        self._judge = judge
        self._budget = budget
        self._network = network
        self._system_proxies: tuple[Mapping[str, str], float] = ({}, 0.0)
        """And until when they are taken for true. Replaced as a whole."""
        self._idle: deque[requests.Session] = deque()
        """A session of requests is not made for sharing, and costs much to make."""

    @property
    def base(self) -> str:
        return self._base

    def get(self, path: str, params: Params | None = None, **more: Any) -> Answer:
        return self.call("GET", path, params=params, **more)

    def post(self, path: str, body: object = None, **more: Any) -> Answer:
        return self.call("POST", path, body=body, **more)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        signed: bool = True,
        judge: Judge | None = None,
        read_seconds: float | None = None,
        urgent: bool = False,
    ) -> Answer:
        """One request to this platform. ``body`` is sent as JSON, ``form`` url-encoded.

        ``urgent`` calls may use what the budget keeps back.
        Raises whatever ``judge`` makes of the answer, and NetworkDown, Stalled, Untrusted,
        ProxyRefused.
        """
        url = path if self._is_own(path) else f"{self._base}/{path.lstrip('/')}"
        if self._budget:
            self._budget.take(urgent=urgent)
        sent = {"User-Agent": f"Pipette/{__version__}", "Accept": "application/json"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent |= dict(self._sign_in()) if signed else {}
        sent |= dict(headers or {})
        data = json.dumps(body).encode() if body is not None else form
        with _foreign_errors(url), self._session() as session:
            reply = session.request(
                method,
                url,
                params=params,
                data=data,
                headers=sent,
                allow_redirects=False,
                proxies=dict(self._proxies()),
                timeout=(
                    self._network.connect_seconds,
                    read_seconds or self._network.stall_seconds,
                ),
            )
            answer = _answer(reply)
        if self._budget:
            self._budget.heard(answer)
        error = (judge or self._judge)(answer)
        if error is not None:
            raise error
        return answer

    def _is_own(self, path: str) -> bool:
        """A full address the platform gave us, on its own host: a ``next`` link, say."""
        there, here = urlsplit(path), urlsplit(self._base)
        if not there.scheme:
            return False
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            raise Refused(f"the platform pointed to another host, {there.hostname}")
        return True

    @contextmanager
    def _session(self) -> Iterator[requests.Session]:
        """The one that was used last, so that few are kept."""
        try:
            session = self._idle.pop()
        except IndexError:
            session = self._new_session()
        try:
            yield session
        finally:
            self._idle.append(session)

    def _proxies(self) -> Mapping[str, str]:
        """The set one, else the system's: looked up now and then, as that costs much of a call."""
        from requests.utils import get_environ_proxies

        if self._network.proxy:
            return {"http": self._network.proxy, "https": self._network.proxy}
        found, until = self._system_proxies
        if time.monotonic() >= until:
            found = get_environ_proxies(self._base)
            self._system_proxies = (found, time.monotonic() + _PROXIES_SECONDS)
        return found

    def _new_session(self) -> requests.Session:
        import requests

        session = requests.Session()
        session.trust_env = False
        session.auth = _no_netrc
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.mount("https://", _trusting_adapter(Trust(self._network)))
        return session


def _trusting_adapter(trust: Trust) -> Adapter:
    """Believes the hosts that the rest of the program believes."""
    from requests.adapters import HTTPAdapter

    class TrustingAdapter(HTTPAdapter):
        def init_poolmanager(self, *sizes: Any, **more: Any) -> None:
            super().init_poolmanager(*sizes, **more, ssl_context=trust.make())

        def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
            return super().proxy_manager_for(proxy, **more, ssl_context=trust.make())

    return TrustingAdapter(pool_maxsize=CONNECTIONS)


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keys come from the account, never from a file of somebody's home."""
    return request


@dataclass(frozen=True, slots=True)
class Left:
    """What a platform says it still takes: so many calls in so many seconds to come."""

    calls: int
    seconds: float


class Budget:
    """At most so many calls in any span of so many seconds, over all threads of an account.

    Refuses rather than waits: an adapter never sleeps. A platform that counts itself and says what
    is left is believed over our own count; ``kept`` calls of what it leaves are only for what is
    urgent.
    """

    def __init__(
        self,
        calls: int,
        seconds: float,
        clock: Clock = time.monotonic,
        left: Callable[[Answer], Left | None] | None = None,
        kept: int = 0,
    ) -> None:
        """``left`` reads from an answer what is left, where it says so."""
        self._calls = calls
        self._seconds = seconds
        self._clock = clock
        self._left = left
        self._kept = kept
        self._lock = threading.Lock()
        self._taken: deque[float] = deque()
        self._closed_until = 0.0
        self._left_calls = 0
        self._left_until = 0.0

    def take(self, calls: int = 1, *, urgent: bool = False) -> None:
        """Raises SlowDown with the wait until there is room."""
        with self._lock:
            now = self._clock()
            while self._taken and self._taken[0] <= now - self._seconds:
                self._taken.popleft()
            wait = self._closed_until - now
            over = len(self._taken) + calls - self._calls
            if over > 0:
                wait = max(wait, self._taken[over - 1] + self._seconds - now)
            if self._left_calls - calls < (0 if urgent else self._kept):
                wait = max(wait, self._left_until - now)
            if wait > 0:
                raise SlowDown("our own limit of calls", wait_seconds=wait)
            self._taken.extend([now] * calls)
            self._left_calls -= calls

    def close_for(self, seconds: float) -> None:
        """The platform said so."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock() + seconds)

    def heard(self, answer: Answer) -> None:
        """Take in what the platform says is left.

        Answers overtake each other, so within one span the lowest count is the one that holds.
        """
        left = self._left(answer) if self._left else None
        if left is None:
            return
        with self._lock:
            until = self._clock() + left.seconds
            if until > self._left_until + _SAME_SPAN_SECONDS:
                self._left_calls, self._left_until = left.calls, until
            elif until > self._left_until - _SAME_SPAN_SECONDS:
                self._left_calls = min(self._left_calls, left.calls)


def judge_by_status(answer: Answer, said: str = "") -> TransferError | None:
    """What a status means where a platform's own table says nothing else."""
    status = answer.status
    if 200 <= status < 300:
        return None
    detail = without_secrets(f"{status} {said or answer.text[:LONGEST_DETAIL]}".strip())
    if status == 401:
        return SignInNeeded(detail)
    if status == 403:
        return NotAllowed(detail)
    if status in (404, 410):
        return RemoteMissing(detail)
    if status == 407:
        return ProxyRefused(detail)
    if status in (429, 503):
        return SlowDown(detail, wait_seconds=retry_after(answer.headers))
    if status in (408, 425) or status >= 500:
        return Temporary(detail, wait_seconds=retry_after(answer.headers))
    return Refused(detail)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds to wait as asked for, in either form the header has; None when it says nothing."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - (time.time() if now is None else now))


def without_secrets(text: str) -> str:
    """For error details: words that look like a key's value are dots."""
    return _SECRETS.sub(r"\1\2•••", text)


def _answer(reply: requests.Response) -> Answer:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    try:
        data = reply.json() if reply.content else None
    except ValueError:
        data = None
    return Answer(reply.status_code, headers, data, reply.text[:LONGEST_DETAIL])


class _foreign_errors:  # noqa: N801 - reads as a clause: ``with _foreign_errors(url)``
    """Turns what requests raises into our errors, without the address's query in the text."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).hostname or ""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        import requests

        if isinstance(error, requests.exceptions.SSLError):
            raise Untrusted(self._host) from error
        if isinstance(error, requests.exceptions.ProxyError):
            if "407" in str(error):
                raise ProxyRefused(self._host) from error
            raise NetworkDown(f"no way to {self._host} through the proxy") from error
        if isinstance(error, requests.exceptions.ReadTimeout):
            raise Stalled(f"{self._host} gave no answer") from error
        if isinstance(error, requests.exceptions.RequestException | ssl.SSLError | OSError):
            raise NetworkDown(f"{self._host}: {type(error).__name__}") from error
