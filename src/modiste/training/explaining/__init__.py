"""What a recipe does, before it is carried out: a picture through every step, what learns, and at which rate."""

from modiste.training.explaining.explanation import Explanation, StagePlan, explain_recipe
from modiste.training.explaining.figures import write_explanation_figures
from modiste.training.explaining.page import render_explanation_page, write_explanation_page
from modiste.training.explaining.summary import summarise

__all__ = [
    "Explanation",
    "StagePlan",
    "explain_recipe",
    "render_explanation_page",
    "summarise",
    "write_explanation_figures",
    "write_explanation_page",
]
