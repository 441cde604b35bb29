"""How the OpenAPI description describes the work of run requests."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from registry.api.base.schema.fields import ADDRESS
from registry.api.base.schema.operations import IDEMPOTENCY_KEY
from registry.api.execution.serializers import (
    ChosenSerializer,
    ClaimSerializer,
    CompleteSerializer,
    FlagSerializer,
    HeartbeatSerializer,
    MovedSerializer,
    PrioritySerializer,
)
from registry.execution.actions import ACTIONS
from registry.execution.models.attempts import AttemptState
from registry.execution.states import TaskState, WorkState

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_NUMBER: Schema = {"type": "number"}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_UUID: Schema = {"type": "string", "format": "uuid"}
_OR_NULL: Schema = {"nullable": True}
_ID: Schema = {"type": "integer", "format": "int64", "minimum": 0}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _json(schema: Schema) -> dict[tuple[int, str], Schema]:
    return {(200, "application/json"): schema}


_STATES: Schema = {**_TEXT, "enum": list(TaskState.values)}
_BY_STATE: Schema = {
    "type": "object",
    "properties": dict.fromkeys(TaskState.values, _COUNT),
}
_PROGRESS = _object(
    run_request=ADDRESS,
    state={**_TEXT, "enum": list(WorkState.values)},
    state_changed=_MOMENT,
    jobs=_COUNT,
    jobs_made=_COUNT,
    tasks=_COUNT,
    by_state=_BY_STATE,
    by_name=_map(_BY_STATE),
)
_GRAPH = _object(
    tasks=_list(
        _object(
            task=ADDRESS,
            name=_TEXT,
            state=_STATES,
            needs=_list(ADDRESS),
            seconds={**_NUMBER, **_OR_NULL},
            is_critical={"type": "boolean"},
        )
    )
)
_EXECUTORS = _list(
    _object(
        host=_TEXT,
        account=ADDRESS,
        slots=_COUNT,
        resources=_map(_NUMBER),
        further=_map(_TEXT),
        database={"type": "boolean"},
        seen=_MOMENT,
    )
)
_LOG = _object(
    attempt=ADDRESS,
    state={**_TEXT, "enum": list(AttemptState.values)},
    stage=_TEXT,
    offset=_COUNT,
    text=_TEXT,
)
_INPUT: Schema = {
    "type": "object",
    "description": "A file to fetch from `url`, or one of an attempt whose outputs are "
    "`kept` on the backend, in the folder of this name.",
    "properties": {
        "path": _TEXT,
        "sha1": _TEXT,
        "size": _COUNT,
        "url": ADDRESS,
        "kept": _TEXT,
        "name": _TEXT,
        "level": _TEXT,
    },
}
_DEFINITION = _object(
    task=ADDRESS,
    attempt=ADDRESS,
    lease=_UUID,
    number=_COUNT,
    name=_TEXT,
    repo_url={**_TEXT, **_OR_NULL},
    commit={**_TEXT, **_OR_NULL},
    command=_list(_TEXT),
    image=_TEXT,
    environment=_map(_TEXT),
    inputs=_list(_INPUT),
    outputs=_list(_object(name=_TEXT, level=_TEXT, pattern=_TEXT)),
    limits=_object(seconds=_COUNT, memory=_COUNT, output=_COUNT, log=_COUNT),
    needs=_object(cpu=_NUMBER, gpu=_NUMBER, memory=_NUMBER, disk=_NUMBER, time=_NUMBER),
    leaving=_list(_TEXT),
    hidden=_list(_TEXT),
    kept=_TEXT,
)
_SECONDS: Schema = {**_COUNT, "description": "How long a lease holds from now on."}
_CLAIMED = _object(lease_seconds=_SECONDS, attempts=_list(_DEFINITION))
_BEATEN = _object(
    lease_seconds=_SECONDS, stop=_list(_object(lease=_UUID, reason=_TEXT))
)
_COMPLETED = _object(
    attempts=_list(
        {
            "type": "object",
            "required": ["lease"],
            "properties": {
                "lease": _UUID,
                "attempt": ADDRESS,
                "state": {**_TEXT, "enum": list(AttemptState.values)},
                "code_run": {**ADDRESS, **_OR_NULL},
                "detail": {
                    **_TEXT,
                    "description": "Why this report was refused, if it was.",
                },
            },
        }
    )
)
_RECORD = OpenApiResponse(OpenApiTypes.OBJECT, "The record.")
_NAME = OpenApiParameter(
    "name",
    {**_TEXT, "enum": list(ACTIONS)},
    OpenApiParameter.PATH,
    description="What is done.",
)


def _pk(what: str) -> OpenApiParameter:
    return OpenApiParameter(
        "pk",
        {**_ID, "maximum": 10**18 - 1},
        OpenApiParameter.PATH,
        description=f"Id of the {what}.",
    )


action = extend_schema(
    operation_id="run_request_direct",
    parameters=[_pk("run request"), _NAME, IDEMPOTENCY_KEY],
    request=ChosenSerializer,
    responses=MovedSerializer,
)
priority = extend_schema(
    operation_id="run_request_priority",
    parameters=[_pk("run request")],
    request=PrioritySerializer,
    responses=_RECORD,
)
progress = extend_schema(
    operation_id="run_request_progress",
    parameters=[_pk("run request")],
    responses=_json(_PROGRESS),
)
graph = extend_schema(
    operation_id="run_request_graph",
    parameters=[
        _pk("run request"),
        OpenApiParameter("job", _COUNT, description="The number of the job."),
    ],
    responses=_json(_GRAPH),
)
flag = extend_schema(
    operation_id="backend_flag",
    parameters=[_pk("backend")],
    request=FlagSerializer,
    responses=_RECORD,
)
executors = extend_schema(
    operation_id="backend_executors",
    parameters=[_pk("backend")],
    responses=_json(_EXECUTORS),
)
log = extend_schema(
    operation_id="attempt_log", parameters=[_pk("attempt")], responses=_json(_LOG)
)
rerun = extend_schema(
    operation_id="code_run_rerun",
    parameters=[_pk("code run"), IDEMPOTENCY_KEY],
    request=None,
    responses={201: _RECORD},
)
claim = extend_schema(
    operation_id="backend_claim",
    parameters=[IDEMPOTENCY_KEY],
    request=ClaimSerializer,
    responses=_json(_CLAIMED),
)
heartbeat = extend_schema(
    operation_id="attempt_heartbeat",
    request=HeartbeatSerializer,
    responses=_json(_BEATEN),
)
complete = extend_schema(
    operation_id="attempt_complete",
    request=CompleteSerializer,
    responses=_json(_COMPLETED),
)
input_file = extend_schema(
    operation_id="attempt_input",
    parameters=[
        OpenApiParameter(
            "lease", _UUID, OpenApiParameter.PATH, description="The lease."
        ),
        OpenApiParameter(
            "sha1",
            {**_TEXT, "pattern": "^[0-9a-f]{40}$"},
            OpenApiParameter.PATH,
            description="The SHA-1 of the file.",
        ),
    ],
    responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
)
