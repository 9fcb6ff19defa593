from lunarcraters.geometry.spread import spread_evenly


def test_a_few_of_many_are_spread_over_all():
    assert spread_evenly(range(101), 5) == [0, 25, 50, 75, 100]


def test_all_are_chosen_once_where_there_are_no_more():
    for count in range(8):
        assert spread_evenly(range(count), 7) == list(range(count))
