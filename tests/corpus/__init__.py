"""What earlier releases have stored and said, kept for ever: tomorrow's code must read it (law 13)."""
