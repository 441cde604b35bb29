"""What runs have in the provenance graph: code runs, their links, and model runs."""

from registry.core.graph import graph
from registry.runs.provenance.documents import CODE_RUN_DOCUMENT, TERMS
from registry.runs.provenance.links import LINK_QUERIES
from registry.runs.provenance.model_runs.declaration import TERMS as MODEL_RUN_TERMS
from registry.runs.provenance.nodes import CODE_RUN

__all__ = ["CODE_RUN", "register"]


def register() -> None:
    """Register code runs and their links."""
    graph.register(
        types=(CODE_RUN,),
        queries=LINK_QUERIES,
        documents=(CODE_RUN_DOCUMENT,),
        terms=(*TERMS, *MODEL_RUN_TERMS),
    )
