"""Git repositories: check their addresses, and read files at a commit."""

from registry.execution.repositories.addresses import check_address
from registry.execution.repositories.mirrors import remove_unused_mirrors
from registry.execution.repositories.reading import read_file, require_commit

__all__ = [
    "check_address",
    "read_file",
    "remove_unused_mirrors",
    "require_commit",
]
