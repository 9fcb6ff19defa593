"""Names of the rules for craters on the edge of an area, which the command line lists."""

from typing import Literal, get_args

from lunarcraters.errors import OptionError, check_choice

EdgeName = Literal["centre", "fractions", "buffered"]
"""Craters with their centre inside count; or each for its part inside; or all that touch the area,
on ground that is wider by their radius."""

EDGE_NAMES: tuple[EdgeName, ...] = get_args(EdgeName)


def check_edge(edge: str, *, has_areas: bool) -> None:
    """Check the name of a rule, and that there are edges for it.

    Args:
        edge: Name of the rule.
        has_areas: True where areas are given, False for all the ground that was searched.

    Raises:
        OptionError: There is no such rule, or no area on whose edge it could decide.
    """
    check_choice("edge", edge, EDGE_NAMES)
    if edge != "centre" and not has_areas:
        raise OptionError(
            f"--edge {edge} is for craters on the edge of an area, and none is given: give --area "
            "too, or leave out --edge"
        )
