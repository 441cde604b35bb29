"""The floor of each request type: its rows by hand-written SQL, without the API.

Each floor takes a psycopg connection and returns JSON like the API, with ids instead of
links. The statements are the fastest that their author could write; psycopg prepares
repeated ones.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row

Connection = psycopg.Connection[Any]
Floor = Callable[[Connection], bytes]

#: The columns to select from each row ``r``.
_COLUMNS = {
    "object": """
        r.id, r.last_updated, r.updated_by_id, r.storage_location_id, r.description,
        r.file_type_id, r.uuid,
        ARRAY(SELECT author_id FROM registry_object_authors
            WHERE object_id = r.id ORDER BY 1) AS authors,
        ARRAY(SELECT id FROM registry_objectcomponent
            WHERE object_id = r.id ORDER BY 1) AS components,
        ARRAY(SELECT id FROM registry_dataproduct
            WHERE object_id = r.id ORDER BY 1) AS data_products,
        (SELECT id FROM registry_codereporelease
            WHERE object_id = r.id) AS code_repo_release,
        (SELECT id FROM registry_qualitycontrolled
            WHERE object_id = r.id) AS quality_control,
        ARRAY(SELECT id FROM registry_licence
            WHERE object_id = r.id ORDER BY 1) AS licences,
        ARRAY(SELECT id FROM registry_keyword
            WHERE object_id = r.id ORDER BY 1) AS keywords
    """,
    "data_product": """
        r.id, r.last_updated, r.updated_by_id, r.namespace_id, r.name, r.version,
        r.object_id,
        (SELECT id FROM registry_externalobject
            WHERE data_product_id = r.id) AS external_object,
        EXISTS (SELECT FROM registry_objectcomponent
            WHERE object_id = r.object_id AND NOT whole_object) AS internal_format
    """,
    "code_run": """
        r.id, r.last_updated, r.updated_by_id, r.run_date, r.end_date, r.description,
        r.code_repo_id, r.model_config_id, r.submission_script_id, r.uuid,
        ARRAY(SELECT objectcomponent_id FROM registry_coderun_inputs
            WHERE coderun_id = r.id ORDER BY 1) AS inputs,
        ARRAY(SELECT objectcomponent_id FROM registry_coderun_outputs
            WHERE coderun_id = r.id ORDER BY 1) AS outputs
    """,
    "storage_location": """
        r.id, r.last_updated, r.updated_by_id, r.path, r.hash, r.public,
        r.storage_root_id
    """,
    "storage_root": """
        r.id, r.last_updated, r.updated_by_id, r.root, r.local,
        ARRAY(SELECT id FROM registry_storagelocation
            WHERE storage_root_id = r.id ORDER BY 1 DESC LIMIT 100) AS locations
    """,
}
_TABLES = {
    "object": "registry_object",
    "data_product": "registry_dataproduct",
    "code_run": "registry_coderun",
    "storage_location": "registry_storagelocation",
    "storage_root": "registry_storageroot",
}
_CSV = f"""
    COPY (SELECT id, last_updated, updated_by_id, storage_location_id, description,
        file_type_id, array_to_string(authors, ' '), uuid,
        array_to_string(components, ' '), array_to_string(data_products, ' '),
        code_repo_release, quality_control, array_to_string(licences, ' '),
        array_to_string(keywords, ' ')
        FROM (SELECT {_COLUMNS["object"]} FROM registry_object r ORDER BY r.id DESC)
        AS shown)
    TO STDOUT (FORMAT csv, HEADER)
"""


def select_page(
    kind: str,
    where: str = "",
    parameters: Sequence[Any] = (),
    *,
    after: int | None = None,
    order: str = "id DESC",
) -> Floor:
    """Return a floor that selects the newest hundred matching rows and counts all.

    The page begins after the id ``after``. All rows of a table are counted by the notes
    of its triggers, which is the cheapest exact way.
    """
    count = f"SELECT count(*) AS count FROM {_TABLES[kind]} {where}"
    if not where:
        count = (
            "SELECT sum(present)::bigint AS count FROM registry_rowchange "
            f"WHERE name = '{_TABLES[kind]}'"
        )
    given = list(parameters)
    if after is not None:
        where = f"{where} {'AND' if where else 'WHERE'} id < %s"
        given.append(after)
    # aggregate lists only for the rows of the page, whatever the order is
    rows = f"""
        SELECT {_COLUMNS[kind]} FROM (
            SELECT * FROM {_TABLES[kind]} {where} ORDER BY {order} LIMIT 100
        ) AS r ORDER BY {order}
    """

    def fetch(connection: Connection) -> bytes:
        with connection.cursor(row_factory=dict_row) as cursor:
            number = cursor.execute(count, parameters).fetchone()
            results = cursor.execute(rows, given).fetchall()
        total = number["count"] if number else 0
        return orjson.dumps({"count": total, "results": results})

    return fetch


def select_record(kind: str, pk: int) -> Floor:
    """Return a floor that selects one record."""
    statement = f"SELECT {_COLUMNS[kind]} FROM {_TABLES[kind]} AS r WHERE id = %s"

    def fetch(connection: Connection) -> bytes:
        with connection.cursor(row_factory=dict_row) as cursor:
            return orjson.dumps(cursor.execute(statement, [pk]).fetchone())

    return fetch


def copy_objects_as_csv(connection: Connection) -> bytes:
    """Return all objects as CSV, written by the database."""
    with connection.cursor() as cursor, cursor.copy(_CSV) as copy:
        return b"".join(bytes(block) for block in copy)


def insert_keywords(rows: Sequence[tuple[int, str]], user: int) -> Floor:
    """Return a floor that inserts keywords; a row is an object's id and a phrase."""
    objects = [item for item, _ in rows]
    phrases = [phrase for _, phrase in rows]

    def insert(connection: Connection) -> bytes:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO registry_keyword (object_id, keyphrase, registered_by_id, "
                "updated_by_id, last_updated) SELECT *, %s, %s, now() "
                "FROM unnest(%s::bigint[], %s::text[]) RETURNING id",
                [user, user, objects, phrases],
            )
            return _insert_returned_events(cursor, "keyword", user)

    return insert


def insert_objects(rows: Sequence[tuple[str, int, int]], user: int) -> Floor:
    """Return a floor that inserts objects with their whole-object components.

    A row is a description and the ids of a file type and of an author.
    """
    texts, types, authors = (list(column) for column in zip(*rows, strict=True))
    uuids = [uuid.uuid4() for _ in rows]

    def insert(connection: Connection) -> bytes:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO registry_object (description, file_type_id, uuid, "
                "registered_by_id, updated_by_id, last_updated) "
                "SELECT *, %s, %s, now() "
                "FROM unnest(%s::text[], %s::bigint[], %s::uuid[]) RETURNING id",
                [user, user, texts, types, uuids],
            )
            ids = [row[0] for row in cursor]
            _insert_events(cursor, "object", ids, user)
            cursor.execute(
                "INSERT INTO registry_object_authors (object_id, author_id) "
                "SELECT * FROM unnest(%s::bigint[], %s::bigint[])",
                [ids, authors],
            )
            cursor.execute(
                "INSERT INTO registry_objectcomponent (object_id, name, whole_object, "
                "registered_by_id, updated_by_id, last_updated) "
                "SELECT *, 'whole_object', true, %s, %s, now() "
                "FROM unnest(%s::bigint[]) RETURNING id",
                [user, user, ids],
            )
            return _insert_returned_events(cursor, "object_component", user)

    return insert


def insert_run(
    description: str, script: int, inputs: list[int], outputs: list[int], user: int
) -> Floor:
    """Return a floor that inserts a code run with its inputs and outputs."""
    key = uuid.uuid4()

    def insert(connection: Connection) -> bytes:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO registry_coderun (run_date, description, "
                "submission_script_id, uuid, registered_by_id, updated_by_id, "
                "last_updated) VALUES (now(), %s, %s, %s, %s, %s, now()) RETURNING id",
                [description, script, key, user, user],
            )
            ids = [row[0] for row in cursor]
            for table, components in (("inputs", inputs), ("outputs", outputs)):
                cursor.execute(
                    f"INSERT INTO registry_coderun_{table} "
                    "(coderun_id, objectcomponent_id) SELECT %s, unnest(%s::bigint[])",
                    [ids[0], components],
                )
            _insert_events(cursor, "code_run", ids, user)
            return orjson.dumps(ids)

    return insert


def _insert_returned_events(cursor: psycopg.Cursor[Any], kind: str, user: int) -> bytes:
    """Insert the events of the rows that the last statement returned."""
    ids = [row[0] for row in cursor]
    _insert_events(cursor, kind, ids, user)
    return orjson.dumps(ids)


def _insert_events(
    cursor: psycopg.Cursor[Any], kind: str, ids: Sequence[int], user: int
) -> None:
    cursor.execute(
        "INSERT INTO registry_event (kind, record_id, action, by_id, client, address, "
        "at, changes, subject, detail) SELECT %s, unnest(%s::bigint[]), 'created', %s, "
        "'bench', '127.0.0.1', now(), '{}', '', '{}'",
        [kind, list(ids), user],
    )
