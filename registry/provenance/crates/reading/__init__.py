"""Crates to import: opened, read, and registered."""

from registry.provenance.crates.reading.package import MetadataAlone, Package, open_zip
from registry.provenance.crates.reading.receiving import Received, receive

__all__ = ["MetadataAlone", "Package", "Received", "open_zip", "receive"]
