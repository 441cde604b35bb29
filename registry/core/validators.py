"""Validators of texts.

Each one raises ``django.core.exceptions.ValidationError`` with a message that says what
is valid; serializers, admin forms and services all run them.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import semver
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone

#: Maximum characters of a name, identifier or another short text.
SHORT_LENGTH = 1024
#: Maximum characters of a storage path.
PATH_LENGTH = 8192
#: Maximum characters of a description or another long text.
LONG_LENGTH = 2**20
#: A B-tree entry of PostgreSQL can have some 2,700 bytes; two indexed texts must fit.
MAX_INDEXED_BYTES = 1280

_SPACE = re.compile(r"\s")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_HASH_PREFIX = re.compile(r"^(0x|(urn:)?sha-?1[:=-])", re.IGNORECASE)
_GLOB_CHARACTERS = re.compile(r"[\[\]?*]")
#: A scheme has two letters at least: one letter is a drive of Windows.
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]+):(?://)?(.*)$", re.IGNORECASE | re.DOTALL)
#: Schemes that run code, hold the data itself or stand for no files.
_NO_PLACES = frozenset(
    {
        *("about", "blob", "data", "filesystem", "javascript", "vbscript"),
        *("livescript", "mailto", "mhtml", "sms", "tel", "view-source"),
    }
)
#: A host with its port is no scheme: localhost:8000/
_HOST_AND_PORT = re.compile(r"^[^:/]+:[0-9]{1,5}(/|$)")
#: How far the clock of a client can be ahead: a day, since some send local times.
CLOCK_DIFFERENCE = timedelta(days=1)


def validate_index_size(value: str) -> None:
    """Reject a text with too many bytes in UTF-8 for a database index."""
    size = len(value.encode("utf-8", "surrogatepass"))
    if size > MAX_INDEXED_BYTES:
        raise ValidationError(
            f"Ensure this value has at most {MAX_INDEXED_BYTES} bytes in UTF-8 "
            f"(it has {size}).",
            code="too_long",
        )


def validate_checksum(value: str) -> None:
    """Reject a SHA-1 in a form by which no file is found; accept other texts.

    Other texts are, for example, commits and hashes of other kinds. A private location
    whose hash matches no file would leave the file public.
    """
    if _SPACE.search(value):
        raise ValidationError("Enter the hash without spaces.", code="invalid_hash")
    digits = _HASH_PREFIX.sub("", value)
    if not _SHA1.fullmatch(digits.lower()) or value in {digits.lower(), digits.upper()}:
        return
    raise ValidationError(
        "Enter a SHA-1 as its 40 hexadecimal digits alone, in lower case.",
        code="invalid_hash",
    )


def validate_name(value: str) -> None:
    """Reject the characters that filters use as wildcards."""
    if _GLOB_CHARACTERS.search(value):
        raise ValidationError(
            "Names may not contain any of the characters [ ] ? *, "
            "which filters use as wildcards.",
            code="invalid_name",
        )


def validate_semantic_version(value: str) -> None:
    """Accept Semantic Versioning 2.0.0, for example 1.0.0 or 2.1.0-rc.1."""
    if not semver.Version.is_valid(value):
        raise ValidationError(
            "Enter a semantic version such as 1.0.0 or 2.1.0-rc.1 "
            "(https://semver.org).",
            code="invalid_version",
        )


def validate_url(value: str) -> None:
    """Accept an absolute http, https or ftp URL."""
    try:
        URLValidator(schemes=("http", "https", "ftp", "ftps"))(value)
    except ValidationError as error:
        if _is_plain_host(value):
            return
        raise ValidationError(
            "Enter a URL such as https://orcid.org/0000-0002-1825-0097.",
            code="invalid_url",
        ) from error


#: A parameter whose value lets its bearer in, as in signed addresses.
_SECRET_PARAMETER = re.compile(
    r"[?&][^=&]*(?:sig|signature|token|secret|passw(?:or)?d|credential|"
    r"access_?key_?id|api_?key)=",
    re.IGNORECASE,
)


def validate_storage_root(value: str) -> None:
    """Accept a URI to which a storage path can be appended.

    Credentials in it would be public, so they are rejected (RFC 3986, 3.2.1).
    """
    match = _SCHEME.match(value)
    if match is None or not match[2] or _HOST_AND_PORT.match(value):
        raise ValidationError(
            "Enter a URI such as https://data.example.org/, file:///srv/data/, "
            "s3://bucket/, ssh://host/path/ or github://org:repo@sha/.",
            code="invalid_root",
        )
    if match[1].lower() in _NO_PLACES:
        raise ValidationError(
            f"Files have no addresses that begin with {match[1].lower()}:.",
            code="invalid_root",
        )
    # clients send home folders unencoded, including spaces
    if re.search(r"[^\S ]" if match[1].lower() == "file" else r"\s", value):
        raise ValidationError("A URI has no white space.", code="invalid_root")
    if match[1].lower() != "github":
        _check_authority(value)


def _check_authority(value: str) -> None:
    """Reject hosts that no address can have, fragments, and credentials."""
    # folders on a disk have any character in their names
    has_fragment = "#" in value and not value.lower().startswith("file:")
    if has_fragment or not _has_valid_host(value):
        raise ValidationError(
            "A storage root has a host or a folder, a port below 65536 if any, and no "
            "fragment (#), after which a path would not be sent.",
            code="invalid_root",
        )
    secret = "user name and password" if _has_password(value) else ""
    if secret or _SECRET_PARAMETER.search(value):
        raise ValidationError(
            "A storage root is public: take the "
            f"{secret or 'key or signature'} out of it.",
            code="credential",
        )


def _has_valid_host(value: str) -> bool:
    """Return whether an address has a port that exists, and on the web, a host."""
    try:
        parts = urlsplit(value)
        # reading it checks it
        _ = parts.port
    except ValueError:
        return False
    return bool(parts.hostname) or parts.scheme not in {"http", "https"}


def _has_password(value: str) -> bool:
    """Return whether the authority has a password, or for http(s) a user name."""
    try:
        parts = urlsplit(value)
    except ValueError as error:
        raise ValidationError(
            "The host of this URI cannot be read.", code="invalid_root"
        ) from error
    user_info, found, _ = parts.netloc.rpartition("@")
    return bool(found) and (":" in user_info or parts.scheme in {"http", "https"})


def _is_plain_host(value: str) -> bool:
    """Return whether a URL has a host without a dot, as http://registry:8000/a has."""
    try:
        parts = urlsplit(value)
        has_valid_port = parts.port is None or 0 < parts.port < 2**16
    except ValueError:
        return False
    host = parts.hostname or ""
    return (
        parts.scheme in {"http", "https"}
        and has_valid_port
        and re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", host) is not None
        and re.search(r"\s", value) is None
    )


def validate_past(value: datetime) -> None:
    """Reject a time that has not come, by more than clocks differ."""
    at = timezone.make_aware(value) if timezone.is_naive(value) else value
    if at > timezone.now() + CLOCK_DIFFERENCE:
        raise ValidationError(
            "This time has not come yet: give the time in UTC, at most a day ahead of "
            "the clock of the registry.",
            code="future",
        )
