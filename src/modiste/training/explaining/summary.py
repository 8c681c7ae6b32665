"""An explanation as text for the terminal."""

from __future__ import annotations

from modiste.evaluation import render_table
from modiste.training.explaining.explanation import Explanation, StagePlan

__all__ = ["describe_stage", "list_blocks", "summarise", "tell_source"]

_HEADER = ("block", "parameters", "learns", "highest rate", "weight decay", "layers")


def summarise(explanation: Explanation) -> str:
    """Return what a recipe does, as Markdown that reads as plain text.

    Args:
        explanation: What `explain_recipe` found.
    """
    recipe = explanation.recipe
    parts = [f"# {recipe.name}", recipe.description, tell_source(explanation), "## One picture"]
    parts.append("\n".join(f"{at}. {step.name}: {step.told}" for at, step in enumerate(explanation.steps, 1)))
    for plan in explanation.plans:
        parts += [f"## Stage {plan.stage.name}", describe_stage(plan), render_table(_HEADER, list_blocks(plan))]
    return "\n\n".join(part for part in parts if part) + "\n"


def tell_source(explanation: Explanation) -> str:
    """Say on what the recipe is explained, in one or two sentences."""
    fields = ", ".join(f"{field.name} ({len(field)} values)" for field in explanation.taxonomy)
    if explanation.source:
        return f"{explanation.items:,} training items of {explanation.source}. Learnt: {fields}."
    return (
        f"On a drawn garment, as if there were {explanation.items:,} training items; how many parameters the heads "
        f"have depends on the values of your data. Name it: --data SOURCE. Here: {fields}."
    )


def describe_stage(plan: StagePlan) -> str:
    """Say what a stage does, in one sentence."""
    stage = plan.stage
    part = "" if stage.fraction == 1 else f" on {stage.fraction:.0%} of the items"
    cached = "; the trunk's features are computed once" if stage.caches_features else ""
    ends = [f"ends when {stage.advance_when}"] if stage.advance_when else []
    ends += [f"the training ends when {stage.stop_when}"] if stage.stop_when else []
    epochs = f"{stage.epochs} epoch{'s' if stage.epochs > 1 else ''}"
    return (
        f"{epochs} of {plan.steps:,} steps of {stage.batch_size} pictures of {stage.width} x "
        f"{stage.height}{part}; {stage.optimiser}, {stage.schedule}; {plan.learning:,} of "
        f"{sum(block.parameters for block in plan.blocks):,} parameters learn{cached}"
        f"{''.join('; ' + end for end in ends)}."
    )


def list_blocks(plan: StagePlan) -> list[tuple[str, ...]]:
    """Return the blocks of a stage as cells: block, parameters, learns, highest rate, weight decay, layers."""
    return [
        (
            block.name,
            f"{block.parameters:,}",
            "no" if block.rate is None else "yes",
            "–" if block.rate is None else f"{block.rate:.3g}",
            "–" if block.weight_decay is None else f"{block.weight_decay:.3g}",
            block.layers,
        )
        for block in plan.blocks
    ]
