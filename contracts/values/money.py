"""Money in halalas, the hundredth part of a Saudi riyal: whole numbers only, so that nothing is lost or invented."""

from typing import NewType

Halalas = NewType("Halalas", int)

HALALAS_A_RIYAL = 100
BASIS_POINTS_OF_WHOLE = 10_000


def riyals(amount: int) -> str:
    """`1,234.05`: halalas as riyals, without the currency. Amounts are not negative; a sign is the caller's."""
    return f"{amount // HALALAS_A_RIYAL:,}.{amount % HALALAS_A_RIYAL:02d}"


def round_half_up(numerator: int, denominator: int) -> int:
    """The whole number nearest to a fraction; a half goes away from zero, so that a credit undoes its charge exactly.

    Raises ValueError for a denominator below 1.
    """
    if denominator < 1:
        raise ValueError("a fraction is rounded over a positive denominator")
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -size if numerator < 0 else size


def vat_on(net: Halalas, rate_basis_points: int) -> Halalas:
    """The tax on a net amount, rounded half up to the halala. 15 % is 1500 basis points; rates are R7's table."""
    return Halalas(round_half_up(net * rate_basis_points, BASIS_POINTS_OF_WHOLE))
