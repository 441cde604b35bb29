"""Crates to download: what is in one, its metadata, its zip."""

from registry.provenance.crates.writing.archive import stream_zip
from registry.provenance.crates.writing.content import Content, Subject, load
from registry.provenance.crates.writing.metadata import metadata_of
from registry.provenance.crates.writing.preview import preview_of

__all__ = ["Content", "Subject", "load", "metadata_of", "preview_of", "stream_zip"]
