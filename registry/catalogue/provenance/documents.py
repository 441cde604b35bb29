"""What the records of the catalogue are called in PROV documents and in crates."""

from __future__ import annotations

from registry.catalogue.models import (
    Author,
    CodeRepoRelease,
    DataProduct,
    ExternalObject,
    FileType,
    Namespace,
    Object,
)
from registry.catalogue.provenance.crates import describe_product, publish_product
from registry.catalogue.provenance.fetching import crate_objects, report_objects
from registry.catalogue.provenance.privacy import private_hashes
from registry.catalogue.provenance.rows import authors_of, name_of_object
from registry.core.graph import Term, TermKind
from registry.core.graph.files import CrateSubject
from registry.core.graph.mapping import Datatype, DocumentType, MappedField
from registry.core.graph.terms import UUID

_PROPERTY = TermKind.PROPERTY
_TITLE, _VERSION = ("dcterms:title",), ("dcat:hasVersion",)
_DESCRIPTION = ("dcterms:description",)

DATA_PRODUCT_DOCUMENT = DocumentType(
    model=DataProduct,
    entity_path=(DataProduct.object,),
    crate_subject=CrateSubject(describe=describe_product, publish=publish_product),
    prov_class="dcat:Dataset",
    fields=(
        MappedField(field=DataProduct.name, prov=_TITLE, crate=("name",)),
        MappedField(
            field=DataProduct.namespace,
            through=Namespace.name,
            term=Term(
                "namespace",
                _PROPERTY,
                "The name of the namespace that a data product is named in. With its "
                "title and its version it names the data product in full.",
                in_crates=True,
            ),
        ),
        MappedField(field=DataProduct.version, prov=_VERSION, crate=("version",)),
    ),
    crate_order=(DataProduct.name, DataProduct.version),
)
EXTERNAL_OBJECT_DOCUMENT = DocumentType(
    model=ExternalObject,
    entity_path=(ExternalObject.data_product, DataProduct.object),
    prov_class="dcat:Dataset",
    fields=(
        MappedField(field=ExternalObject.title, prov=_TITLE, crate=("name",)),
        MappedField(
            field=ExternalObject.release_date,
            prov=("dcterms:issued",),
            crate=("datePublished",),
            datatype=Datatype.MOMENT,
        ),
        MappedField(
            field=ExternalObject.version,
            prov=_VERSION,
            crate=("version",),
            is_read=False,
        ),
        MappedField(
            field=ExternalObject.identifier,
            prov=("dcterms:identifier",),
            crate=("identifier", "url"),
            datatype=Datatype.IDENTIFIER,
        ),
        MappedField(
            field=ExternalObject.alternate_identifier,
            term=Term(
                "alternate_identifier",
                _PROPERTY,
                "A name of an external object that is no URL.",
            ),
            crate=("identifier",),
            datatype=Datatype.PROPERTY_VALUE,
            kind_field=ExternalObject.alternate_identifier_type,
        ),
        MappedField(
            field=ExternalObject.alternate_identifier_type,
            term=Term(
                "alternate_identifier_type",
                _PROPERTY,
                "What kind of name the alternate identifier is, for example PMCID.",
            ),
        ),
        MappedField(
            field=ExternalObject.description, prov=_DESCRIPTION, crate=("description",)
        ),
        MappedField(
            field=ExternalObject.original_store,
            crate=("contentUrl",),
            datatype=Datatype.LOCATION,
        ),
        MappedField(
            field=ExternalObject.primary_not_supplement,
            term=Term(
                "primary_not_supplement",
                _PROPERTY,
                "Whether an external object is the primary source of its data product "
                "(true, also where nothing is said) or a supplement (false).",
                in_crates=True,
            ),
            datatype=Datatype.FLAG,
            implied=True,
        ),
    ),
    crate_order=(
        ExternalObject.title,
        ExternalObject.version,
        ExternalObject.description,
        ExternalObject.release_date,
        ExternalObject.identifier,
        ExternalObject.alternate_identifier,
        ExternalObject.primary_not_supplement,
    ),
)
RELEASE_DOCUMENT = DocumentType(
    model=CodeRepoRelease,
    entity_path=(CodeRepoRelease.object,),
    prov_class="dcmitype:Software",
    fields=(
        MappedField(field=CodeRepoRelease.name, prov=_TITLE, crate=("name",)),
        MappedField(
            field=CodeRepoRelease.version,
            prov=_VERSION,
            crate=("version",),
        ),
        MappedField(
            field=CodeRepoRelease.website,
            term=Term(
                "website", _PROPERTY, "The web page of a release of a code repository."
            ),
            crate=("url",),
        ),
    ),
)
FILE_TYPE_DOCUMENT = DocumentType(
    model=FileType,
    crate_class="WebSite",
    fields=(
        MappedField(field=FileType.name, prov=("dcterms:format",), crate=("name",)),
        MappedField(
            field=FileType.extension,
            term=Term(
                "extension",
                _PROPERTY,
                "The usual ending of the names of files in a format, without the dot: "
                "csv.",
                in_crates=True,
            ),
        ),
    ),
)
OBJECT_DOCUMENT = DocumentType(
    model=Object,
    agents=authors_of,
    crate_name=name_of_object,
    report_rows=report_objects,
    crate_rows=crate_objects,
    private_hashes=private_hashes,
    fields=(
        MappedField(
            field=Object.last_updated,
            prov=("dcterms:modified",),
            crate=("dateModified",),
            datatype=Datatype.MOMENT,
            is_read=False,
        ),
        MappedField(field=Object.storage_location, datatype=Datatype.LOCATION),
        MappedField(
            field=Object.description, prov=_DESCRIPTION, crate=("description",)
        ),
        MappedField(field=Object.file_type, nested=FILE_TYPE_DOCUMENT),
        MappedField(field=Object.uuid, term=UUID, datatype=Datatype.UUID),
    ),
    crate_order=(Object.description, Object.last_updated),
)


def author_class(author: Author) -> str:
    """Return what an author is in a crate: an organisation has a ROR."""
    is_organisation = (author.identifier or "").startswith("https://ror.org/")
    return "Organization" if is_organisation else "Person"


AUTHOR_DOCUMENT = DocumentType(
    model=Author,
    prov_class="prov:Person",
    crate_class=author_class,
    fields=(
        MappedField(
            field=Author.name,
            prov=(
                "foaf:name",
                "http://xmlns.com/foaf/0.1/name",
                "http://schema.org/name",
                "https://schema.org/name",
                "prov:label",
                "rdfs:label",
            ),
            crate=("name",),
        ),
        MappedField(
            field=Author.identifier,
            prov=("dcterms:identifier", "fair:identifier"),
            crate=("identifier",),
        ),
        MappedField(field=Author.uuid, term=UUID, datatype=Datatype.UUID),
    ),
)

#: All of them.
DOCUMENTS = (
    DATA_PRODUCT_DOCUMENT,
    EXTERNAL_OBJECT_DOCUMENT,
    RELEASE_DOCUMENT,
    FILE_TYPE_DOCUMENT,
    OBJECT_DOCUMENT,
    AUTHOR_DOCUMENT,
)
