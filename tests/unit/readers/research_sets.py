"""Tiny sets in the research formats, written by hand, as name -> content."""

from __future__ import annotations

import gzip
import json
import struct

import numpy as np

PICTURES = (
    "img/Red_Tee/img_00000001.jpg",
    "img/Red_Tee/img_00000002.jpg",
    "img/Blue_Jeans/img_00000001.jpg",
    "img/Lace_Dress/img_00000001.jpg",
)


def join(count: int, header: str, *rows: str) -> str:
    return "\n".join([str(count), header, *rows, ""])


def join_pictures(header: str, *values: str, pictures: tuple[str, ...] = PICTURES) -> str:
    rows = [f"{picture:<50} {value}" for picture, value in zip(pictures, values, strict=True)]
    return join(len(rows), header, *rows)


def make_deepfashion() -> dict[str, str | bytes]:
    return {
        "Anno/list_category_cloth.txt": join(
            3, "category_name  category_type", "Tee       1", "Jeans     2", "Dress     3"
        ),
        "Anno/list_category_img.txt": join_pictures("image_name   category_label", "1", "1", "2", "3"),
        "Anno/list_attr_cloth.txt": join(
            *(4, "attribute_name  attribute_type"), "abstract print   1", "floral 1", "lace    2", "a-line  3"
        ),
        "Anno/list_attr_img.txt": join_pictures(
            "image_name attribute_labels", "-1 -1  1 -1", "-1  0 -1  0", " 1 -1 -1 -1", " 1  1  1  1"
        ),
        "Anno/list_bbox.txt": join_pictures(
            "image_name  x_1  y_1  x_2  y_2", "1 2 30 40", "5 6 20 30", "10 10 50 20", "0 0 5 6"
        ),
        "Anno/list_landmarks.txt": join_pictures(
            "image_name clothes_type variation_type landmark_visibility_1 landmark_location_x_1",
            *("1 1 0 5 6 1 -7 8", "1 2", "2 3 2 146 102", "3 1 0 1 1"),
        ),
        "Eval/list_eval_partition.txt": join_pictures("image_name evaluation_status", "train", "val", "test", "train"),
        **{f"Img/{picture}": b"x" for picture in PICTURES},
    }


def make_fine() -> dict[str, str | bytes]:
    parts = {"train": PICTURES[:2], "val": PICTURES[2:3], "test": PICTURES[3:]}
    attributes = {"train": "1 0 0 1\n0 1 0 0", "val": "0 0 1 0", "test": "1 0 0 0"}
    categories = {"train": "1\n1", "val": "2", "test": "3"}
    boxes = {"train": "1 2 30 40\n5 6 20 30", "val": "10 10 50 20", "test": "0 0 5 6"}
    points = {"train": "5 6 7 8 0 0\n1 1 2 2 3 3", "val": "1 2 0 0 0 0", "test": "0 0 0 0 0 0"}
    files: dict[str, str | bytes] = {
        "Anno_fine/list_category_cloth.txt": make_deepfashion()["Anno/list_category_cloth.txt"],
        "Anno_fine/list_attr_cloth.txt": join(
            *(4, "attribute_name attribute_type"), "floral 1", "striped 1", "long_sleeve 2", "tight 6"
        ),
    }
    for part, pictures in parts.items():
        files[f"Anno_fine/{part}.txt"] = "\n".join([*pictures, ""])
        for ending, values in (("attr", attributes), ("cate", categories), ("bbox", boxes), ("landmarks", points)):
            files[f"Anno_fine/{part}_{ending}.txt"] = values[part] + "\n"
    return files | {f"Img/{picture}": b"x" for picture in PICTURES}


SHOP = (
    "img/WOMEN/Dresses/id_00000002/02_1_front.jpg",
    "img/WOMEN/Dresses/id_00000002/02_2_side.jpg",
    "img/MEN/Denim/id_00000080/01_1_front.jpg",
)


def make_inshop() -> dict[str, str | bytes]:
    items = ("id_00000002", "id_00000002", "id_00000080")
    statuses = ("query", "gallery", "train")
    return {
        "Eval/list_eval_partition.txt": join_pictures(
            "image_name item_id evaluation_status",
            *(f"{item} {status}" for item, status in zip(items, statuses, strict=True)),
            pictures=SHOP,
        ),
        "Anno/list_bbox_inshop.txt": join_pictures(
            *("image_name clothes_type pose_type x_1 y_1 x_2 y_2", "3 1 50 49 208 235", "3 2 1 1 9 9"),
            *("2 1 60 20 190 250",),
            pictures=SHOP,
        ),
        "Anno/list_landmarks_inshop.txt": join_pictures(
            *("image_name clothes_type variation_type landmark_visibility_1", "3 1 0 5 6", "3 2 0 1 2", "2 1"),
            pictures=SHOP,
        ),
        "Anno/list_item_inshop.txt": "2\nid_00000002\nid_00000080\n",
        "Anno/attributes/list_attr_cloth.txt": join(3, "attribute_names", "cotton", "long sleeve", "denim"),
        "Anno/attributes/list_attr_items.txt": join(
            2, "item_name attribute_labels", "id_00000002  1 -1 -1", "id_00000080 -1  0  1"
        ),
        "Anno/attributes/list_color_cloth.txt": join_pictures(
            "image_name color", "Black combo", "Black combo", "Indigo", pictures=SHOP
        ),
        "Anno/list_description_inshop.json": json.dumps(
            [
                {"item": "id_00000002", "color": "Black combo", "description": ["A dress.", "100 % cotton"]},
                {"item": "id_00000080", "color": "Indigo", "description": "Jeans."},
            ]
        ),
        **{f"Img/{picture}": b"x" for picture in SHOP},
    }


def make_imaterialist() -> dict[str, str | bytes]:
    def images(*numbers: int) -> list[dict[str, object]]:
        return [{"url": f"https://shop.example/{number}.jpg", "imageId": str(number)} for number in numbers]

    train = {
        "images": images(1, 2, 3),
        "annotations": [{"labelId": ["62", "17", "66"], "imageId": "1"}, {"labelId": ["9"], "imageId": "2"}],
        "info": {"year": 2018},
    }
    test = {"images": [{"url": ["https://shop.example/t1.jpg"], "imageId": 1}]}
    return {"train.json": json.dumps(train), "test.json": json.dumps(test)}


LABEL_MAP = (
    "labelId,taskId,labelName,taskName\n"
    "9,9,Bandage,style\n17,2,Black,color\n62,1,Dresses,category\n66,3,Female,gender\n"
)


def make_fashion_mnist(*, packed: bool = True) -> dict[str, str | bytes]:
    rng = np.random.default_rng(0)
    files: dict[str, str | bytes] = {}
    for name, count in (("train", 12), ("t10k", 3)):
        pixels = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8).tobytes()
        labels = bytes(number % 10 for number in range(count))
        pictures = struct.pack(">4B3L", 0, 0, 8, 3, count, 28, 28) + pixels
        classes = struct.pack(">4BL", 0, 0, 8, 1, count) + labels
        for kind, data in (("images-idx3-ubyte", pictures), ("labels-idx1-ubyte", classes)):
            files[f"{name}-{kind}" + ".gz" * packed] = gzip.compress(data, mtime=0) if packed else data
    return files
