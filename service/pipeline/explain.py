"""Why a hit has its place: the contribution of each part, flat and readable. Pure functions."""

from collections.abc import Mapping

from models.arrays import Vector
from models.space import VectorSpace
from service.pipeline.recipe import Recipe
from service.ranking import Fusion

Explanation = Mapping[str, float | str]


def explanation(recipe: Recipe, space: VectorSpace, vector: Vector, ranked_by: Mapping[str, float]) -> Explanation:
    """Cosine and weight of each part, the curve that made the score, and what else ranked the hit.

    `vector` is the stored vector [d] of the hit in the recipe's field.
    """
    curve = space.calibration_for(recipe.kind, recipe.field)
    told: dict[str, float | str] = {"kind": recipe.kind, "field": recipe.field, "mixture": recipe.mixture}
    for part, weight in zip(recipe.parts, part_weights(recipe), strict=True):
        told[f"cosine.{part.name}"] = float(part.vector @ vector)
        told[f"weight.{part.name}"] = weight
    is_calibrated = space.is_calibrated(recipe.kind, recipe.field)
    told["calibration"] = f"{recipe.kind}_{recipe.field}" if is_calibrated else "none"
    told["calibration.slope"], told["calibration.intercept"] = curve.slope, curve.intercept
    told |= dict(ranked_by)
    return told


def hybrid_parts(fusion: Fusion, n: int, bm25: float) -> Mapping[str, float]:
    """The parts of a hybrid search at one place of the pool: `(1 - share) * vector + share * text` ranks the hit."""
    vector, text = float(fusion.vector[n]), float(fusion.text[n])
    return {"hybrid.share": fusion.share, "hybrid.vector": vector, "hybrid.text": text, "bm25": bm25}


def part_weights(recipe: Recipe) -> list[float]:
    """The weight of each part before the mixture is brought to unit length."""
    if recipe.mixture == "pdv" and recipe.alpha is not None and recipe.beta is not None:
        return [1.0 - recipe.beta, recipe.beta - recipe.alpha, recipe.alpha]
    return [part.weight for part in recipe.parts]
