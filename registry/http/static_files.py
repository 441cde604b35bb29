"""Static files with a hash in their names, once they have been collected."""

from __future__ import annotations

from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class FastCompressor(Compressor):
    """Compresses nearly as small as can be, in a tenth of the time.

    A registry starts for the first time in seconds; the last two of Brotli's eleven
    levels would make that half a minute and save 5 %.
    """

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        """Return the data compressed at level 9."""
        return bytes(brotli.compress(data, quality=9))


class CollectedStaticFiles(CompressedManifestStaticFilesStorage):
    """Names files by their content, so that browsers may keep them for ever.

    Before the first `collectstatic` there are no such names: then the plain ones
    serve, so that tests and a first look need no preparation. Afterwards a name that
    is not among the collected files is an error.
    """

    def stored_name(self, name: str) -> str:
        """Return the name under which the file was collected."""
        if not self.hashed_files:
            return name
        return str(super().stored_name(name))

    def create_compressor(self, **options: Any) -> Compressor:
        """Return what compresses; source maps, for developers' tools, stay as is."""
        options["extensions"] = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
        return FastCompressor(**options)
