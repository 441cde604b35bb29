"""What code runs use objects as."""

from __future__ import annotations

from registry.catalogue.provenance.rows import release_of
from registry.core.graph import Role

INPUT = Role(
    "input_data", "as input", definition="Data that a code run read.", is_data=True
)
SOFTWARE = Role(
    "software",
    "as its code",
    definition="The code that a code run executed.",
    crate_word="instrument",
    is_software=True,
    named_by=release_of,
)
CONFIGURATION = Role(
    "model_configuration",
    "as its configuration",
    definition="The file that a code run was configured by.",
    crate_word="configuration",
)
SCRIPT = Role(
    "submission_script",
    "as its script",
    definition="The script that started a code run.",
    crate_word="script",
    is_plan=True,
    is_software=True,
)
