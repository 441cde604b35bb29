"""Typed access to environment variables, with helpful error messages.

An invalid value raises `ImproperlyConfigured` at start. The message names the variable,
repeats the given value, says what is valid and shows an example. `.env.example`
explains each variable; a test keeps the two in step.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from registry.core.signing_keys import parse_keys

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
SECONDS = {"s": 1, "sec": 1, "min": 60, "hour": 3600, "day": 86400}
DATABASES = frozenset({"sqlite", "postgres", "postgresql"})
#: Boolean options in the URL of a PostgreSQL database.
DATABASE_FLAGS = frozenset({"pool", "prepare"})
CACHES = frozenset({"redis", "rediss"})
#: Hosts of this machine, where plain HTTP is safe.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})

_RATE = re.compile(r"([0-9]+)/(s|sec|min|hour|day)")
#: What the address of a git repository can begin with: a site, or a folder.
_REPOSITORY = re.compile(r"(https?://[A-Za-z0-9.-]+(:[0-9]+)?)?/[^\s@?#,]*")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HOST = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\]")
_PASSWORD = re.compile(r"(?<=:)[^:@/]*(?=@)")


def invalid_variable(
    name: str, given: str, right: str, example: str
) -> ImproperlyConfigured:
    """Return the error for an invalid variable; a password in a URL is hidden."""
    shown = _PASSWORD.sub("…", given)
    return ImproperlyConfigured(
        f"{name} is {shown!r}, but must be {right}. Example: {name}={example}"
    )


def host_of(site: SplitResult) -> str:
    """Return the host of a site in the form of a Host header: IPv6 in brackets."""
    host = site.hostname or ""
    return f"[{host}]" if ":" in host else host


class Environment:
    """Typed values of environment variables; ``names`` are those that were read.

    An empty variable counts as not set: that is what people mean by `NAME=` in a file
    of settings.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Read from `variables`, usually those of the process."""
        self._variables = variables
        self.names: set[str] = set()

    @classmethod
    def from_process(cls, folder: Path) -> Environment:
        """Return the variables of the process and of a settings file.

        The file is `.env` in `folder`, or the file that REGISTRY_ENV_FILE names.
        Variables of the process override those of the file.
        """
        here = cls(os.environ)
        named = here.text("REGISTRY_ENV_FILE", "")
        file = folder / (named or ".env")
        if file.exists() and not file.is_dir():
            environ.Env.read_env(file)
        elif named:
            raise invalid_variable(
                "REGISTRY_ENV_FILE",
                named,
                "a file of settings that exists",
                "/etc/registry/registry.env",
            )
        return here

    def text(self, name: str, default: str) -> str:
        """Return the variable without surrounding blanks."""
        self.names.add(name)
        return self._variables.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean."""
        given = self.text(name, "1" if default else "0")
        if given.lower() not in TRUE | FALSE:
            raise invalid_variable(name, given, "1 (yes) or 0 (no)", "1")
        return given.lower() in TRUE

    def name(self, name: str, default: str, example: str) -> str:
        """Return a name for use in URLs: letters, digits, `-`, `_` and `.`."""
        given = self.text(name, default)
        if not _NAME.fullmatch(given):
            right = "a name of letters, digits, '-', '_' and '.'"
            raise invalid_variable(name, given, right, example)
        return given

    def signing_keys(self, name: str) -> tuple[str, ...]:
        """Return private keys in PEM; an error does not show the given value."""
        given = self.text(name, "")
        try:
            return parse_keys(given) if given else ()
        except ValueError as error:
            right = f"RSA keys in PEM, the one that signs first ({error})"
            raise invalid_variable(
                name, "…", right, "-----BEGIN PRIVATE KEY-----…"
            ) from error

    def number(self, name: str, default: int, *, minimum: int, maximum: int) -> int:
        """Return a whole number from `minimum` to `maximum`, both included."""
        given = self.text(name, str(default))
        number = int(given) if re.fullmatch(r"[0-9]{1,9}", given) else -1
        if not minimum <= number <= maximum:
            right = f"a whole number from {minimum} to {maximum}"
            raise invalid_variable(name, given, right, str(default))
        return number

    def optional_number(self, name: str, *, minimum: int, maximum: int) -> int | None:
        """Return a whole number like `number`, or None if the variable is not set."""
        if not self.text(name, ""):
            return None
        return self.number(name, minimum, minimum=minimum, maximum=maximum)

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """Return one of the words in `allowed`; the case does not matter."""
        given = self.text(name, default)
        words = {word.upper(): word for word in allowed}
        if given.upper() not in words:
            raise invalid_variable(name, given, f"one of {', '.join(allowed)}", default)
        return words[given.upper()]

    def folder(self, name: str, default: Path) -> Path:
        """Return an absolute path of a folder; relative to the parent of `default`."""
        given = self.text(name, str(default))
        folder = (default.parent / Path(given).expanduser()).resolve()
        if folder.exists() and not folder.is_dir():
            raise invalid_variable(
                name, given, "a folder, not a file", "/var/lib/registry"
            )
        return folder

    def folders(self, name: str) -> tuple[Path, ...]:
        """Return existing folders, separated by `:`, with links resolved."""
        given = self.text(name, "")
        folders = [Path(part) for part in given.split(":") if part]
        for folder in folders:
            if not (folder.is_absolute() and folder.is_dir()):
                right = (
                    "absolute paths of existing folders, separated by ':' "
                    f"({str(folder)!r} is not one)"
                )
                raise invalid_variable(name, given, right, "/srv/data:/srv/models")
        return tuple(folder.resolve() for folder in folders)

    def site(
        self, name: str, default: str, example: str = "https://registry.example.org"
    ) -> SplitResult:
        """Return the URL of a site: scheme and host, no path."""
        given = self.text(name, default)
        try:
            site = urlsplit(given.rstrip("/"))
            whole = site.scheme in {"http", "https"} and bool(site.hostname)
            bare = whole and site.netloc == site.netloc.rpartition("@")[2]
            _ = site.port
        except ValueError:
            bare = False
        if not bare or site.path or site.query or site.fragment:
            right = "http:// or https:// and a host, without a path"
            raise invalid_variable(name, given, right, example)
        return site

    def logins(self, name: str, example: str) -> frozenset[str]:
        """Return names of GitHub accounts in lower case: they are case-insensitive."""
        given = self.text(name, "")
        logins = [part.strip() for part in given.split(",") if part.strip()]
        for login in logins:
            if not _LOGIN.fullmatch(login):
                right = (
                    "account names as in GitHub's URLs, separated by commas "
                    f"({login!r} is not one)"
                )
                raise invalid_variable(name, given, right, example)
        return frozenset(login.lower() for login in logins)

    def hosts(self, name: str, default: Sequence[str]) -> list[str]:
        """Return host names, without scheme or port."""
        given = self.text(name, ",".join(default))
        hosts = [part.strip() for part in given.split(",") if part.strip()]
        for host in hosts:
            if not _HOST.fullmatch(host):
                right = (
                    "host names without scheme or port, separated by commas "
                    f"({host!r} is not one)"
                )
                raise invalid_variable(
                    name, given, right, "registry.example.org,localhost"
                )
        return hosts

    def repositories(self, name: str, default: str) -> tuple[str, ...]:
        """Return what addresses of git repositories begin with: sites or folders."""
        given = self.text(name, default)
        found = [part.strip() for part in given.split(",") if part.strip()]
        for one in found:
            if not _REPOSITORY.fullmatch(one) or "/../" in f"{one}/":
                right = (
                    "http:// or https:// addresses, or absolute paths of folders, "
                    f"separated by commas ({one!r} is not one)"
                )
                example = "https://github.com/our-lab/,/srv/git/"
                raise invalid_variable(name, given, right, example)
        return tuple(found)

    def rate(self, name: str, default: str) -> tuple[int, int]:
        """Return a rate as a number of requests and the seconds of its period."""
        given = self.text(name, default)
        match = _RATE.fullmatch(given.replace(" ", ""))
        if not match or int(match[1]) == 0:
            right = "requests per s, min, hour or day, at least one"
            raise invalid_variable(name, given, right, default)
        return int(match[1]), SECONDS[match[2]]

    def networks(self, name: str) -> tuple[Network, ...]:
        """Return IPv4 and IPv6 networks; a single address is a network of one."""
        given = self.text(name, "")
        try:
            parts = [part.strip() for part in given.split(",") if part.strip()]
            return tuple(ipaddress.ip_network(part) for part in parts)
        except ValueError as error:
            right = f"networks or addresses separated by commas ({error})"
            raise invalid_variable(
                name, given, right, "127.0.0.0/8,::1,10.1.0.0/16"
            ) from error

    def database(self, name: str) -> dict[str, Any] | None:
        """Return Django's settings of a database, or None if it is not set."""
        given = self.text(name, "")
        if not given:
            return None
        right = "the address of a PostgreSQL or SQLite database"
        example = "postgresql://user:password@host:5432/registry"
        if given.partition(":")[0] not in DATABASES:
            raise invalid_variable(name, given, right, example)
        try:
            config: dict[str, Any] = dict(environ.Env.db_url_config(given))
        except ValueError as error:
            raise invalid_variable(
                name, given, f"{right} ({error})", example
            ) from error
        if config.get("NAME") in {"", ":memory:"}:
            raise invalid_variable(name, given, f"{right}, with its name", example)
        self._read_flags(name, given, config)
        return config

    @staticmethod
    def _read_flags(name: str, given: str, config: dict[str, Any]) -> None:
        """Convert the boolean options of a database URL to booleans."""
        options = config.setdefault("OPTIONS", {})
        for option in DATABASE_FLAGS & options.keys():
            value = str(options[option]).lower()
            if value not in TRUE | FALSE:
                right = f"an address with {option}=true or {option}=false"
                example = f"postgresql://user:password@host/registry?{option}=false"
                raise invalid_variable(name, given, right, example)
            options[option] = value in TRUE

    def cache(self, name: str) -> dict[str, Any] | None:
        """Return Django's settings of a shared cache, or None if it is not set."""
        given = self.text(name, "")
        if not given:
            return None
        if given.partition(":")[0] not in CACHES:
            right = "the address of a Redis or Valkey server"
            raise invalid_variable(name, given, right, "redis://127.0.0.1:6379/0")
        config: dict[str, Any] = dict(environ.Env.cache_url_config(given))
        return config
