"""The API in a browser: every response as a page, with the template of the site.

Raw JSON comes first. Forms have only text inputs: they do not list the possible targets
of links, so the cost of a page does not depend on the number of records.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.template import loader
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.utils.breadcrumbs import get_breadcrumbs

from registry.api.base.fields import LinkField, LinksField
from registry.core.links import kind_of
from registry.core.models import Record
from registry.identity.ownership import may_change, may_delete

if TYPE_CHECKING:
    from rest_framework.request import Request

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_INDENT_2
_LINK = re.compile(r"&quot;(https?://[^\s<&]*(?:&amp;[^\s<&]*)*)&quot;")
#: The request headers that a page shows.
_REQUEST_HEADERS = ("Accept", "Content-Type", "If-Match", "Idempotency-Key")


class RecordBrowsableRenderer(BrowsableAPIRenderer):
    """Renders a response as a page with its request, filters and forms."""

    template = "api/browsable.html"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        """Return the page as HTML."""
        context = self.get_context(
            data, accepted_media_type, dict(renderer_context or {})
        )
        response = context["response"]
        page = loader.render_to_string(
            self.template, context, request=context["request"]._request
        )
        if response.status_code == 204:
            # a page has content, which a 204 response must not have
            response.status_code = 200
        return page

    def get_context(
        self,
        data: Any,
        accepted_media_type: str | None,
        renderer_context: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return the context of the template."""
        view, request = renderer_context["view"], renderer_context["request"]
        response = renderer_context["response"]
        return {
            "request": request,
            "response": response,
            "name": self.get_name(view),
            "description": self.get_description(view, response.status_code),
            "crumbs": _breadcrumbs(request),
            "content": _render_json(data),
            "request_headers": _request_headers(request),
            "response_headers": sorted(_response_headers(response, view)),
            "formats": [r.format for r in view.renderer_classes if r.format != "api"],
            "filters": _filters(view, request),
            "paginator": _paginator(view, data),
            "writing": _write_forms(view, request, data),
            "page": _page_address(view),
        }


def _render_json(data: Any) -> SafeString:
    """Return data as JSON in HTML, with clickable links."""
    if data is None:
        return SafeString("")
    text = escape(orjson.dumps(data, default=str, option=_OPTIONS).decode())
    return mark_safe(_LINK.sub(r'&quot;<a href="\1" rel="nofollow">\1</a>&quot;', text))  # noqa: S308


def _breadcrumbs(request: Request) -> list[tuple[str, str]]:
    """Return the names and addresses of the pages above this one."""
    crumbs = get_breadcrumbs(request.path, request)
    return [(name, address) for name, address in crumbs if address.endswith("/")]


def _request_headers(request: Request) -> list[tuple[str, str]]:
    headers = request._request.headers
    return [(name, headers[name]) for name in _REQUEST_HEADERS if name in headers]


def _response_headers(response: Any, view: Any) -> list[tuple[str, str]]:
    """Return the headers of the same response as JSON."""
    response["Allow"] = ", ".join(view.allowed_methods)
    headers = {**dict(response.items()), "Content-Type": "application/json"}
    return list(headers.items())


def _filters(view: Any, request: Request) -> list[dict[str, Any]]:
    """Return the filters of a list, described as text inputs."""
    filters = getattr(view, "filters", None)
    if filters is None or getattr(view, "detail", True):
        return []
    return [
        {
            "name": name,
            "values": request.query_params.getlist(name) or [""],
            "explanation": str(getattr(chosen, "explanation", "")),
        }
        for name, chosen in _chosen_filters(filters, request)
    ]


def _chosen_filters(filters: Any, request: Request) -> list[tuple[str, Any]]:
    """Return the filters by name; of those by facts, the ones that are given."""
    keyed = filters.keyed_among(request.query_params)
    return [*filters.filters.items(), *keyed.items()]


def _paginator(view: Any, data: Any) -> Any:
    """Return the paginator if the response is a page of a list."""
    if isinstance(data, dict) and "results" in data:
        return getattr(view, "paginator", None)
    return None


def _page_address(view: Any) -> str:
    """Return the address of the same record or list on the site, if there is one."""
    model = getattr(view, "model", None)
    if model is None or not issubclass(model, Record):
        return ""
    pk = view.kwargs.get("pk")
    return f"/{kind_of(model)}/" + (f"{pk}/" if pk else "")


def _write_forms(view: Any, request: Request, data: Any) -> dict[str, Any] | None:
    """Return the forms for writing, if the user has permission."""
    user = request.user
    if not user.is_authenticated or not hasattr(view, "create"):
        return None
    if not getattr(view, "detail", False):
        serializer = view.get_serializer()
        return {
            "register": _form_json(request, serializer.get_initial(), "POST"),
            "fields": _form_fields(serializer, request),
        }
    methods = set(view.allowed_methods)
    record = view.get_queryset().filter(pk=view.kwargs["pk"]).first()
    if not isinstance(record, Record):
        return None
    deletes = "DELETE" in methods and may_delete(user, record)
    changes = "PUT" in methods and may_change(user, record)
    if not deletes and not changes:
        return None
    writing: dict[str, Any] = {"delete": deletes}
    if changes:
        names = view.get_serializer().get_initial()
        values = view.show([record.pk], view.full_reader)[0]
        present = {name: values[name] for name in names if name in values}
        writing["change"] = _form_json(request, present, "PUT", "PATCH")
        writing["revision"] = record.revision
    return writing


def _form_json(request: Request, default: Any, *methods: str) -> str:
    """Return the JSON in a form: the refused data of the request, or the default."""
    data = _sent_data(request, *methods)
    value = data if isinstance(data, dict | list) and not _is_form(data) else default
    return orjson.dumps(value, default=str, option=_OPTIONS).decode()


def _sent_data(request: Request, *methods: str) -> Any:
    """Return the data of a request with one of these methods, if it can be parsed."""
    try:
        return request.data if request.method in methods else None
    except (APIException, RequestDataTooBig):
        # the request was refused before its body was parsed
        return None


def _is_form(data: Any) -> bool:
    return hasattr(data, "getlist")


def _form_fields(serializer: Any, request: Request) -> list[dict[str, Any]]:
    """Return the writable fields, described as inputs of an HTML form."""
    data = _sent_data(request, "POST")
    return [
        {
            "name": name,
            "label": str(field.label or name.replace("_", " ")).lower(),
            "help_text": str(field.help_text or ""),
            "required": field.required,
            "boolean": isinstance(field, serializers.BooleanField),
            "value": data.get(name, "") if hasattr(data, "get") else "",
            "hint": _hint(field),
        }
        for name, field in serializer.fields.items()
        if not field.read_only
    ]


def _hint(field: Any) -> str:
    match field:
        case LinksField():
            return "a URL, id or UUID; several by raw JSON"
        case LinkField():
            return "a URL, id or UUID"
        case serializers.DateTimeField():
            return "2026-11-20T15:28:33Z"
    return ""
