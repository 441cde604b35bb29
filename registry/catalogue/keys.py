"""Keys of key-value pairs that the registry acts on.

Anybody can record any key. A key with a meaning is declared by the module that acts on
it, so that descriptions of the API and guides can name it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.catalogue.models import KeyValue
from registry.core.vocabularies import Vocabulary

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True)
class MeaningfulKey:
    """A key, the value that has an effect, and what the effect is."""

    name: str
    value: str
    #: One sentence, in Markdown.
    meaning: str

    def pairs(self) -> QuerySet[KeyValue]:
        """Select the key-value pairs that have the effect, in whatever case."""
        return KeyValue.objects.filter(key=self.name, value__iexact=self.value)


MEANINGFUL_KEYS: Vocabulary[MeaningfulKey] = Vocabulary("key")
