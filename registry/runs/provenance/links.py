"""The links between code runs and objects: roles, and queries in both directions."""

from __future__ import annotations

from functools import partial

from registry.catalogue.provenance import OBJECT
from registry.catalogue.provenance.queries import (
    select_linked_objects,
    select_linked_to_object,
)
from registry.core.graph import Direction, LinkQuery, Role
from registry.core.graph.queries import select_referenced, select_referring
from registry.runs.models import CodeRun
from registry.runs.provenance.nodes import CODE_RUN

INPUT = Role(
    "input_data", "as input", definition="Data that a code run read.", is_data=True
)
SOFTWARE = Role(
    "software",
    "as its code",
    definition="The code that a code run executed.",
    crate_word="instrument",
    is_software=True,
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

#: The foreign keys of a run to what it ran with, each with its role.
RAN_WITH = (
    (CodeRun.code_repo, SOFTWARE),
    (CodeRun.model_config, CONFIGURATION),
    (CodeRun.submission_script, SCRIPT),
)
_UP, _DOWN = Direction.UPSTREAM, Direction.DOWNSTREAM

LINK_QUERIES = (
    LinkQuery(
        _UP,
        OBJECT,
        CODE_RUN,
        (None,),
        partial(select_linked_to_object, CodeRun.outputs),
    ),
    LinkQuery(
        _UP,
        CODE_RUN,
        OBJECT,
        (INPUT,),
        partial(select_linked_objects, CodeRun.inputs),
    ),
    LinkQuery(
        _UP,
        CODE_RUN,
        OBJECT,
        tuple(role for _, role in RAN_WITH),
        partial(select_referenced, CodeRun, [link for link, _ in RAN_WITH]),
    ),
    LinkQuery(
        _DOWN,
        OBJECT,
        CODE_RUN,
        (INPUT,),
        partial(select_linked_to_object, CodeRun.inputs),
    ),
    *(
        LinkQuery(
            _DOWN, OBJECT, CODE_RUN, (role,), partial(select_referring, CodeRun, link)
        )
        for link, role in RAN_WITH
    ),
    LinkQuery(
        _DOWN,
        CODE_RUN,
        OBJECT,
        (None,),
        partial(select_linked_objects, CodeRun.outputs),
    ),
)
