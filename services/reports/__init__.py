"""Reports on what a supply used and what that costs: the numbers, the words, the paper (R1, R4, R5, R7)."""
