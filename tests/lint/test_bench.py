"""What the benchmark makes of its figures. That itself is run by scripts/bench alone: nothing timed is a test."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))

from table import DISQUALIFIED, MET, MISSED, TOLD, Missing, Outcome, Row, as_json, lines  # noqa: E402

LOST = Missing("one was lost")


def outcome(*rounds, at_most=1.1, of="floor", **options):
    return Outcome(Row("P0", "a row", "us", len, at_most, of, **options), rounds)


def test_a_ratio_is_one_of_medians():
    judged = outcome({"mcastd": 3, "floor": 2}, {"mcastd": 100, "floor": 1}, {"mcastd": 2, "floor": 100})
    assert judged.ratio() == 1.5


@pytest.mark.parametrize("figure, verdict", [(2.2, MET), (2.3, MISSED)])
def test_a_row_is_judged_beside_another_contender(figure, verdict):
    assert outcome({"mcastd": figure, "floor": 2}).verdict() == verdict


@pytest.mark.parametrize("figure, verdict", [(0, MET), (256, MET), (257, MISSED)])
def test_a_row_is_judged_by_a_figure_of_its_own(figure, verdict):
    judged = outcome({"growth": figure}, at_most=256, of=None, contender="growth")
    assert judged.verdict() == verdict
    assert judged.good() == (verdict == MET)


@pytest.mark.parametrize("lost", ["mcastd", "floor"])
def test_a_row_without_one_of_its_figures_is_disqualified(lost):
    good = {"mcastd": 1, "floor": 1}
    judged = outcome(good, good | {lost: LOST}, good)
    assert (judged.verdict(), judged.good(), judged.ratio()) == (DISQUALIFIED, False, None)
    assert lines([judged])[-1] == f"P0 {lost}: one was lost"


def test_a_row_is_not_disqualified_by_another_contender():
    judged = outcome({"mcastd": 1, "floor": 1, "Python": LOST}, others=("Python",))
    assert judged.verdict() == MET
    assert lines([judged])[2].split() == ["Python", "us", "-"]


def test_a_row_without_a_limit_is_only_told():
    judged = outcome({"mcastd": 5, "floor": 1}, at_most=None)
    assert (judged.verdict(), judged.good()) == (TOLD, True)


def test_json_has_the_figures_of_each_round():
    told = as_json(outcome({"mcastd": 1, "floor": 2}, {"mcastd": LOST, "floor": 2}))
    assert told["rounds"] == [{"mcastd": 1, "floor": 2}, {"mcastd": None, "floor": 2}]
    assert told["medians"] == {"mcastd": None, "floor": 2}
    assert (told["verdict"], told["reason"]) == (DISQUALIFIED, "mcastd: one was lost")


def test_json_leaves_out_what_was_measured_for_other_rows():
    told = as_json(outcome({"growth": 200, "mcastd": 1.5}, of=None, contender="growth"))
    assert (told["medians"], told["rounds"]) == ({"growth": 200}, [{"growth": 200}])
