"""The reference number that a command will have if it succeeds (A20)."""

from dataclasses import dataclass

from contracts.decision import Facts


@dataclass(frozen=True, slots=True)
class ReferenceFacts(Facts):
    """`reference` follows from the command's id alone: deciding again gives the same number."""

    reference: str
