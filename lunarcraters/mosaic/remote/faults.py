"""Faults of rasters on the network: why one cannot be opened."""

import re

from lunarcraters.mosaic.labels.label import LABEL_SUFFIXES, images_in_text
from lunarcraters.mosaic.names import RasterName, has_query
from lunarcraters.mosaic.remote.access import gives_only_whole_files, remote_environment
from lunarcraters.mosaic.remote.virtual_files import (
    as_stream,
    read_beginning,
    read_file,
    read_headers,
)

_STATUS = re.compile(r"response code[^:]*: (\d{3})")  # response code on a.tif: 404
_DENIED = re.compile(
    r"\b(401|403|407)\b|access denied|access.?key|signature|credential|AZURE_STORAGE", re.IGNORECASE
)
_VARIABLES = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_NO_SIGN_REQUEST=YES",
    "gs": "GS_ACCESS_KEY_ID and GS_SECRET_ACCESS_KEY, or GS_NO_SIGN_REQUEST=YES",
    "az": "AZURE_STORAGE_ACCOUNT, and AZURE_STORAGE_ACCESS_KEY or AZURE_NO_SIGN_REQUEST=YES",
    "adls": "AZURE_STORAGE_ACCOUNT, and AZURE_STORAGE_ACCESS_KEY or AZURE_NO_SIGN_REQUEST=YES",
    "oss": "OSS_ACCESS_KEY_ID and OSS_SECRET_ACCESS_KEY, or OSS_NO_SIGN_REQUEST=YES",
}
"""Environment variables of credentials, or of data that are public, by GDAL's file system."""

_PACKED = {
    b"PK\x03\x04": ("zip", "zip+{}!NAME"),
    b"\x1f\x8b": ("gzip", "gzip+{}"),
}
_TAR = re.compile(r"\.(tar|tar\.gz|tgz)$", re.IGNORECASE)


def why_not_served(name: RasterName, error: Exception) -> str:
    """Explain in one sentence why GDAL does not open a name on the network.

    Args:
        name: Name that GDAL does not open.
        error: GDAL's error.
    """
    reason = " ".join(str(error).split())
    is_missing = (status := _STATUS.search(reason)) is not None and status[1] == "404"
    if is_missing or "not recognized as being" in reason:
        with remote_environment(name.uri):
            head = read_beginning(as_stream(name.uri), 512)
            content = _explain_content(name, head)
        if content:
            return content
        if head and is_missing:  # GDAL names what it missed last, such as a label beside the file
            return (
                f"{name} is there, but GDAL does not open it ({reason} for a file beside it): "
                "check that it is a raster, and that the files that belong to it are beside it"
            )
    if gives_only_whole_files(error):
        return f"the server of {name} does not give parts of files (byte ranges): download it first"
    return f"{name} cannot be opened ({reason}): {_advise_on(name, reason)}"


def is_refusal(reason: str) -> bool:
    """Tell whether a server answered that it does not give something, now or later.

    Args:
        reason: GDAL's message.
    """
    status = _STATUS.search(reason)
    return status is not None and status[1].startswith("4") and status[1] not in ("408", "429")


def _advise_on(name: RasterName, reason: str) -> str:
    """Say what to do about a name on the network that fails, for a reason that GDAL tells."""
    status = _STATUS.search(reason)
    code = status[1] if status else ""
    if code in ("401", "403", "407") or (not status and _DENIED.search(reason)):
        return _credentials(name)
    if code.startswith("5") or code in ("408", "429"):
        return "its server fails, so run the same command again when it answers"
    if code.startswith(("3", "4")):
        return "check the address"
    return "check the address, and whether its server answers"


def _credentials(name: RasterName) -> str:
    """Advice to give credentials, with the variables that GDAL takes them from."""
    for system, variables in _VARIABLES.items():
        if f"/vsi{system}/" in name.uri:
            return f"give credentials by the environment ({variables} where data are public)"
    return (
        "give the credentials that its server asks for (GDAL_HTTP_USERPWD=USER:PASSWORD in the "
        "environment, or a user or a token in the address)"
    )


def _explain_content(name: RasterName, head: bytes) -> str | None:
    """Sentence about something else than a raster, as its first bytes or its label tell."""
    if head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return (
            f"{name} is a web page, perhaps that of a login, and not a raster: give the address of "
            f"the raster itself, or {_credentials(name).removeprefix('give ')}"
        )
    headers = read_headers(name.uri) if head else {}
    if headers and "content-length" not in headers:
        return f"the server of {name} does not tell how many bytes it has: download it first"
    if _TAR.search(str(name)) and head:
        return f"{name} is packed with tar: name the raster in it, as in 'tar+{name}!NAME'"
    for magic, (kind, named) in _PACKED.items():
        if head.startswith(magic):
            what = named.format(name)
            return f"{name} is packed with {kind}: name the raster in it, as in '{what}'"
    label = _find_label(name) if head and not has_query(name.uri) else None
    if label is None:
        return None
    return f"{name} is described by a label, and GDAL opens that: give {label}"


def _find_label(name: RasterName) -> RasterName | None:
    """Find the label beside an image on a server that names it."""
    stem = name.uri.removesuffix(name.suffix)
    for suffix in (each for low in sorted(LABEL_SUFFIXES) for each in (low, low.upper())):
        text = read_file(as_stream(stem + suffix))
        if name.name.lower() in map(str.lower, images_in_text(text)):
            return RasterName(stem + suffix)
    return None
