"""Cite a data product in the form that DataCite recommends for data.

The parts are creator, year, title, version, publisher and identifier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


@dataclass(frozen=True)
class Citation:
    """The parts of a citation; names of authors are not reordered."""

    authors: Sequence[str]
    year: int
    title: str
    version: str
    publisher: str
    address: str

    def text(self) -> str:
        """Return the citation as one sentence."""
        return f"{self.before_address} {self.address}"

    @property
    def before_address(self) -> str:
        """The citation without the address, which pages show as a link."""
        who = f"{'; '.join(self.authors)} " if self.authors else ""
        return (
            f"{who}({self.year}): {self.title}, version {self.version}. "
            f"{self.publisher}."
        )

    def bibtex(self) -> str:
        """Return a BibTeX entry."""
        key = re.sub(r"[^A-Za-z0-9]+", "-", f"{self.title}-{self.version}").strip("-")
        fields = {
            "author": " and ".join(f"{{{escape(name)}}}" for name in self.authors),
            "title": f"{{{escape(self.title)}}}",
            "year": str(self.year),
            "version": escape(self.version),
            "publisher": escape(self.publisher),
            "howpublished": f"\\url{{{self.address}}}",
        }
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
        return "@misc{" + ",\n".join([key, *lines]) + "\n}"


def escape(text: str) -> str:
    """Return a text with the special characters of TeX escaped."""
    return "".join(_SPECIAL.get(character, character) for character in text)
