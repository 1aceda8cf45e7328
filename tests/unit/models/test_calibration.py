"""Cosines to probabilities."""

import numpy as np
import pytest

from models.calibration import Calibration, fit_calibration


def test_the_score_is_a_half_where_the_logit_is_zero() -> None:
    assert Calibration(slope=10, intercept=-3).score(np.float32([0.3])) == pytest.approx([0.5])


def test_scores_grow_with_the_cosine_and_stay_within_zero_and_one() -> None:
    scores = Calibration(slope=50, intercept=-20).score(np.linspace(-1, 1, 101, dtype=np.float32))
    assert (np.diff(scores) >= 0).all()
    assert 0 <= scores.min() <= scores.max() <= 1


def test_extreme_slopes_do_not_overflow() -> None:
    assert Calibration(slope=1e6, intercept=0).score(np.float32([-1, 1])) == pytest.approx([0, 1])


def test_the_fit_recovers_the_curve_that_made_the_pairs() -> None:
    random = np.random.default_rng(4)
    cosines = random.uniform(-0.2, 0.8, 40_000).astype(np.float32)
    truth = Calibration(slope=12, intercept=-4)
    matches = random.uniform(size=len(cosines)) < truth.score(cosines)
    fitted = fit_calibration(cosines[matches], cosines[~matches])
    middle = -fitted.intercept / fitted.slope
    assert fitted.slope == pytest.approx(truth.slope, rel=0.1)
    assert middle == pytest.approx(4 / 12, abs=0.06)  # the classes are weighted alike, which moves the middle a little
