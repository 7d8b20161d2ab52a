"""Meter data as metering sends it: one day block of one account."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.message import Event, Id, Text
from contracts.topics import METERING_READINGS

Quality = Literal["measured", "estimated", "raw", "corrected"]

MAX_INTERVALS = 1440
"""A day of one-minute intervals."""


class IntervalReadings(Event, service="metering", topic=METERING_READINGS):
    """The readings of one Riyadh day (UTC+3): `energy_wh[i]` is the energy in Wh of the interval that starts `i *
    interval_seconds` after the day's midnight; null is a gap, not a zero (R5). `version` counts from 1: a higher one
    corrects the day (R6)."""

    account_number: Id
    day: date
    version: Annotated[int, Field(ge=1, le=1000)]
    interval_seconds: Annotated[int, Field(ge=60, le=86400)]
    energy_wh: Annotated[
        tuple[Annotated[int, Field(ge=0, le=10**12)] | None, ...], Field(min_length=1, max_length=MAX_INTERVALS)
    ]
    quality: Quality
    source_note: Text
