"""Redaction: names and messages without the secrets that addresses carry."""

import re
from urllib.parse import parse_qs

_PREFIX = r"(?<![a-z])(?!postgres)[a-z][a-z0-9+.-]+:/{1,2}"
_USER = re.compile(rf"({_PREFIX})[^\s/'\"<>{{}}]*@", re.IGNORECASE)
_DATABASE = re.compile(r"(postgres(?:ql)?:/{1,2}[^\s:/@]*):\S*@", re.IGNORECASE)
_QUERY = re.compile(rf"({_PREFIX}[^\s?'\"<>{{}}]+)\?[^\s'\"<>{{}})]*", re.IGNORECASE)
_GDAL_QUERY = re.compile(r"(/vsi\w+)\?([^\s'\"<>{}]*)")
_PAIR = re.compile(
    r"\b(\w*(?:password|passwd|pwd|token|secret|signature|api_?key|access_?key))=[^\s&;,'\"<>]+",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Remove what may be secret from the addresses in a text.

    The user part and the query of a URL are removed, and the values of passwords and tokens. What
    remains tells where something lies. Of the address of a database (`catalogue.formats.postgis`)
    the password alone is removed, because its query names the table.
    """
    text = _GDAL_QUERY.sub(_named_in_query, text)
    text = _USER.sub(r"\1", text)
    text = _DATABASE.sub(r"\1@", text)
    text = _QUERY.sub(r"\1", text)
    return _PAIR.sub(r"\1=...", text)


def _named_in_query(match: re.Match[str]) -> str:
    """`/vsicurl?max_retry=3&url=ADDRESS` as `/vsicurl/ADDRESS`."""
    addresses = parse_qs(match[2]).get("url", [""])
    return f"{match[1]}/{addresses[0]}"
