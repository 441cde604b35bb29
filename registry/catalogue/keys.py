"""Keys of key-value pairs that have an effect in the registry.

The module that implements the effect of a key declares
it, so that the API description and the guides can list it.
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
        """Return the key-value pairs that have the effect; case does not matter."""
        pairs = KeyValue.objects.not_withdrawn()
        return pairs.filter(key=self.name, value__iexact=self.value)


MEANINGFUL_KEYS: Vocabulary[MeaningfulKey] = Vocabulary("key")
