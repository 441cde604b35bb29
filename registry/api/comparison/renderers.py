"""A comparison as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.api.base.renderers import RecordCSVRenderer, iter_csv, wants_raw_csv
from registry.api.comparison.shapes import csv_names, csv_rows


class ComparisonCSVRenderer(RecordCSVRenderer):
    """The rows of a comparison as CSV, with a column for each run."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        """Render a comparison; an error as any other."""
        if "sections" not in data:
            return super().render(data, accepted_media_type, renderer_context)
        raw = wants_raw_csv(renderer_context)
        return "".join(iter_csv(csv_names(data), [csv_rows(data)], raw=raw))
