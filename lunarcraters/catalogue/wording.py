"""Numbers as people write them."""


def format_number(value: float, digits: int) -> str:
    """Write a number with so many digits that count and without an exponent, such as `12300`.

    Args:
        value: Number, 1e-4 or larger, or 0.
        digits: Number of its digits that are not rounded.
    """
    return f"{float(f'{value:.{digits}g}'):.15g}"
