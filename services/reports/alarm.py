"""The alarm that a payment report does not reconcile (R2): an event in the logs that operators watch."""

from typing import Any

from contracts.reports_internal import MismatchAlarmed
from services.reports.payment_order import RaiseMismatchAlarm


async def raise_mismatch_alarm(log: Any, alarm: RaiseMismatchAlarm) -> MismatchAlarmed:
    """Say so once, with the report's id and the precise reason: no amount, no account."""
    log.error("report_does_not_reconcile", aggregate=f"report:{alarm.report_id}", reason=alarm.reason)
    return MismatchAlarmed(report_id=alarm.report_id)
