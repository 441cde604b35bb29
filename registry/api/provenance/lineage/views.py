"""What a record was made from, what was made with it, and what would change."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from csp.decorators import csp_replace
from django.urls import reverse
from rest_framework.exceptions import NotAcceptable
from rest_framework.response import Response

from registry.api.base.browsable import RecordBrowsableRenderer
from registry.api.base.renderers import RecordJSONRenderer
from registry.api.provenance.documents import DocumentView
from registry.api.provenance.lineage import schema
from registry.api.provenance.lineage.renderers import (
    EdgesCSVRenderer,
    NodeLinkRenderer,
    ProductsCSVRenderer,
    SVGRenderer,
)
from registry.api.provenance.lineage.shapes import impact_shape, lineage_shape
from registry.core.graph import Direction
from registry.http.lineage import LineageParameters
from registry.provenance.captions import captions_of
from registry.provenance.drawing import drawing_of, svg_of
from registry.provenance.impact import impact
from registry.provenance.lineage import Lineage, Node, lineage, root_of
from registry.provenance.picture import NoGraphviz
from registry.provenance.style import style_sheet

if TYPE_CHECKING:
    from rest_framework.request import Request


@cache
def _picture_policy() -> dict[str, list[str]]:
    """Allow the one style sheet of a picture that a browser shows by itself."""
    digest = hashlib.sha256(style_sheet().encode()).digest()
    encoded = base64.b64encode(digest).decode()
    return {"style-src": [f"'sha256-{encoded}'"]}


class LineageView(DocumentView):
    """What a record was made from, and what was made with it, at any depth.

    Nodes are records: code runs, and the objects that these used and generated, each
    as the data products that it is. Edges have the direction of W3C PROV: a run
    `used` an object, and an object `wasGeneratedBy` a run.
    """

    parameters = ("direction", "depth", "format")
    renderer_classes = (
        RecordJSONRenderer,
        RecordBrowsableRenderer,
        EdgesCSVRenderer,
        NodeLinkRenderer,
        SVGRenderer,
    )

    @schema.lineage
    def get(self, request: Request, endpoint: str, pk: int) -> Response:
        """Return the lineage of a data product, object, code run or external object.

        `depth` counts code runs. `truncated` is true where there is more than 5,000
        nodes, or very many edges; the nearest are kept, and `stopped_at` has the nodes
        whose links lead on. `format=node-link` is for graph libraries, `csv` has the
        edges, and `svg` is a picture of what is nearest to the record.
        """
        asked = LineageParameters(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = lineage(
            root_of(endpoint, pk),
            direction=Direction(asked.validated_data["direction"]),
            depth=asked.validated_data["depth"],
        )
        if isinstance(request.accepted_renderer, SVGRenderer):
            # its decorators are made for views, and serve any function
            draw: Any = csp_replace(_picture_policy())(cast("Any", self._picture))
            return cast("Response", draw(found))
        return Response(lineage_shape(found, captions_of(found), self.base))

    def _picture(self, found: Lineage) -> Response:
        captions = captions_of(found)
        drawing = drawing_of(found, captions, url_of=self._page_of)
        root = captions.of.get(found.root)
        title = f"Lineage of {root.label if root else found.root.key}"
        try:
            picture = svg_of(drawing, title=title, alone=True)
        except NoGraphviz as error:
            raise NotAcceptable(error.detail) from error
        return Response(picture)

    def _page_of(self, node: Node) -> str:
        """Return the address of a node's page, with the host: pictures go elsewhere."""
        path = reverse(f"web:{node.kind}", args=[node.id])
        return self.request.build_absolute_uri(path)


class ImpactView(DocumentView):
    """What would change if a record did, and what is known to be wrong behind it."""

    parameters = ("format",)
    renderer_classes = (
        RecordJSONRenderer,
        RecordBrowsableRenderer,
        ProductsCSVRenderer,
    )

    @schema.impact
    def get(self, request: Request, endpoint: str, pk: int) -> Response:
        """Return every data product that was made with a record, at any depth.

        Those that are the newest version of their name are marked. Each has the
        quality issues with anything on a way to it; `upstream` has the issues with
        the record itself and anything that it was made from. An issue is open as long
        as it is attached to a component.
        """
        return Response(impact_shape(impact(root_of(endpoint, pk)), self.base))
