"""Names of the matching rules, apart from the libraries that the rules need."""

from typing import Literal, get_args

RuleName = Literal["circle", "box", "deepmoon", "deepmoon-strict", "offset"]
"""Name of a rule in `evaluation.rules.RULES`."""

RULE_NAMES: tuple[RuleName, ...] = get_args(RuleName)
"""All names, in the order of `evaluation.rules.RULES`."""
