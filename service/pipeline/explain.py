"""Why a hit has its place: the contribution of each part, flat and readable. Pure functions."""

from collections.abc import Mapping

from models.arrays import Vector
from models.manifest import Manifest
from service.pipeline.recipe import Recipe

Explanation = Mapping[str, float | str]


def explanation(recipe: Recipe, manifest: Manifest, vector: Vector, boosts: Mapping[str, float]) -> Explanation:
    """Cosine and weight of each part, the curve that made the score, and what each boost added.

    `vector` is the stored vector [d] of the hit in the recipe's field.
    """
    curve = manifest.calibration_for(recipe.kind, recipe.field)
    told: dict[str, float | str] = {"kind": recipe.kind, "field": recipe.field, "mixture": recipe.mixture}
    for part, weight in zip(recipe.parts, part_weights(recipe), strict=True):
        told[f"cosine.{part.name}"] = float(part.vector @ vector)
        told[f"weight.{part.name}"] = weight
    told["calibration"] = f"{recipe.kind}_{recipe.field}"
    told["calibration.slope"], told["calibration.intercept"] = curve.slope, curve.intercept
    told |= {f"boost.{key}": added for key, added in boosts.items()}
    return told


def part_weights(recipe: Recipe) -> list[float]:
    """The weight of each part before the mixture is brought to unit length."""
    if recipe.mixture == "pdv" and recipe.alpha is not None and recipe.beta is not None:
        return [1.0 - recipe.beta, recipe.beta - recipe.alpha, recipe.alpha]
    return [part.weight for part in recipe.parts]
