"""What holds for every case that the back office works on, a customer's request or a conflict (A10, A15-A17)."""

from datetime import timedelta

TELL_AGAIN_AFTER = timedelta(days=7)
"""A case lies on its topic for 14 days: a back office that has been silent for 7 is told again (ours)."""
