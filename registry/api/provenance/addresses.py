"""Where the provenance of a record can be fetched, as the record itself says."""

from __future__ import annotations

from registry.api.base.addresses import RecordAddress, declare_address
from registry.catalogue.record_types import DATA_PRODUCT
from registry.runs.record_types import CODE_RUN, MODEL_RUN

declare_address(
    RecordAddress(
        DATA_PRODUCT,
        "prov_report",
        "prov-report/{id}/",
        "Address of the provenance report.",
    ),
    RecordAddress(
        DATA_PRODUCT,
        "ro_crate",
        "ro-crate/data-product/{id}/",
        "Address of the RO-Crate.",
    ),
    RecordAddress(
        CODE_RUN, "ro_crate", "ro-crate/code-run/{id}/", "Address of the RO-Crate."
    ),
    RecordAddress(
        MODEL_RUN,
        "prov_report",
        "prov-report/model_run/{id}/",
        "Address of the provenance report.",
    ),
    RecordAddress(
        MODEL_RUN, "ro_crate", "ro-crate/model-run/{id}/", "Address of the RO-Crate."
    ),
)
