"""What DeepFashion's files are called, what stands in them, and where they lie.

Both benchmarks keep their annotations as lists: a line with a count, a line with the names of the columns, then a row
a picture, its columns between spaces. They come with or without the folders ``Anno``, ``Anno_coarse``, ``Anno_fine``
and ``Eval``. Source: the README files of the data set (Liu et al., "DeepFashion", CVPR 2016).
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from itertools import takewhile

from modiste.readers.source import File

__all__ = [
    "ATTRIBUTE_IMAGES",
    "ATTRIBUTE_ITEMS",
    "ATTRIBUTE_NAMES",
    "ATTRIBUTE_TYPES",
    "BOXES",
    "CATEGORY_FIELD",
    "CATEGORY_IMAGES",
    "CATEGORY_NAMES",
    "CATEGORY_TYPES",
    "CATEGORY_TYPE_FIELD",
    "COLUMNS",
    "FINE_ATTRIBUTE_TYPES",
    "FINE_PARTS",
    "INSHOP_BOXES",
    "INSHOP_COLOURS",
    "INSHOP_DESCRIPTIONS",
    "INSHOP_ITEMS",
    "INSHOP_LANDMARKS",
    "INSHOP_PARTITION_COLUMNS",
    "INSHOP_POSES",
    "LANDMARKS",
    "LANDMARK_NAMES",
    "PARTITION",
    "SPLITS",
    "find_list",
]

CATEGORY_NAMES, CATEGORY_IMAGES = "list_category_cloth.txt", "list_category_img.txt"
ATTRIBUTE_NAMES, ATTRIBUTE_IMAGES = "list_attr_cloth.txt", "list_attr_img.txt"
BOXES, LANDMARKS, PARTITION = "list_bbox.txt", "list_landmarks.txt", "list_eval_partition.txt"
INSHOP_BOXES, INSHOP_LANDMARKS = "list_bbox_inshop.txt", "list_landmarks_inshop.txt"
INSHOP_ITEMS, INSHOP_DESCRIPTIONS = "list_item_inshop.txt", "list_description_inshop.json"
ATTRIBUTE_ITEMS, INSHOP_COLOURS = "list_attr_items.txt", "list_color_cloth.txt"

COLUMNS: dict[str, tuple[str, ...]] = {
    CATEGORY_NAMES: ("category_name", "category_type"),
    CATEGORY_IMAGES: ("image_name", "category_label"),
    ATTRIBUTE_NAMES: ("attribute_name", "attribute_type"),
    ATTRIBUTE_IMAGES: ("image_name", "attribute_labels"),
    BOXES: ("image_name", "x_1", "y_1", "x_2", "y_2"),
    LANDMARKS: ("image_name", "clothes_type", "variation_type"),
    PARTITION: ("image_name", "evaluation_status"),
    INSHOP_BOXES: ("image_name", "clothes_type", "pose_type", "x_1", "y_1", "x_2", "y_2"),
}
"""The column names on the second line of each list; that of the landmarks goes on, three columns a landmark."""
INSHOP_PARTITION_COLUMNS = ("image_name", "item_id", "evaluation_status")
"""Those of in-shop retrieval's `PARTITION`; its statuses are train, query and gallery."""

CATEGORY_FIELD, CATEGORY_TYPE_FIELD = "category", "categoryType"
CATEGORY_TYPES = ("upper-body", "lower-body", "full-body")
"""What the clothes types 1, 2 and 3 stand for."""
ATTRIBUTE_TYPES = ("texture", "fabric", "shape", "part", "style")
"""What the attribute types 1 to 5 of the coarse variant (1,000 attributes) stand for."""
FINE_ATTRIBUTE_TYPES = ("texture", "sleeve", "length", "neckline", "fabric", "fit")
"""What the attribute types 1 to 6 of the fine variant (26 attributes) stand for."""
FINE_PARTS = ("train", "val", "test")
"""The fine variant's lists of pictures, ``train.txt`` and so on; ``train_cate.txt`` ... go with them line by line."""
SPLITS = {"train": "train", "val": "validation", "test": "test"}
"""Evaluation status -> part of a manifest."""
INSHOP_POSES = ("front", "side", "back", "zoom-out", "zoom-in", "stand-alone")
"""What the pose types 1 to 6 of in-shop retrieval stand for."""
LANDMARK_NAMES: dict[str, tuple[str, ...]] = {
    "upper-body": ("left collar", "right collar", "left sleeve", "right sleeve", "left hem", "right hem"),
    "lower-body": ("left waistline", "right waistline", "left hem", "right hem"),
    "full-body": (
        *("left collar", "right collar", "left sleeve", "right sleeve"),
        *("left waistline", "right waistline", "left hem", "right hem"),
    ),
}
"""The landmarks of each clothes type, in the order in which a list gives them."""


def find_list(files: Sequence[File], name: str, *, near: str = "") -> File | None:
    """Return the file of a name that shares most of its path with a folder, and of those the nearest to the root.

    Args:
        files: The files of a source.
        name: The name of a list, such as `BOXES`.
        near: A folder below the root.

    Returns:
        The file, None if there is none.

    Example:
        >>> found = find_list([File("a/Eval/list_bbox.txt", "x"), File("list_bbox.txt", "y")], BOXES, near="a/Anno")
        >>> found.reference
        'x'
    """
    found = [file for file in files if file.name.endswith(name) and posixpath.basename(file.name) == name]
    return min(found, key=lambda file: (-_count_shared(file.name, near), file.name.count("/")), default=None)


def _count_shared(name: str, folder: str) -> int:
    """Return how many folders two paths have in common from the root on."""
    pairs = zip(name.split("/")[:-1], folder.split("/"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
