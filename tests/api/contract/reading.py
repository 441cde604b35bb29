"""Lists and records: what they show, in which form."""

from __future__ import annotations

import json
import re
from typing import Any

from django.db import models

from tests.api.client import (
    HOST,
    content_of,
    data_of,
    path_of,
    revision_of,
    rows_of,
    state_of,
)
from tests.api.contract.base import Contract, id_of

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


class Reading(Contract):
    """A list and its records."""

    def test_a_list_is_an_envelope_with_the_newest_first(self) -> None:
        records = [self.make() for _ in range(3)]
        page = data_of(self.reader.get(self.list_path))
        assert list(page) == ["count", "next", "previous", "results"]
        newest = [id_of(record["url"]) for record in page["results"][:3]]
        ids = self.model()._default_manager.order_by("-pk").values_list("pk", flat=True)
        assert newest == list(ids[:3])
        assert {record.pk for record in records} <= set(ids)
        assert page["count"] == self.count()

    def test_a_page_has_100_records_unless_asked_otherwise(self) -> None:
        for _ in range(3):
            self.make()
        api = self.reader
        assert data_of(api.get(self.list_path))["next"] is None
        page = data_of(api.get(self.list_path, {"page_size": 2}))
        assert len(page["results"]) == 2
        assert page["count"] == self.count()

    def test_pages_are_walked_to_the_end_and_back_while_records_are_added(
        self,
    ) -> None:
        wanted = [self.make().pk for _ in range(5)]
        api = self.reader
        before = self.count()
        first = page = data_of(api.get(self.list_path, {"page_size": 2}))
        seen, pages = _ids(page), [page]
        while page["next"]:
            self.make()
            page = data_of(api.get(page["next"]))
            pages.append(page)
            seen += _ids(page)
        assert [pk for pk in seen if pk in wanted] == wanted[::-1]
        assert len(seen) == len(set(seen)) == before
        assert page["count"] == self.count() > before
        for earlier in reversed(pages[:-1]):
            page = data_of(api.get(page["previous"]))
            assert page["results"] == earlier["results"]
        # what was added meanwhile is before the page that once was the first
        assert first["previous"] is None
        assert page["previous"] is not None

    def test_a_page_size_that_is_none_is_refused(self) -> None:
        api = self.reader
        for size in ("0", "1001", "-1", "ten", "1.5", "00000000001001"):
            answer = api.get(self.list_path, {"page_size": size})
            assert list(data_of(answer, 400)) == ["page_size"], size

    def test_a_bad_cursor_is_not_found(self) -> None:
        api = self.reader
        for cursor in ("x", "🐧", "WzAsMSwyXQ", "WzBd", "bnVsbA", "WyIwIl0"):
            answer = api.get(self.list_path, {"cursor": cursor})
            assert data_of(answer, 404) == {"detail": "Invalid cursor"}, cursor

    def test_a_record_has_exactly_the_fields_of_the_contract(self) -> None:
        record = self.make()
        self.surround(record)
        answer = self.reader.get(path_of(record))
        shown = data_of(answer)
        assert set(shown) == self.shown_fields()
        assert shown["url"] == f"{HOST}{path_of(record)}"
        assert shown["url"].count("api/") == 1

    def test_every_field_of_a_full_record_has_a_value(self) -> None:
        record = self.make()
        self.surround(record)
        shown = data_of(self.reader.get(path_of(record)))
        empty = [name for name, value in shown.items() if value in (None, [], "")]
        assert set(empty) <= {"withdrawn"}

    def test_a_list_shows_a_record_as_the_record_itself(self) -> None:
        record = self.make()
        self.surround(record)
        api = self.reader
        results = data_of(api.get(self.list_path, {"page_size": 1000}))["results"]
        shown = data_of(api.get(path_of(record)))
        assert [one for one in results if one["url"] == shown["url"]] == [shown]

    def test_times_are_utc_with_a_z(self) -> None:
        record = self.make()
        self.surround(record)
        shown = data_of(self.reader.get(path_of(record)))
        times = [n for n in shown if isinstance(self.field(n), models.DateTimeField)]
        assert [n for n in times if not _TIME.fullmatch(shown[n])] == []
        assert not {"last_updated"} & set(shown) - set(times)

    def test_a_record_that_is_not_there_is_not_found(self) -> None:
        for path in ("0/", "999999999999999999/", "99999999999999999999/", "abc/"):
            answer = self.reader.get(f"{self.list_path}{path}")
            assert list(data_of(answer, 404)) == ["detail"]

    def test_links_follow_the_host_of_the_request(self) -> None:
        record = self.make()
        self.surround(record)
        api = self.reader
        text = content_of(api.get(path_of(record))).decode()
        other = content_of(api.get(path_of(record), host="localhost:8123")).decode()
        assert other == text.replace(HOST, "http://localhost:8123")

    def test_a_missing_slash_is_redirected_on_get(self) -> None:
        path = path_of(self.make())
        answer = self.reader.get(f"{path.rstrip('/')}?omit=url")
        assert answer.status_code == 301
        assert answer["Location"] == f"{path}?omit=url"

    # --- choosing fields -------------------------------------------------------------

    def test_fields_and_omit_choose_what_is_shown(self) -> None:
        record = self.make()
        api = self.reader
        full = data_of(api.get(path_of(record)))
        for name in full:
            chosen = data_of(api.get(path_of(record), {"fields": name}))
            assert chosen == {name: full[name]}
            rest = data_of(api.get(path_of(record), {"omit": name}))
            assert rest == {key: full[key] for key in full if key != name}

    def test_lists_are_chosen_from_likewise(self) -> None:
        self.make()
        query = {"fields": ",".join(sorted(self.shown_fields())), "omit": "url"}
        page = data_of(self.reader.get(self.list_path, query))
        assert set(page["results"][0]) == self.shown_fields() - {"url"}

    def test_a_field_that_is_none_is_refused(self) -> None:
        api = self.reader
        for path in (self.list_path, path_of(self.make())):
            for parameter in ("fields", "omit"):
                answer = api.get(path, {parameter: "url,nonsense"})
                [message] = data_of(answer, 400)[parameter]
                assert message.startswith("nonsense: choose from url, ")

    # --- forms -----------------------------------------------------------------------

    def test_csv_has_all_pages_and_the_same_values(self) -> None:
        self.surround(self.make())
        for empty in self.empties():
            self.make(**empty)
        api = self.reader
        answer = api.get(self.list_path, {"format": "csv", "page_size": 1})
        assert answer.streaming
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert f'filename="{self.endpoint}.csv"' in answer["Content-Disposition"]
        page = data_of(api.get(self.list_path, {"page_size": 1000}))
        assert rows_of(answer) == [_as_row(record) for record in page["results"]]

    def test_csv_is_chosen_by_the_accept_header_as_well(self) -> None:
        record = self.make()
        api = self.reader
        for path in (self.list_path, path_of(record)):
            [row, *_] = rows_of(api.get(path, accept="text/csv"))
            assert set(row) == self.shown_fields()

    def test_csv_is_filtered_and_chosen_from(self) -> None:
        [first, *_] = [self.make() for _ in range(3)]
        query = {"format": "csv", "fields": "url", "ordering": "id"}
        rows = rows_of(self.reader.get(self.list_path, query))
        assert len(rows) == self.count()
        assert {"url": f"{HOST}{path_of(first)}"} in rows

    def test_an_unknown_format_is_not_found(self) -> None:
        for path in (self.list_path, path_of(self.make())):
            assert data_of(self.reader.get(path, {"format": "xml"}), 404)

    def test_what_cannot_be_accepted_is_said_so(self) -> None:
        answer = self.reader.get(self.list_path, accept="image/png")
        assert list(data_of(answer, 406)) == ["detail"]

    def test_json_is_the_default(self) -> None:
        for accept in ("*/*", "application/json; version=1.0.0"):
            data_of(self.reader.get(self.list_path, accept=accept))

    def test_a_browser_is_given_a_page(self) -> None:
        record = self.make()
        self.surround(record)
        for path in (self.list_path, path_of(record)):
            answer = self.reader.get(path, accept="text/html,*/*;q=0.8")
            assert answer.status_code == 200
            assert answer["Content-Type"].startswith("text/html")
            assert f"{HOST}{path_of(record)}" in answer.content.decode()

    def test_a_record_has_an_entity_tag_of_its_state(self) -> None:
        record = self.make()
        answer = self.reader.get(path_of(record))
        if hasattr(record, "last_updated"):
            assert state_of(answer) == revision_of(record)
        else:
            # accounts have no revisions
            assert "." not in answer["ETag"]


def _ids(page: dict[str, Any]) -> list[int]:
    return [id_of(record["url"]) for record in page["results"]]


def _as_row(record: dict[str, Any]) -> dict[str, str]:
    return {name: _as_cell(value) for name, value in record.items()}


def _as_cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            return " ".join(_as_cell(item) for item in value)
        case dict():
            return json.dumps(value, separators=(",", ":"))
    return str(value)
