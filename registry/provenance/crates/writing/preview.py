"""The page inside a crate, for people who open it without any program for crates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string

from registry.core.graph.terms import WITHDRAWN
from registry.provenance.crates.terms import METADATA

#: Files and runs that the page tells of; the metadata has them all.
_SHOWN = 500


def preview_of(metadata: Mapping[str, Any], packed: Mapping[int, str]) -> str:
    """Return the page of a crate as HTML, which needs nothing but itself.

    ``metadata`` is the document that goes into the crate, ``packed`` the paths of the
    files that do.
    """
    entities = {entity["@id"]: entity for entity in metadata["@graph"]}
    descriptor = entities[METADATA]
    root = entities[descriptor["about"]["@id"]]
    files = [one for one in entities.values() if "File" in _listed(one["@type"])]
    actions = [_of(link, entities) for link in _listed(root.get("mentions"))]
    return render_to_string(
        "crates/preview.html",
        {
            "root": root,
            "metadata": METADATA,
            "people": [_name(link, entities) for link in _listed(root.get("author"))],
            "licences": [_named(link, entities) for link in _listed(root["license"])],
            "keywords": _listed(root.get("keywords")),
            "runs": [_run(action, entities) for action in actions[:_SHOWN]],
            "files": [_file(file, entities) for file in files[:_SHOWN]],
            "more_runs": len(actions) - _SHOWN,
            "more_files": len(files) - _SHOWN,
            "packed": len(packed),
        },
    )


def _run(action: Mapping[str, Any], entities: Mapping[str, Any]) -> dict[str, Any]:
    """Gather what the page shows of a run."""
    return {
        "id": action["@id"],
        "name": action["name"],
        "description": action.get("description", ""),
        "started": action.get("startTime"),
        "ended": action.get("endTime"),
        "withdrawn": action.get(WITHDRAWN.name),
        "agent": _name(action["agent"], entities),
        "software": _name(action["instrument"], entities),
        "inputs": [_named(link, entities) for link in _listed(action.get("object"))],
        "outputs": [_named(link, entities) for link in _listed(action.get("result"))],
    }


def _file(file: Mapping[str, Any], entities: Mapping[str, Any]) -> dict[str, Any]:
    """Gather what the page shows of a file."""
    return {
        "id": file["@id"],
        "name": file["name"],
        "description": file.get("description", ""),
        "withdrawn": file.get(WITHDRAWN.name),
        "size": file.get("contentSize"),
        "sha1": file.get("sha1"),
        "licences": [_name(link, entities) for link in _listed(file.get("license"))],
        "inside": ":" not in file["@id"].partition("/")[0],
    }


def _named(link: Any, entities: Mapping[str, Any]) -> dict[str, str]:
    """Return an entity's name, and where it leads to if anywhere."""
    name = _name(link, entities)
    if not isinstance(link, Mapping):
        return {"name": name, "address": ""}
    entity = _of(link, entities)
    part_of = entity.get("isPartOf")
    if part_of is not None:
        name = f"{name}, a part of {_name(part_of, entities)}"
    address = link["@id"]
    leads = "File" in _listed(entity["@type"]) or address.startswith("http")
    return {"name": name, "address": address if leads and part_of is None else ""}


def _name(link: Any, entities: Mapping[str, Any]) -> str:
    if not isinstance(link, Mapping):
        return str(link)
    entity = _of(link, entities)
    name = entity.get("name") or entity.get("alternateName") or link["@id"]
    if "PropertyValue" in _listed(entity["@type"]):
        return f"{name} = {entity.get('value', '')}"
    version = entity.get("version")
    return f"{name} {version}" if version else str(name)


def _of(link: Mapping[str, Any], entities: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = entities[link["@id"]]
    return found


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
