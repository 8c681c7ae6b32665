"""Balancing: caps, down-sampling, merging, over-sampling and filling up small classes by augmentation."""

from modiste.collect.balancing.augmenting import Augmentation, augment_picture, draw_augmentation
from modiste.collect.balancing.capping import cap_classes, down_sample, parse_cap
from modiste.collect.balancing.classes import count_classes
from modiste.collect.balancing.filling import AUGMENTATION, Filling, count_missing, fill_classes
from modiste.collect.balancing.merging import OTHER, merge_classes, merge_small_classes, read_merge_map
from modiste.collect.balancing.oversampling import over_sample

__all__ = [
    "AUGMENTATION",
    "OTHER",
    "Augmentation",
    "Filling",
    "augment_picture",
    "cap_classes",
    "count_classes",
    "count_missing",
    "down_sample",
    "draw_augmentation",
    "fill_classes",
    "merge_classes",
    "merge_small_classes",
    "over_sample",
    "parse_cap",
    "read_merge_map",
]
