import json

from lunarcraters.evaluation.evaluate import evaluate_catalogue
from lunarcraters.evaluation.reference import from_catalogue
from lunarcraters.evaluation.rule_names import RULE_NAMES
from lunarcraters.evaluation.rules import RULES
from lunarcraters.records import from_json, to_json

from .conftest import lunar_catalogue


def test_the_record_of_an_evaluation_has_its_terms_first_and_survives_json():
    craters = lunar_catalogue([(1, 2, 5, 0.9), (3, 4, 6, 0.2)])
    evaluation, _ = evaluate_catalogue(craters, from_catalogue(craters), min_score=0.5)
    record = evaluation.record()
    text = to_json(record)
    keys = list(json.loads(text))
    assert keys[:3] == ["rule", "match", "unit"]
    assert keys[6:9] == ["average_precision", "best", "chosen"]
    assert json.loads(text)["chosen"]["recall"] == 0.5
    assert from_json(type(record), text) == record


def test_the_names_of_the_rules_are_those_of_the_table():
    assert tuple(RULES) == RULE_NAMES
