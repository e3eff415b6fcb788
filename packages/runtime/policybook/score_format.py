"""How scores are worded, as `packages/views` words them in notebooks; a test holds the two together."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

LONG_NUMBER = 1e9
"""From here on a number is written with an exponent: its zeros cannot be counted."""


def format_score(mean: float, low: float, high: float) -> str:
    """Returns `271.3 [262.0, 279.5]`: three digits of the interval's width; without a width, few."""
    digits = _choose_digits(mean, low, high)
    return f"{_format_fixed(mean, digits)} [{_format_fixed(low, digits)}, {_format_fixed(high, digits)}]"


def format_mean(mean: float) -> str:
    """Returns a mean without an interval, with five digits: `271.3`."""
    return _format_numeral(mean, 5)


def _format_numeral(value: float, digits: int) -> str:
    """Returns a number with so many significant digits, as `271.3` or `1.2346e+300`."""
    rounded = float(f"{value:.{digits - 1}e}")
    if abs(rounded) >= LONG_NUMBER:
        mantissa, _, exponent = f"{rounded:.{digits - 1}e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent):+d}"
    return f"{rounded:.15g}"


def _format_fixed(value: float, digits: int) -> str:
    """Returns a number with so many decimals; halves go away from zero, as in JavaScript.

    A long number is written with five digits and an exponent.
    """
    if abs(value) >= LONG_NUMBER:
        return _format_numeral(value, 5)
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def _choose_digits(mean: float, low: float, high: float) -> int:
    if high <= low:
        return 3 if 0 < abs(mean) < 1 else 1
    return min(6, max(0, 2 - math.floor(math.log10(high - low))))
