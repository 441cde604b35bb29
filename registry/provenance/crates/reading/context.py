"""The words of a crate: which of them stand for terms that are not RO-Crate's.

A context is read as far as flat crates need it: words that are declared with an
address, with a shorten_text one (``fair:public``), or with another word of the context
(JSON-LD 1.1, section 4.1). Nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from registry.core.errors import InvalidInput
from registry.provenance.crates.terms import CONTEXTS, METADATA, extra_terms

#: What stands before the last part of a name or an address.
_LAST_PART = re.compile(r"[:/#]")
_PUBLIC = "public"
#: Words that a context may declare; all of schema.org has some 2,500.
MOST_WORDS = 10_000
#: Characters of an address, and words in a row that stand for each other.
_LONGEST, _STEPS = 2000, 16


@dataclass(frozen=True)
class Words:
    """The words that a crate has for terms, by the names that the registry has."""

    of: Mapping[str, str] = field(default_factory=dict)
    #: words of the context that say whether a file is public
    openness: frozenset[str] = frozenset()

    def is_openness(self, word: str) -> bool:
        """Tell whether a word says of a file that it is public, or that it is not.

        That counts undeclared too, and however it is spelt: what is meant to be
        private must not become public.
        """
        return word in self.openness or _names_openness(word)


def words_of(context: Any) -> Words:
    """Read the ``@context`` of a crate; raises ``InvalidInput``."""
    parts = context if isinstance(context, list) else [context]
    if not any(isinstance(part, str) and part.startswith(CONTEXTS) for part in parts):
        raise InvalidInput(
            {METADATA: [f"The @context is not that of RO-Crate, {CONTEXTS[0]}…"]}
        )
    said: dict[str, str] = {}
    for part in parts:
        if isinstance(part, dict):
            said |= {word: iri for word, meant in part.items() if (iri := _iri(meant))}
    declared = list(islice(_declared(parts), MOST_WORDS + 1))
    if len(declared) > MOST_WORDS:
        raise InvalidInput(
            {METADATA: [f"The @context declares more than {MOST_WORDS} words."]}
        )
    terms = {iri: term for term, iri in extra_terms().items()}
    of = {
        terms[full]: word
        for word, iri in said.items()
        if (full := _expanded(iri, said)) in terms
    }
    openness = {word for word, iri in declared if _names_openness(_expanded(iri, said))}
    return Words(of, frozenset(openness))


def _declared(context: Any) -> Iterator[tuple[str, str]]:
    """Yield all words and what they stand for, those of contexts within too."""
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, dict):
            for word, meant in part.items():
                yield word, _iri(meant)
                if isinstance(meant, dict):
                    yield from _declared(meant.get("@context"))


def _names_openness(name: str) -> bool:
    return _LAST_PART.split(name)[-1].strip().casefold() == _PUBLIC


def _iri(meant: Any) -> str:
    iri = meant.get("@id") if isinstance(meant, dict) else meant
    return iri if isinstance(iri, str) and len(iri) <= _LONGEST else ""


def _expanded(iri: str, said: Mapping[str, str]) -> str:
    """Write an address out, as far as it is made of words of the context."""
    for _ in range(_STEPS):
        prefix, colon, rest = iri.partition(":")
        if iri in said:
            iri = said[iri]
        elif colon and not rest.startswith("//") and prefix in said:
            iri = f"{said[prefix]}{rest}"
        else:
            break
    return iri
