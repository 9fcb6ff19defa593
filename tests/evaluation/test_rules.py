import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.evaluation.rules import RULES, OffsetRule, OverlapRule


def judge(rule, dx, dy, detected, reference, box=None):
    box = np.array([[reference, reference]] if box is None else [box], float)
    return rule.quality(
        np.array([[dx, dy]], float), np.array([detected], float), np.array([reference], float), box
    )[0]


def test_box_iou_by_hand():
    # 10 x 10 boxes 5 apart share 50 of 150; shifted by (2, 2) they share 64 of 136.
    assert judge(OverlapRule("box", 0.3), 5, 0, 10, 10) == pytest.approx(1 / 3)
    assert judge(OverlapRule("box", 0.3), 2, -2, 10, 10) == pytest.approx(64 / 136)
    assert np.isnan(judge(OverlapRule("box", 0.5), 2, -2, 10, 10))
    # Against the label's own box, 20 wide and 5 tall: 10 x 5 shared of 100 + 100 - 50.
    assert judge(OverlapRule("box", 0.3), 0, 0, 10, 10, (20, 5)) == pytest.approx(1 / 3)
    assert np.isnan(judge(OverlapRule("box", 0.01), 10, 0, 10, 10))

    # 10 x 5 shared of 100 + 50 - 50: as much as is asked for is enough.
    assert judge(OverlapRule("box", 0.5), 0, 0, 10, 10, (10, 5)) == 0.5


def test_circle_iou_by_hand():
    assert judge(OverlapRule("circle"), 0, 0, 10, 10) == 1
    assert judge(OverlapRule("circle", 0.25), 0, 1, 10, 20) == pytest.approx(0.25)
    assert np.isnan(judge(OverlapRule("circle"), 0, 0, 10, 20))


def test_deepmoon_by_hand():
    # Radii 10 and 10: 13.4^2 / 10^2 = 1.7956 < 1.8 < 13.42^2 / 10^2.
    assert judge(RULES["deepmoon"], 13.4, 0, 20, 20) == pytest.approx(-1.7956)
    assert np.isnan(judge(RULES["deepmoon"], 0, 13.42, 20, 20))
    # Radii 5 and 10: |5| / 5 = 1 is not < 1.
    assert np.isnan(judge(RULES["deepmoon"], 0, 0, 10, 20))
    assert judge(RULES["deepmoon"], 0, 0, 10.01, 20) == 0
    assert np.isnan(judge(RULES["deepmoon-strict"], 0, 0, 16, 20))
    assert judge(RULES["deepmoon-strict"], 7, 0, 20, 20) == pytest.approx(-0.49)
    assert np.isnan(judge(RULES["deepmoon-strict"], 7.1, 0, 20, 20))
    # Radii 2: 2 / 2^2 = 0.5 is not < 0.5.
    assert np.isnan(judge(RULES["deepmoon-strict"], 1, 1, 4, 4))


def test_offset_by_hand():
    assert judge(OffsetRule(0.25, 1.5), 3, 4, 30, 20) == pytest.approx(-0.25)
    assert np.isnan(judge(OffsetRule(0.25, 1.5), 3, 4.01, 20, 20))
    assert np.isnan(judge(OffsetRule(0.25, 1.5), 0, 0, 13, 20))


@given(
    rule=st.sampled_from(
        [RULES["deepmoon"], RULES["deepmoon-strict"], OffsetRule(0.5, 2), OffsetRule(2.0, 1.2)]
        + [OverlapRule(s, t) for s in ("box", "circle") for t in (0.1, 0.5, 0.9)]
    ),
    dx=st.floats(-30, 30),
    dy=st.floats(-30, 30),
    detected=st.floats(1, 30),
    reference=st.floats(1, 30),
    aspect=st.floats(0.1, 10),
)
def test_nothing_that_matches_lies_beyond_the_reach(rule, dx, dy, detected, reference, aspect):
    box = (reference * aspect**0.5, reference / aspect**0.5)
    if not np.isnan(judge(rule, dx, dy, detected, reference, box)):
        assert np.hypot(dx, dy) <= rule.reach * (detected + reference) / 2 * (1 + 1e-9)
        ratio = max(detected / reference, reference / detected)
        assert ratio <= rule.max_ratio * (1 + 1e-9)


def test_a_rule_states_its_thresholds():
    assert str(OverlapRule("box", 0.5)) == "box IoU >= 0.5"
    assert str(RULES["deepmoon"]) == "d²/min(r)² < 1.8, |Δr|/min(r) < 1"
    assert str(OffsetRule(0.25, 1.5)) == "offset <= 0.25 D, diameter ratio <= 1.5"
