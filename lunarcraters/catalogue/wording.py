"""Numbers as people write them."""


def format_number(value: float, digits: int) -> str:
    """Write a number with so many digits that count and without an exponent, such as `12300`.

    Args:
        value: Number, 1e-4 or larger, or 0.
        digits: Number of its digits that are not rounded.
    """
    return f"{float(f'{value:.{digits}g}'):.15g}"


def format_area(km2: float, decimals: int = 1) -> str:
    """Write an area, km^2, such as `1,998.7`, or with four digits below 100, such as `0.16`.

    Args:
        km2: Area, km^2.
        decimals: Number of its decimals from 100 on.
    """
    return f"{km2:,.{decimals}f}" if km2 >= 100.0 else format_number(km2, 4)
