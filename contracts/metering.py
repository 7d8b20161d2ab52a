"""Meter data as metering sends it: day blocks of an account for reports, closing readings for accounts."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.message import Event, Id, Text
from contracts.topics import METERING_ANSWERS, METERING_READINGS, METERING_REQUESTS

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


class ClosingReadingAsked(Event, service="metering", topic=METERING_REQUESTS):
    """What stands on this account's register at the beginning of `day` in Riyadh? It is kept as closing reading."""

    asked_by: Id
    account_number: Id
    day: date


class ClosingReadingTaken(Event, service="metering", topic=METERING_ANSWERS):
    """The register in Wh at the beginning of `day`, measured."""

    asked_by: Id
    account_number: Id
    day: date
    register_wh: Annotated[int, Field(ge=0, le=10**15)]


class ClosingReadingReleased(Event, service="metering", topic=METERING_REQUESTS):
    """The closing reading is not needed after all: nothing was closed. No answer."""

    asked_by: Id
    account_number: Id
    day: date
