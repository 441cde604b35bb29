"""The fields of code runs."""

from __future__ import annotations

from typing import ClassVar

from registry.api.base.fields import AddressField
from registry.api.base.serializers import RecordSerializer, record_fields
from registry.runs.models import CodeRun


class CodeRunSerializer(RecordSerializer):
    """A code run."""

    ro_crate = AddressField(
        template="ro-crate/code-run/{id}/", help_text="Address of the RO-Crate."
    )

    class Meta(RecordSerializer.Meta):
        model = CodeRun
        fields = record_fields(
            "run_date",
            "end_date",
            "description",
            "code_repo",
            "model_config",
            "submission_script",
            "inputs",
            "outputs",
            "uuid",
            "ro_crate",
        )
        extra_kwargs: ClassVar[dict[str, dict[str, object]]] = {
            # The database allows none, for model runs have none; this API does not.
            "submission_script": {"required": True, "allow_null": False},
        }
