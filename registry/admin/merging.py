"""Merge duplicates: an action of lists, and the page that asks which one to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.http import urlencode

from registry.admin.base import RegistryAdmin, signed_in_user
from registry.admin.merge_choices import choices_of, clashes_of
from registry.admin.related import address, change_address
from registry.core.errors import Conflict, InvalidInput, RegistryError
from registry.core.links import is_id
from registry.core.merged import kept_id
from registry.core.record_types import record_type_of
from registry.identity.merging import MAX_MERGED, may_merge, merge_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


class Merging(RegistryAdmin):
    """The merging of records of a type that allows it, for curators."""

    merge_template = "admin/registry/merge.html"

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """Require a type whose records can be merged, and a curator."""
        return may_merge(request.user, self.model)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions of the list, with merging for curators."""
        actions: dict[str, Any] = super().get_actions(request)
        if self.has_merge_permission(request) and IS_POPUP_VAR not in request.GET:
            label = "Merge selected %(verbose_name_plural)s"
            actions["merge"] = (_begin_merging, "merge", label)
        return actions

    def get_urls(self) -> list[Any]:
        """Return the addresses, with that of the merge page."""
        urls: list[Any] = super().get_urls()
        if record_type_of(self.model).merge is None:
            return urls
        name = f"{self.opts.app_label}_{self.opts.model_name}_merge"
        view = self.admin_site.admin_view(self.merge_view)
        return [path("merge/", view, name=name), *urls]

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Show what a merge would do; a POST merges."""
        if not self.has_merge_permission(request):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        ids = _parse_ids(given.get("ids", ""))
        error = ""
        if request.method == "POST":
            try:
                return self._merge(request, ids)
            except RegistryError as refused:
                error = _message_of(refused)
        return self._merge_page(request, ids, error)

    def _merge(self, request: HttpRequest, ids: Sequence[int]) -> HttpResponse:
        keep = request.POST.get("keep", "")
        if not is_id(keep) or int(keep) not in ids:
            raise InvalidInput({"keep": ["Choose the record to keep."]})
        by, others = signed_in_user(request), [pk for pk in ids if pk != int(keep)]
        try:
            kept = merge_records(self.model, int(keep), others, by=by)
        except IntegrityError as error:
            message = "This does not fit what is on record by now; look again."
            raise Conflict(message) from error
        titles = self.opts.verbose_name_plural
        done = f"Merged {len(others) + 1} {titles}: {kept} was kept."
        self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(change_address(self.model, kept.pk))

    def _merge_page(
        self, request: HttpRequest, ids: Sequence[int], error: str
    ) -> HttpResponse:
        choices = choices_of(self.model, ids)
        if len(choices) < 2 and not error:
            message = f"Select at least two {self.opts.verbose_name_plural}."
            self.message_user(request, message, messages.WARNING)
            return HttpResponseRedirect(address(self.model, "changelist"))
        clashes = clashes_of(self.model, ids)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Merge {self.opts.verbose_name_plural}",
            "subtitle": None,
            "opts": self.opts,
            "ids": ",".join(str(one.pk) for one in choices),
            "choices": choices,
            "columns": record_type_of(self.model).column_names,
            "keeps_addresses": record_type_of(self.model).merge.spelling is not None,  # type: ignore[union-attr]
            "clashes": clashes,
            "error": error,
            "can_merge": len(choices) > 1
            and not clashes
            and any(not one.refused for one in choices),
        }
        return TemplateResponse(request, self.merge_template, context)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Lead from the page of a merged record to that of the kept one."""
        pk = unquote(object_id)
        kept = kept_id(self.model, int(pk)) if is_id(pk) else None
        if kept is None:
            return super()._get_obj_does_not_exist_redirect(  # type: ignore[misc, no-any-return]
                request, opts, object_id
            )
        title = self.opts.verbose_name
        message = f"{title} {pk} was merged into {title} {kept}."
        self.message_user(request, message.capitalize(), messages.INFO)
        return HttpResponseRedirect(change_address(self.model, kept))


def _begin_merging(
    page: Merging, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse | None:
    """Lead to the page that asks which record to keep (the action of the list)."""
    chosen = queryset.order_by("pk").values_list("pk", flat=True)[: MAX_MERGED + 1]
    ids = list(chosen)
    titles = page.opts.verbose_name_plural
    if len(ids) > MAX_MERGED:
        wrong = f"Select at most {MAX_MERGED} {titles} to merge at once."
    elif len(ids) < 2:
        wrong = f"Select at least two {titles}."
    else:
        query = urlencode({"ids": ",".join(map(str, ids))}, doseq=True)
        return HttpResponseRedirect(f"{address(page.model, 'merge')}?{query}")
    page.message_user(request, wrong, messages.WARNING)
    return None


def _parse_ids(text: str) -> list[int]:
    """Return the ids in a text, each once; ignore what cannot be an id."""
    ids = dict.fromkeys(int(one) for one in text.split(",") if is_id(one))
    return [*ids][: MAX_MERGED + 1]


def _message_of(error: RegistryError) -> str:
    """Return the message of a service for the page."""
    if isinstance(error, InvalidInput):
        return " ".join(" ".join(some) for some in error.fields.values())
    return error.detail
