"""How sensitive outputs are, from those that never leave their backend to public ones.

The names are those of OpenSAFELY's project files.
"""

from __future__ import annotations

from typing import Final

HIGHLY: Final = "highly_sensitive"
MODERATELY: Final = "moderately_sensitive"
MINIMALLY: Final = "minimally_sensitive"
#: The most sensitive comes first.
LEVELS: Final = (HIGHLY, MODERATELY, MINIMALLY)
