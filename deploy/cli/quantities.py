"""Numbers that are typed, as argparse's types. A ValueError: it is none."""


def seconds(text: str) -> float:
    """A length of time, in seconds or in what the option names."""
    value = float(text)
    if not 0 < value < 1e6:
        raise ValueError
    return value


def count(text: str) -> int:
    """So many, at least one."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value
