"""A text of the reports in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """One text in both languages with the same `{placeholders}`."""

    en: str
    ar: str
