"""Real processes on real servers, broken on purpose, and a ledger that must come out even: `python -m tests.chaos`."""
