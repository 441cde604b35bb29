"""What a crate is written in: names of files, profiles, and terms of our own.

RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) with the profile Process Run Crate 0.5
(https://w3id.org/ro/wfrun/process/0.5).
"""

from __future__ import annotations

from functools import cache

from registry.core.graph import graph
from registry.core.graph.terms import FAIR

VERSION = "1.1"
#: What every context of RO-Crate begins with, whatever the version.
CONTEXTS = ("https://w3id.org/ro/crate/", "http://w3id.org/ro/crate/")
METADATA = "ro-crate-metadata.json"
#: What the metadata file was called until version 1.0.
LEGACY_METADATA = "ro-crate-metadata.jsonld"
PREVIEW = "ro-crate-preview.html"
PROCESS_RUN = "https://w3id.org/ro/wfrun/process/0.5"
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"

#: The folders of the files in a crate that a registry makes.
INPUTS, OUTPUTS = "inputs", "outputs"

#: Types of the actions that are runs.
ACTIONS = frozenset({"CreateAction", "UpdateAction", "ActivateAction"})
#: Types of what an action is done with, as the profile has them.
SOFTWARE = frozenset(
    {"SoftwareApplication", "SoftwareSourceCode", "ComputationalWorkflow"}
)

#: The status of an action that failed.
FAILED_STATUS = "http://schema.org/FailedActionStatus"
#: Stands for the software of an activity of which nothing is on record.
UNRECORDED_SOFTWARE = f"{FAIR}UnrecordedSoftware"


@cache
def extra_terms() -> dict[str, str]:
    """Return what the context of a crate adds to that of RO-Crate.

    Terms of the registry's vocabulary where schema.org has no word; checksums other
    than SHA-256 have their words in the vocabulary of Workflow Run RO-Crate.
    """
    own = {term.name: term.iri for term in graph.terms if term.in_crates}
    return {"sha1": "https://w3id.org/ro/terms/workflow-run#sha1", **own}
