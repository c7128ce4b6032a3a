"""Who is leaving without a word: how likely, how sure, and why.

    fitted = fit(tables, at=tonight)
    silences = predict(fitted, tables, at=tonight)

docs/explanation/the-silence-model.md says in words what is done here.
"""

from holdfast.silence.fit import fit, fit_moments
from holdfast.silence.fitted import Fitted
from holdfast.silence.moments import Moments, moments
from holdfast.silence.predict import p_evening, predict, predict_moments

__all__ = ["Fitted", "Moments", "fit", "fit_moments", "moments", "p_evening", "predict", "predict_moments"]
