"""Model runs with annotations as people type them, and the templates they follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.browser.site import Site

#: What a table and a plot have to cope with.
TYPED = {
    "<script>alert('x')</script>\"": "<b>\"'&",
    "שלום עולם": "مرحبا 123 abc",
    "long" + "name" * 60: "value" * 100,
}


def register_model_runs(site: Site) -> dict[str, int]:
    """Register a template with two dozen runs; return the ids of one of each type."""
    ids = {
        "organisation": site.register("organisation", name="Institute " + "x" * 90),
        "model": site.register("model", name="Reef model " + "y" * 90),
        "study": site.register("study", title="Heat " * 40),
        "dataset_template": site.register("dataset_template", **_resources("Old")),
    }
    new = _resources("Forcing data")
    ids["new_dataset_template"] = site.register(
        "dataset_template", **new, replaces=ids["dataset_template"]
    )
    template = site.register(
        "workflow_template",
        name="Projection of the cover",
        description="One projection.\n" + "word " * 80,
        model=ids["model"],
        required_inputs=[ids["new_dataset_template"]],
        required_annotations=["RCP", "score"],
        optional_annotations=["species"],
    )
    runs = [_run(site, ids, template, number) for number in range(24)]
    found = site.register_all("model_run", runs)
    values = {"annotations": {"RCP": "26"} | _said(23), "reason": "Mistyped. " * 30}
    answer = site.call("PATCH", f"model_run/{found[-1]}/", json=values)
    assert answer.ok, answer.text
    code_run = answer.json()["code_run"].rstrip("/").rpartition("/")[2]
    return {
        **ids,
        "workflow_template": template,
        "model_run": found[-1],
        "run_of_model": int(code_run),
    }


def _resources(name: str) -> dict[str, Any]:
    described = {"description": "What drives it. " * 10, "usage_type": "FORCING_DATA"}
    return {
        "name": name,
        "defined_resources": [
            {"path": "deep/" * 30 + "a.nc", **described, "additional_metadata": TYPED}
        ],
        "deferred_resources": [
            {"key": "settings", **described, "usage_type": "CONFIG_FILE"}
        ],
    }


def _said(number: int) -> dict[str, str]:
    further = TYPED if number > 21 else {}
    score = "n/a" if number % 9 == 8 else f"{0.9 - number % 4 / 5 + number / 200:.3f}"
    return {"score": score, "species": "Pocillopora", **further}


def _run(site: Site, ids: dict[str, int], template: int, number: int) -> dict[str, Any]:
    return {
        "workflow_template": template,
        "display_name": f"Projection {number}",
        "description": f"Projection {number} of the cover of the reef",
        "modeller": site.ids["author"],
        "requesting_organisation": ids["organisation"],
        "study": ids["study"],
        "start_time": f"2024-02-{number + 1:02}T05:00:00Z",
        "end_time": f"2024-03-{number + 1:02}T07:30:00Z",
        "inputs": [
            {
                "dataset_template": ids["new_dataset_template"],
                "dataset": site.ids["data_product"],
                "resources": {"settings": "config/" * 20 + "model.toml"},
            }
        ],
        "outputs": [],
        "annotations": {"RCP": str([26, 45, 60, 85][number % 4]), **_said(number)},
    }
