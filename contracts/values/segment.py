"""Whom a registration is for (I1)."""

from enum import StrEnum
from typing import Literal

from contracts.values.rejected import Rejected

SegmentReason = Literal["segment-unknown"]


class Segment(StrEnum):
    """A registration states one of these (I1)."""

    INDIVIDUAL = "individual"
    BUSINESS = "business"


def parse_segment(text: str) -> Segment | Rejected[SegmentReason]:
    """The segment of exactly this code."""
    try:
        return Segment(text)
    except ValueError:
        return Rejected("segment-unknown")
