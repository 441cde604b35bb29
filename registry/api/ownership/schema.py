"""Describe the addresses of ownership in OpenAPI."""

# most methods of drf-spectacular have no type hints
# mypy: disallow-untyped-calls=False
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.api.base.schema import RecordSchema
from registry.api.base.schema.fields import ID
from registry.api.base.schema.operations import IF_MATCH
from registry.core.record_types import record_types
from registry.core.traits import CO_OWNERS

if TYPE_CHECKING:
    from collections.abc import Iterator

_DESCRIPTIONS = {"pk": "Id of the record.", "account": "Id of the account."}


class OwnershipSchema(RecordSchema):
    """The description of what owners can do, which is the same for all kinds."""

    @property
    def action(self) -> str | None:
        """None: no method here reads or writes the fields of a record."""
        return None

    def get_operation_id(self) -> str:
        """Return a name that says what is done, to a namespace or to any record."""
        whose = "record" if "{kind}" in self.path else "namespace"
        return f"{whose}_{self.view.action}"

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters, with ``If-Match`` where a record is changed."""
        parameters = super().get_override_parameters()
        changes = self.method == "POST" and self.view.action != "name_person"
        return [*parameters, IF_MATCH] if changes else parameters

    def _get_pagination_parameters(self) -> list[dict[str, Any]]:
        return []

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        resolved: list[dict[str, Any]] = super()._resolve_path_parameters(variables)
        for one in resolved:
            one["description"] = _DESCRIPTIONS.get(one["name"], "Kind of the record.")
            if one["name"] == "kind":
                one["schema"] = {"type": "string", "enum": self._kinds()}
            if one["name"] in _DESCRIPTIONS:
                one["schema"] = {**ID, "maximum": 10**18 - 1}
        return resolved

    def _kinds(self) -> list[str]:
        """Return the kinds of record that have this address."""
        is_shared = "co_owners" in self.path
        return [
            one.kind
            for one in record_types()
            if not is_shared or one.sharing is CO_OWNERS
        ]

    def _errors(self) -> Iterator[tuple[str, str]]:
        yield from super()._errors()
        if IF_MATCH in self.get_override_parameters():
            yield "412", "PreconditionFailed"
