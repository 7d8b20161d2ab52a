"""Values with a meaning of their own.

Text from outside is judged here: the answer is a value or `Rejected`, never an exception.
"""
