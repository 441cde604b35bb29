"""The address of a file: a storage root and a path, joined and percent-encoded.

A path is what is stored, as text, and an address is made from it when one is needed.
Clients write some paths encoded already, so a percent sign with two hexadecimal digits
stays as it is; encoding an address again changes nothing.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_SLASHES_AT_END = re.compile(r"(?<![:/])/+$")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
#: What a path (RFC 3986, section 3.3) and a query (section 3.4) can have unencoded
#: besides letters, digits and ``-._~``.
_OF_PATHS = "/:@!$&'()*+,;=%"
_OF_QUERIES = f"{_OF_PATHS}?"
_OF_ADDRESSES = f"{_OF_QUERIES}#[]"
#: A query within a path of a website, such as ``export?format=csv``.
_QUERY = re.compile(r"\?(?=[^?#/=\s]+=)")


def join_path(root: str, path: str) -> str:
    """Return a storage root and a path with one slash between them, not encoded.

    Nothing comes between a path and a root that ends with a colon or within a query or
    a fragment, such as ``https://example.org/?file=``.
    """
    if _is_open(root):
        return f"{root}{path}"
    base = _SLASHES_AT_END.sub("", root)
    below = path.lstrip("/")
    return f"{base}{below}" if base.endswith("/") else f"{base}/{below}"


def file_address(root: str, path: str) -> str:
    """Return the address of a file, percent-encoded where a path needs it."""
    if _is_open(root):
        allowed = _OF_PATHS if root.endswith(":") else _OF_QUERIES
        return _encode(root, _OF_ADDRESSES) + _encode(path, allowed)
    base = join_path(root, "")
    below = path.lstrip("/")
    return _encode(base, _OF_ADDRESSES) + _encode_path(below, root)


def path_below(root: str, address: str) -> str | None:
    """Return the path that has an address below a root; None if none has.

    The path is decoded if that leads to the same address. It begins with a slash if
    the root ends without one, because some clients join them as they are.
    """
    starts = (file_address(root, ""), join_path(root, ""))
    start = next((one for one in starts if address.startswith(one)), None)
    if start is None or address == start:
        return None
    path = address.removeprefix(start)
    decoded = unquote(path)
    found = decoded if file_address(root, decoded) == address else path
    return found if root.endswith("/") or _is_open(root) else f"/{found}"


def _is_open(root: str) -> bool:
    """Return whether a path follows a root without a slash."""
    return "?" in root or "#" in root or root.endswith(":")


def _encode_path(path: str, root: str) -> str:
    """Encode a path; on a website it can have a query, such as ``?name=value``."""
    is_website = root.lower().startswith(("http:", "https:"))
    query = _QUERY.search(path) if is_website else None
    if query is None:
        return _encode(path, _OF_PATHS)
    before, after = path[: query.start()], path[query.end() :]
    return f"{_encode(before, _OF_PATHS)}?{_encode(after, _OF_QUERIES)}"


def _encode(text: str, allowed: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", text), safe=allowed)
