"""The two languages in which Hesabi speaks to people (N3)."""

from enum import StrEnum


class Language(StrEnum):
    """ISO 639-1 code of a person's language (N3)."""

    ARABIC = "ar"
    ENGLISH = "en"
