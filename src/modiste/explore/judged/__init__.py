"""The report of an evaluation: what a system got right and wrong, as a page and as figures."""

from modiste.explore.judged.figures import write_evaluation_figures
from modiste.explore.judged.page import render_evaluation_page, write_evaluation_page
from modiste.explore.judged.views import FieldView, JudgedReport, build_views

__all__ = [
    "FieldView",
    "JudgedReport",
    "build_views",
    "render_evaluation_page",
    "write_evaluation_figures",
    "write_evaluation_page",
]
