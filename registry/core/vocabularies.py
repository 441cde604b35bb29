"""Vocabularies: named words that any domain can add to, without a migration.

A domain declares its words as constants of a module of its own. ``registry.apps`` names
these modules, and imports them when the registry starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar


class Word(Protocol):
    """What a vocabulary holds."""

    @property
    def name(self) -> str:
        """The name that is stored, and that clients send."""


W = TypeVar("W", bound=Word)


class Vocabulary(Mapping[str, W]):
    """The declared words by name, in the order of their declaration.

    Keep the vocabulary itself and read it when it is needed: a copy would lack what is
    declared later.
    """

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._words: dict[str, W] = {}

    def __getitem__(self, name: str) -> W:
        return self._words[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)

    def declare(self, word: W) -> W:
        """Add a word and return it; raise ``ValueError`` for a name that is taken."""
        if word.name in self._words:
            raise ValueError(f"The {self._noun} {word.name} is declared already.")
        self._words[word.name] = word
        return word

    def withdraw(self, word: W) -> None:
        """Remove a word, for example at the end of a test that declared it."""
        del self._words[word.name]

    def require(self, word: W | str) -> W:
        """Return a declared word, given as itself or by name; else ``ValueError``."""
        name = word if isinstance(word, str) else word.name
        declared = self._words.get(name)
        if declared is None or (declared is not word and not isinstance(word, str)):
            raise ValueError(f"The {self._noun} {name} is not declared.")
        return declared
