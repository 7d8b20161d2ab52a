"""Which release this code is: an upgrade shows two of them side by side (docs/releasing.md)."""

from typing import Final

VERSION: Final = "0.2.0"
"""As in pyproject.toml, which does not travel with the code."""
