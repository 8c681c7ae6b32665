from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modiste import Tagger
from modiste.bundle import Bundle
from modiste.errors import PictureError, UnknownNameError, UsageError
from modiste.runtime import NameMap, Network, Tags, decode_jointly, score_fields


@pytest.fixture(scope="module")
def tagger(tiny: Bundle) -> Tagger:
    return Tagger(tiny, threads=1)


@pytest.fixture(scope="module")
def paths(tiny_path: Path) -> list[Path]:
    return [tiny_path / f"{number}.jpg" for number in range(6)]


def test_tags_equal_a_naive_loop(tagger: Tagger, tiny: Bundle, paths: list[Path]) -> None:
    network = Network(tiny, threads=1)
    for tags, path in zip(tagger.tag(paths * 7, top_k=3), paths * 7, strict=True):
        picture = tiny.preprocessing.load(path.read_bytes())
        scores = score_fields(tiny, network.run(picture[None]).logits)
        decoding = decode_jointly(tiny.taxonomy, scores)
        assert list(tags) == ["kind", "article", "colour", "material"]
        for name, choice in decoding.choices.items():
            values, marginal = tiny.taxonomy[name].values, decoding.probabilities[name][0]
            assert tags[name].value == values[choice[0]]
            assert tags[name].values == (values[choice[0]],)
            assert tags[name].confidence == pytest.approx(marginal[choice[0]], abs=1e-4)
            others = sorted((-marginal[at], value) for at, value in enumerate(values) if at != choice[0])[:2]
            assert [item.value for item in tags[name].alternatives] == [value for _, value in others]
            assert tags[name].doubtful == (tags[name].confidence < tiny.spec.doubt[name])
        pairs = zip(scores["material"][0], ("Cotton", "Leather", "Silk"), [0.6, 0.5, 0.4], strict=True)
        said = {value for score, value, threshold in pairs if score >= threshold}
        assert set(tags["material"].values) == said
        assert tags.doubtful == any(tag.doubtful for tag in tags.values())


def test_every_kind_of_picture_gives_the_same_answer(tagger: Tagger, paths: list[Path], tmp_path: Path) -> None:
    data = paths[0].read_bytes()
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
        archive.writestr("a/0.jpg", data)
    array = np.asarray(Image.open(BytesIO(data)).convert("RGB"))
    images = [paths[0], str(paths[0]), data, Image.open(BytesIO(data)), array, f"{tmp_path / 'shop.zip'}::a/0.jpg"]
    tags = tagger.tag(images)
    for other in tags[1:]:
        assert other.to_dict() == tags[0].to_dict()
        assert other["kind"].confidence == pytest.approx(tags[0]["kind"].confidence, abs=0.02)


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "CMYK"])
def test_pillow_pictures_of_any_mode(tagger: Tagger, mode: str) -> None:
    assert len(tagger.tag(Image.new(mode, (30, 40)))) == 1


def test_one_picture_needs_no_list(tagger: Tagger, paths: list[Path]) -> None:
    one = tagger.tag_one(paths[0])
    assert one.to_dict() == tagger.tag(paths[0])[0].to_dict()
    assert one.to_dict() == tagger.tag(str(paths[0]))[0].to_dict()
    assert tagger.tag([]) == []
    assert len(tagger.tag(np.zeros((2, 80, 60, 3), np.uint8))) == 2


def test_a_box_is_cut_out(tagger: Tagger, paths: list[Path]) -> None:
    data = paths[0].read_bytes()
    cropped = np.asarray(Image.open(BytesIO(data)).convert("RGB"))[10:70, 5:45]
    boxed = tagger.tag_one(data, box=(5, 10, 40, 60))
    assert boxed["kind"].confidence == pytest.approx(tagger.tag_one(cropped)["kind"].confidence, abs=0.02)


def test_what_is_no_picture_is_named(tagger: Tagger, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"hello")
    with pytest.raises(PictureError, match=r"bad\.jpg: this seems to be a text"):
        tagger.tag([tmp_path / "bad.jpg"])
    with pytest.raises(PictureError, match="picture 0: this seems to be an empty file"):
        tagger.tag(b"")
    with pytest.raises(UsageError, match="a int is no picture"):
        tagger.tag([3])  # type: ignore[list-item]
    with pytest.raises(UsageError, match=r"float64 \[4, 4\] is no picture"):
        tagger.tag([np.zeros((4, 4))])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="2 boxes for 1 pictures"):
        tagger.tag([b""], boxes=[None, None])
    with pytest.raises(UsageError, match="cut the box"):
        tagger.tag_one(np.zeros((4, 4, 3), np.uint8), box=(0, 0, 1, 1))
    with pytest.raises(UsageError, match="top_k is 0"):
        tagger.tag([], top_k=0)


def test_tags_are_a_mapping(tagger: Tagger, paths: list[Path]) -> None:
    tags: Tags = tagger.tag_one(paths[4])
    assert "kind" in tags
    assert "knid" not in tags
    assert tags.get("knid") is None
    with pytest.raises(UnknownNameError, match="did you mean 'kind'"):
        tags["knid"]
    with pytest.raises(KeyError, match="no field 'knid'"):
        tags["knid"]
    assert tags["material"].value is None
    assert tags.to_dict()["material"] == []
    assert "kind='Bags'" in repr(tags)


def test_names_of_the_shop(tiny: Bundle, paths: list[Path]) -> None:
    shop = Tagger(tiny, names=NameMap(values={"kind": {"Bags": "Taschen"}}))
    assert shop.tag_one(paths[0])["kind"].value == "Taschen"
    assert shop.fingerprint == tiny.fingerprint
