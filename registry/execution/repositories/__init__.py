"""Repositories of code: what is read from them, at which commit, and from where."""

from registry.execution.repositories.addresses import check_address
from registry.execution.repositories.mirrors import remove_unused_mirrors
from registry.execution.repositories.reading import (
    commit_of,
    read_file,
    require_commit,
)

__all__ = [
    "check_address",
    "commit_of",
    "read_file",
    "remove_unused_mirrors",
    "require_commit",
]
