"""What a crate is written in: names of files, profiles, and terms of our own.

RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) with the profile Process Run Crate 0.5
(https://w3id.org/ro/wfrun/process/0.5).
"""

from __future__ import annotations

from registry.provenance.vocabulary import FAIR

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

#: Terms of the registry's vocabulary, where schema.org has no word.
OWN = (
    "UnrecordedSoftware",
    "component",
    "configuration",
    "extension",
    "hash",
    "namespace",
    "primary_not_supplement",
    "public",
    "script",
    "storage_root",
    "uuid",
)
#: What the context of a crate adds to that of RO-Crate. Checksums other than SHA-256
#: have their words in the vocabulary of Workflow Run RO-Crate.
EXTRA_TERMS: dict[str, str] = {
    "sha1": "https://w3id.org/ro/terms/workflow-run#sha1",
    **{name: f"{FAIR}{name}" for name in OWN},
}
