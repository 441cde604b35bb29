"""What the catalogue has in the provenance graph: objects, under all their names."""

from registry.catalogue.provenance.documents import DOCUMENTS
from registry.catalogue.provenance.files import FILES
from registry.catalogue.provenance.nodes import (
    DATA_PRODUCT,
    EXTERNAL_OBJECT,
    OBJECT,
    PEOPLE,
)
from registry.core.graph import graph

__all__ = ["DATA_PRODUCT", "EXTERNAL_OBJECT", "OBJECT", "register"]


def register() -> None:
    """Register the node types of the catalogue, and who people of documents are."""
    graph.register(types=(OBJECT,), documents=DOCUMENTS, people=PEOPLE, files=FILES)
