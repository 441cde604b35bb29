"""RO-Crates of records, to download and to import; and how external data came in."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from django.conf import settings
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from rest_framework.response import Response

from registry.api.base.browsable import RecordBrowsableRenderer
from registry.api.base.renderers import RecordJSONRenderer
from registry.api.base.views import PlainView
from registry.api.provenance.crates import schema as openapi
from registry.api.provenance.crates.formats import (
    METADATA_TYPES,
    PARSERS,
    ZipRenderer,
    package_in,
)
from registry.api.provenance.crates.parameters import CrateParameters
from registry.api.provenance.documents import DocumentView, JSONLDRenderer
from registry.catalogue.files import valid_file_name
from registry.catalogue.models import DataProduct
from registry.catalogue.provenance.rows import supplement_of
from registry.core.errors import NotFound
from registry.core.links import kind_of
from registry.http.bodies import reject_encoded_body
from registry.http.permissions import SignedIn
from registry.provenance.crates.reading import receive
from registry.provenance.crates.terms import METADATA, PREVIEW
from registry.provenance.crates.writing import (
    Content,
    Subject,
    load,
    metadata_of,
    preview_of,
    stream_zip,
)
from registry.runs.models import CodeRun
from registry.storage.services import get_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rest_framework.request import Request

    from registry.core.graph.files import FileOnDisk
    from registry.core.models import Record
    from registry.provenance.crates.reading import Received


class CrateView(DocumentView):
    """What crates of all kinds of records have in common."""

    kind: ClassVar[type[Subject]]
    links: ClassVar[tuple[str, ...]] = ()
    #: What the id in the address is of.
    named_by: ClassVar[str] = "pk"
    #: What people call that.
    title: ClassVar[str]
    schema = openapi.CrateSchema()
    parameters = ("depth", "format")
    renderer_classes = (
        RecordJSONRenderer,
        RecordBrowsableRenderer,
        JSONLDRenderer,
        ZipRenderer,
    )

    def answer(self, request: Request, pk: int) -> Any:
        """Answer with the crate of a record."""
        depth = CrateParameters.read(request.query_params)
        rows = self.kind._default_manager.select_related(*self.links)
        subject = rows.filter(**{self.named_by: pk}).first()
        if subject is None:
            raise NotFound(f"{self.title} {pk} does not exist.")
        content = load(subject, depth=depth, user=request.user)
        if isinstance(request.accepted_renderer, ZipRenderer):
            return _zip(content)
        return Response(metadata_of(content, url_of=_url_of, packed=False))


class DataProductCrateView(CrateView):
    """RO-Crates of data products: how each was made, with the files."""

    kind = DataProduct
    title = "data product"
    links = ("namespace", "object")

    @openapi.download
    def get(self, request: Request, id: str) -> Any:  # noqa: A002
        """Hand out the RO-Crate of a data product.

        RO-Crate 1.1 with the profile Process Run Crate: the product, and the runs that
        it came from. As a zip it has the files in it that the registry holds and you
        may have; of others, and in JSON of all, there are links.
        """
        return self.answer(request, int(id))


class CodeRunCrateView(CrateView):
    """RO-Crates of code runs: what each read and wrote, with the files."""

    kind = CodeRun
    title = "code run"

    @openapi.download
    def get(self, request: Request, id: str) -> Any:  # noqa: A002
        """Hand out the RO-Crate of a code run.

        RO-Crate 1.1 with the profile Process Run Crate: the run, and those that its
        inputs came from. As a zip it has the files in it that the registry holds and
        you may have; of others, and in JSON of all, there are links.
        """
        return self.answer(request, int(id))


class ModelRunCrateView(CrateView):
    """RO-Crates of model runs: what each read and wrote, by which agreement."""

    kind = CodeRun
    named_by = "model_run"
    title = "model run"

    @openapi.download
    def get(self, request: Request, id: str) -> Any:  # noqa: A002
        """Hand out the RO-Crate of a model run.

        That is the crate of its code run, which describes the model run as well: its
        modeller, its workflow template, its study and its annotations.
        """
        return self.answer(request, int(id))


class CratesView(PlainView):
    """Takes RO-Crates, whoever wrote them, and registers what they say.

    A zip (`application/zip`, or the file `crate` of a form), or the metadata file
    alone where all files are elsewhere (`application/json`, `application/ld+json`).
    """

    permission_classes = (SignedIn,)
    parser_classes = PARSERS
    streams_body = True
    accepts_files = True
    # a crate costs as much on its way in as on its way out
    is_export = True
    parameters = ("format",)

    @openapi.take_in
    def post(self, request: Request) -> Response:
        """Register an RO-Crate: all that it says and has, or nothing.

        It is of the profile Process Run Crate, such as workflow engines write, or one
        that a registry handed out. Actions become code runs, files objects, whose bytes
        go into the store, people authors. What is on record already is used as it is:
        200 says that nothing was new. What is wrong is told by its place in the crate.
        """
        reject_encoded_body(request._request)
        if request.content_type in METADATA_TYPES:
            self.hold_large_body(request._request)
        with package_in(request) as package:
            received = receive(package, by=self.user)
        is_new = bool(received.registered or received.files)
        return Response(self._shape(received), status=201 if is_new else 200)

    def _shape(self, received: Received) -> dict[str, Any]:
        """Say what became of the crate."""
        return {
            "records": {
                name: self._address(record) for name, record in received.records.items()
            },
            "registered": [self._address(record) for record in received.registered],
            "left_out": [asdict(part) for part in received.left_out],
            "files": received.files,
        }

    def _address(self, record: Record) -> str:
        return f"{self.base}{record.kind}/{record.pk}/"


class DataExtractionView(PlainView):
    """How the data of external objects came in, where they are supplements."""

    schema = openapi.ExtractionSchema()
    parameters = ("format",)

    @openapi.extraction
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """Tell how the data of an external object came in.

        There is something to tell of a data product whose external object is a
        supplement; of others the answer is 404.
        """
        external = supplement_of(int(id))
        if external is None:
            raise NotFound("DataProduct was not derived from an external object")
        return Response(
            {
                "id": f"{self.base}data_extraction/{id}",
                "name": f"data extraction {id}",
                "startTime": external.data_product.last_updated,
                "description": "import/extract data from an external source",
                "data_product": f"{self.base}data_product/{id}",
                "external_product": f"{self.base}external_object/{external.pk}",
            }
        )


def _url_of(record: Any) -> str:
    """Name a record for as long as there is the registry, without a last slash."""
    return f"{settings.REGISTRY_URL}/api/{record.kind}/{record.pk}"


def _zip(content: Content) -> StreamingHttpResponse:
    """Stream a crate with its files."""
    metadata = metadata_of(content, url_of=_url_of, packed=True)
    texts = {
        METADATA: orjson.dumps(metadata, option=orjson.OPT_INDENT_2),
        PREVIEW: preview_of(metadata, content.packed).encode(),
    }
    response = StreamingHttpResponse(
        stream_zip(texts, _files(content), get_store()), content_type="application/zip"
    )
    name = valid_file_name(
        f"{kind_of(type(content.subject))}-{content.subject.pk}", "zip"
    )
    response["Content-Disposition"] = str(content_disposition_header(True, name))
    # what is in it depends on who asks
    response["Cache-Control"] = "private, no-cache"
    return response


def _files(content: Content) -> Iterator[tuple[str, str | FileOnDisk]]:
    """Yield the paths of files in the zip: with SHA-1s of the store, or on the disk."""
    for pk, path in content.packed.items():
        file = content.records.file_of(content.records.things[pk])
        if pk in content.on_disk:
            yield path, content.on_disk[pk]
        elif file is not None:
            yield path, file.sha1
