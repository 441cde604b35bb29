"""What the files of documents are: the default entity type, its names, its labels.

PROV-JSON and RO-Crate know files that have names, formats, licences and origins. The
domain of the default entity type says here which of its records these are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from registry.core.graph.mapping import DocumentType

    #: Returns the text that a document has for a field of a model.
    TextOf = Callable[[Any], str | None]

#: The properties of an entity of a crate; a value of None is left out.
Properties = dict[str, Any]
#: A reference to an entity of a crate: ``{"@id": …}``.
Link = dict[str, str]


def unique_links(links: Iterable[Link]) -> list[Link]:
    """Return references without those that were there already."""
    return list({link["@id"]: link for link in links}.values())


class CrateEntities(Protocol):
    """The entities of a crate while it is written."""

    def add(self, name: str, properties: Properties) -> Link:
        """Add an entity that is no file, unless it is there; return a reference."""

    def add_record(self, record: Any, name: str | None = None) -> Link:
        """Add the entity of a record by its map, named as said, else by its address."""

    def extend(self, kind: str, pk: int, word: str, link: Link) -> None:
        """Add a reference to the entity of a node that is in the crate."""

    def url_of(self, record: Any) -> str:
        """Return the address of a record, without a slash at the end."""


class FileOnDisk(Protocol):
    """A file on the server's own disk."""

    def open(self) -> tuple[Any, int]:
        """Return a reader of the file and its size in bytes.

        Raises an error if the file has other bytes by now.
        """


@dataclass(frozen=True, eq=False, kw_only=True)
class FileMap:
    """Which records the names, formats and origins of files are, and what is special.

    ``name`` names a file, ``software`` does so as a release of code, ``origin`` says
    where the data of a name came from. ``description``, ``format_name`` and
    ``format_ending`` are fields. ``is_origin`` tells by the texts that an element of
    a PROV document has for fields whether it is an origin. ``file_name_of``
    returns what a file is called when it is downloaded.

    ``find_by_hash`` returns the first records of files, and ``find_format_names`` the
    names of formats by the endings of file names. ``private_among`` returns which
    hashes are of private files on record, ``downloadable_among`` which are of files of
    the store that a person can have, ``served_among`` which entities have files on the
    server's own disk that a person can have; ``is_private_fact`` tells whether a key
    with its value makes a file private.

    ``describe_labels`` returns the properties of a file in a crate that are about
    people, licences, keywords, its format and further facts; ``why_withdrawn`` why its
    bytes are no longer given out, None if they are; ``describe_all`` the properties of
    a crate about several files, by authors, licences and keywords;
    ``describe_software`` what software is called.
    """

    name: DocumentType
    software: DocumentType
    origin: DocumentType
    format: DocumentType
    description: Any
    format_name: Any
    format_ending: Any
    is_origin: Callable[[TextOf], bool]
    file_name_of: Callable[[Any], str]
    find_by_hash: Callable[[Collection[str]], dict[str, Any]]
    find_format_names: Callable[[Collection[str]], dict[str, str]]
    private_among: Callable[[Collection[str]], set[str]]
    downloadable_among: Callable[[Any, Collection[str]], Collection[str]]
    served_among: Callable[[Any, Iterable[Any]], Mapping[int, FileOnDisk]]
    is_private_fact: Callable[[tuple[str, str]], bool]
    describe_labels: Callable[[Any, CrateEntities, bool], Properties]
    why_withdrawn: Callable[[Any], str | None]
    describe_all: Callable[[Iterable[Any], CrateEntities], Mapping[str, list[Any]]]
    describe_software: Callable[[Any], Properties]


@dataclass(frozen=True, eq=False, kw_only=True)
class CrateSubject:
    """What a crate as a whole says of the record that it is about.

    ``describe`` returns its name, its description and its identifier; ``publish`` adds
    who published it.
    """

    describe: Callable[[Any], Properties]
    publish: Callable[[Any, CrateEntities], Link] | None = None
