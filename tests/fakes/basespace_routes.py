"""Which calls a made-up BaseSpace knows, by name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.fakes.basespace_http import Request

_ROUTES = [
    ("GET", r"/v1pre3/users/current", "users.current"),
    ("GET", r"/v2/users/current", "users.current.v2"),
    ("GET", r"/v1pre3/oauthv2/token/current", "token.current"),
    ("POST", r"/v1pre3/oauthv2/deviceauthorization", "oauth.device"),
    ("POST", r"/v1pre3/oauthv2/token", "oauth.token"),
    ("GET", r"/v1pre3/users/current/projects", "projects.list"),
    ("GET", r"/v1pre3/projects/(?P<project>\d+)", "projects.get"),
    ("GET", r"/v1pre3/projects/(?P<project>\d+)/appresults", "appresults.list"),
    ("POST", r"/v1pre3/projects/(?P<project>\d+)/appresults", "appresults.create"),
    ("GET", r"/v1pre3/appresults/(?P<appresult>\d+)", "appresults.get"),
    ("GET", r"/v1pre3/appresults/(?P<appresult>\d+)/files", "files.list"),
    ("POST", r"/v1pre3/appresults/(?P<appresult>\d+)/files", "files.post"),
    ("GET", r"/v1pre3/appsessions/(?P<session>\d+)", "sessions.get"),
    ("POST", r"/v1pre3/appsessions/(?P<session>\d+)", "sessions.post"),
    ("GET", r"/v1pre3/files/(?P<file>\d+)", "files.get"),
    ("POST", r"/v1pre3/files/(?P<file>\d+)", "files.state"),
    ("GET", r"/v1pre3/files/(?P<file>\d+)/parts", "parts.list"),
    ("PUT", r"/v1pre3/files/(?P<file>\d+)/parts/(?P<part>[^/]+)", "parts.put"),
    ("GET", r"/v1pre3/files/(?P<file>\d+)/content", "content.meta"),
]
_COMPILED = [(method, re.compile(pattern), name) for method, pattern, name in _ROUTES]


def route_of(request: Request) -> tuple[str, Mapping[str, str]]:
    """Name of the call and the ids in its path."""
    for method, pattern, name in _COMPILED:
        found = pattern.fullmatch(request.path)
        if found and method == request.method:
            return _by_query(name, request), dict(found.groupdict())
    return "unknown", {}


def _by_query(name: str, request: Request) -> str:
    if name == "files.post":
        return "files.initiate" if _is_initiate(request) else "files.simple"
    if name == "files.state":
        return f"files.{request.query.get('uploadstatus', 'none')}"
    return name


def _is_initiate(request: Request) -> bool:
    """Whatever body comes along: the official library sends one."""
    return request.query.get("multipart") == "true"
