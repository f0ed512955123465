"""Verdicts, scores and refusals."""

import numpy as np
import pytest
from pydantic import ValidationError

from tradekit import DataError
from tradekit.data.quality.finding import CHECKS, Finding, score_of
from tradekit.data.quality.policy import Quality
from tradekit.data.quality.report import judge


def finding(check, *times, verdict="noted", shown=()):
    return Finding(check, len(times), f"{len(times)} bars of {check}", np.array(times, np.int64), verdict, shown)


def quality(**options):
    return Quality.model_validate(options)


def test_score_is_the_share_of_rows_that_nothing_concerns():
    assert score_of([], 10) == 100
    assert score_of([finding("outlier", 1, 2), finding("stale", 2, 3)], 10) == 70
    assert score_of([finding("gaps", 1, 2, 3, 4, 5)], 15) == 75
    assert score_of([finding("gaps", 7, 8), finding("outlier", 1, 2)], 18) == 80
    assert score_of([finding("unsorted", 1, 2, 3, verdict="repaired"), finding("ohlc", 1, verdict="repaired")], 10) == 90


def test_score_is_halved_by_each_check_that_refuses_and_never_rounded_up():
    wrong = [finding("wrong-scale", 1, verdict="refused"), finding("split-like-jump", 2, verdict="refused")]
    assert score_of(wrong[:1], 10) == 45
    assert score_of(wrong, 10) == 20
    assert score_of([finding("outlier", 1)], 1_000_000) == 99.99
    assert score_of([finding("wrong-scale", 1, verdict="waived")], 10) == 100


def test_finding_that_makes_a_result_wrong_is_refused_and_others_are_noted():
    report = judge(
        "X", "x.csv", 10, [finding("outlier", 1), finding("wrong-scale", 2), finding("ohlc", 3, verdict="repaired")], Quality()
    )
    assert [(one.check, one.verdict) for one in report.findings] == [
        ("wrong-scale", "refused"),
        ("ohlc", "repaired"),
        ("outlier", "noted"),
    ]
    with pytest.raises(DataError) as error:
        report.demand(Quality())
    assert str(error.value) == (
        "the bars of 'X' from 'x.csv' are refused\n  1 bars of wrong-scale\n"
        "mend them at their source, or if you know them to be right, waive them: "
        "[[data.quality.waive]] check = 'wrong-scale', instrument = 'X'"
    )
    assert list(report.notes()) == ["X: the quality of its data is 35 of 100: 1 bars of outlier"]


def test_waiver_lets_a_finding_pass_and_is_told_with_its_reason():
    waiving = quality(waive=[{"check": "wrong-scale", "instrument": "X", "reason": "a true print"}, {"check": "outlier"}])
    findings = [finding("wrong-scale", 1), finding("outlier", 2)]
    report = judge("X", "", 10, findings, waiving)
    report.demand(waiving)
    assert report.score == 100
    assert list(report.notes()) == [
        "X: 1 bars of wrong-scale (waived, check = 'wrong-scale': a true print)",
        "X: 1 bars of outlier (waived, check = 'outlier')",
    ]
    assert report.facts()["findings"][0] == {
        "check": "wrong-scale",
        "verdict": "waived",
        "count": 1,
        "what": "1 bars of wrong-scale",
        "at": ["1970-01-01T00:00:00.000000001Z"],
        "reason": "a true print",
    }
    assert judge("Y", "", 10, findings, waiving).findings[0].verdict == "refused"


def test_score_below_what_is_demanded_is_refused_with_what_lowers_it():
    wanted = quality(min_quality=95)
    report = judge("X", "x.csv", 10, [finding("outlier", 1), finding("gaps", 5)], wanted)
    with pytest.raises(DataError) as error:
        report.demand(wanted)
    assert str(error.value).startswith(
        "the quality of the data of 'X' is 81.81 of 100, below data.quality.min_quality 95\n  1 bars of outlier\n  1 bars of gaps\n"
    )
    report.demand(quality(min_quality=81))


def test_what_can_not_be_and_what_is_unknown_can_not_be_waived():
    with pytest.raises(ValidationError, match=r"'ohlc' can't be waived; \[data.policy\] ohlc says what is done about it"):
        quality(waive=[{"check": "ohlc"}])
    with pytest.raises(ValidationError, match=r"no check is called 'split-like-jmp'; allowed: .*did you mean 'split-like-jump'"):
        quality(waive=[{"check": "split-like-jmp"}])


def test_every_check_is_explained_on_the_page(pytestconfig):
    page = (pytestconfig.rootpath / "docs" / "explanation" / "data-quality.md").read_text("utf-8")
    assert [name for name in CHECKS if f"`{name}`" not in page] == []
