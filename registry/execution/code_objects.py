"""The objects that stand for code, configuration and commands of runs.

The same commit, file or command is one object of the same person, however many runs
have it.
"""

from __future__ import annotations

import hashlib
import io
import shlex
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from django.conf import settings

from registry.catalogue.models import Object, StorageLocation, StorageRoot
from registry.catalogue.services import find_or_register_root, register_objects
from registry.core.errors import BulkError, Duplicate
from registry.core.records import create_records
from registry.core.texts import shorten_text
from registry.storage.services import store_file, stored_among

if TYPE_CHECKING:
    from registry.core.records import Values
    from registry.execution.planning import Plan
    from registry.identity.models import User


def store_root() -> str:
    """Return the root of the files that the registry holds."""
    return f"{settings.REGISTRY_URL}/data/"


def of_requests(
    rows: Sequence[Values], plans: Sequence[Plan], *, by: User
) -> list[dict[str, int | None]]:
    """Return the ids of the objects with the code and configuration of requests.

    What several have in common is looked up once.
    """
    digests = [
        hashlib.sha1(plan.config, usedforsecurity=False).hexdigest() for plan in plans
    ]
    configs = _files(
        {
            sha1: (plan.config, plan.config_name)
            for sha1, plan in zip(digests, plans, strict=True)
        },
        by=by,
    )
    wanted = {(row.get("repo_url"), row.get("commit")) for row in rows}
    code = {
        (url, commit): commit_object(url, commit, by=by)
        for url, commit in wanted
        if url and commit
    }
    return [
        {
            "code": code.get((row.get("repo_url"), row.get("commit"))),
            "config": configs[sha1],
        }
        for row, sha1 in zip(rows, digests, strict=True)
    ]


def commit_object(url: str, commit: str, *, by: User) -> int:
    """Return the object of a commit of a repository; register it if necessary."""
    base, path = _split(url)
    root = find_or_register_root(base, by=by)
    description = f"Code of {path} at {commit[:10]}"
    return _objects(root, {commit: (path, description)}, public=True, by=by)[commit]


def _split(url: str) -> tuple[str, str]:
    """Return the root and the path of a repository; local ones have file addresses."""
    if url.startswith("/"):
        url = f"file://{url}"
    base, _, path = url.rstrip("/").rpartition("/")
    scheme, _, rest = base.partition("://")
    host, _, folder = rest.partition("/")
    if scheme in {"http", "https"} and folder:
        return f"{scheme}://{host}/", f"{folder}/{path}"
    return f"{base}/", path


def command_objects(
    commands: Mapping[str, Sequence[str]], *, by: User
) -> dict[str, int]:
    """Return the objects with commands as scripts, by the keys of the commands."""
    texts = {key: script_of(words) for key, words in commands.items()}
    digests = {
        key: hashlib.sha1(text, usedforsecurity=False).hexdigest()
        for key, text in texts.items()
    }
    files = {
        digests[key]: (text, shorten_text(f"Command: {text.decode()}", 200))
        for key, text in texts.items()
    }
    found = _files(files, by=by)
    return {key: found[digest] for key, digest in digests.items()}


def file_object(content: bytes, description: str, *, by: User) -> int:
    """Return the object of a file of the registry's own; register it if necessary."""
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    return _files({sha1: (content, description)}, by=by)[sha1]


def script_of(words: Sequence[str]) -> bytes:
    """Return a command as a line of a shell script."""
    return f"{shlex.join(words)}\n".encode()


def _files(files: Mapping[str, tuple[bytes, str]], *, by: User) -> dict[str, int]:
    """Return the objects of small files, which the registry holds, by SHA-1."""
    held = stored_among(files)
    for sha1, (content, _) in files.items():
        if sha1 not in held:
            store_file(io.BytesIO(content), by=by)
    root = find_or_register_root(store_root(), by=by)
    places = {sha1: (sha1, name) for sha1, (_, name) in files.items()}
    return _objects(root, places, public=True, by=by)


def _objects(
    root: StorageRoot,
    places: Mapping[str, tuple[str, str]],
    *,
    public: bool,
    by: User,
) -> dict[str, int]:
    """Return an object of this person at each place below a root, by hash.

    ``places`` has paths and descriptions by hash.
    """
    locations = find_locations(
        root, {hash_: path for hash_, (path, _) in places.items()}, public=public, by=by
    )
    at = {pk: hash_ for hash_, pk in locations.items()}
    mine = Object.objects.not_withdrawn().filter(
        storage_location__in=at, registered_by=by
    )
    found = {
        at[location]: pk
        for location, pk in mine.order_by("-pk").values_list("storage_location", "pk")
    }
    missing = [hash_ for hash_ in places if hash_ not in found]
    rows = [
        {"storage_location": locations[one], "description": places[one][1]}
        for one in missing
    ]
    made = register_objects(rows, by=by, validated=True)
    return found | {one: thing.pk for one, thing in zip(missing, made, strict=True)}


def find_locations(
    root: StorageRoot, paths: Mapping[str, str], *, public: bool, by: User
) -> dict[str, int]:
    """Return the locations of files below a root, by hash; register what is missing."""
    found = _known(root, paths, public=public)
    missing = [one for one in paths if one not in found]
    if not missing:
        return found
    rows = [
        {"path": paths[one], "hash": one, "public": public, "storage_root": root.pk}
        for one in missing
    ]
    try:
        made = create_records(StorageLocation, rows, by=by, validated=True)
    except (Duplicate, BulkError):
        # somebody registers the same places at this moment
        again = _known(root, paths, public=public)
        if again.keys() == found.keys():
            raise
        return find_locations(root, paths, public=public, by=by)
    return found | {one: made[at].pk for at, one in enumerate(missing)}


def _known(
    root: StorageRoot, hashes: Collection[str], *, public: bool
) -> dict[str, int]:
    rows = StorageLocation.objects.filter(
        storage_root=root, hash__in=hashes, public=public
    )
    return dict(rows.values_list("hash", "pk"))
