"""Training of text encoders: texts learn to lie beside the pictures that they speak of."""

from modiste.training.text.adding import add_text_encoder
from modiste.training.text.recipe import TextRecipe, find_text_recipe, load_text_recipe

__all__ = ["TextRecipe", "add_text_encoder", "find_text_recipe", "load_text_recipe"]
