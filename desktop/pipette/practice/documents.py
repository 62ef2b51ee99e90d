"""The XML documents that S3 speaks, written and read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from pipette.practice.refusals import Refusal

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
CONTROL = re.compile(r"[\x00-\x1f]")


class Raw(str):
    """XML that is ready made."""

    __slots__ = ()


def element(name: str, value: object) -> Raw:
    if isinstance(value, Raw):
        return Raw(f"<{name}>{value}</{name}>")
    return Raw(f"<{name}>{_escaped(_text(value))}</{name}>")


def elements(**values: object) -> Raw:
    """One after the other; those that are None are left out."""
    return Raw("".join(element(name, value) for name, value in values.items() if value is not None))


def together(pieces: Iterable[Raw]) -> Raw:
    return Raw("".join(pieces))


def document(root: str, content: Raw) -> bytes:
    return f'{DECLARATION}<{root} xmlns="{NAMESPACE}">{content}</{root}>'.encode()


def error_document(refusal: Refusal, resource: str, request_id: str) -> bytes:
    content = elements(
        Code=refusal.code,
        Message=refusal.message,
        **refusal.fields,
        Resource=resource,
        RequestId=request_id,
        HostId="practice",
    )
    return f"{DECLARATION}<Error>{content}</Error>".encode()


def parse(body: bytes, root: str) -> ElementTree.Element:
    """The document's root without namespaces; refuses what is not this document."""
    if b"<!DOCTYPE" in body:
        raise malformed()
    try:
        found = ElementTree.fromstring(body)  # noqa: S314 - without a DTD there are no entities
    except ElementTree.ParseError as error:
        raise malformed() from error
    for each in found.iter():
        each.tag = each.tag.rpartition("}")[2]
    if found.tag != root:
        raise malformed()
    return found


def malformed() -> Refusal:
    message = "The XML you provided was not well-formed or did not validate against our schema"
    return Refusal("MalformedXML", message)


def iso_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _escaped(text: str) -> str:
    escaped = escape(text, {'"': "&quot;"})
    return CONTROL.sub(lambda found: f"&#x{ord(found[0]):x};", escaped)
