"""What may be called a picture, and what is sent of it."""

from __future__ import annotations

import io
from pathlib import Path

import httpx2
import numpy as np
import pytest
from PIL import Image

from modiste.client import Client
from modiste.client.pictures import list_pictures, load_picture
from modiste.client.uploads import list_uploads
from modiste.errors import PictureError, ServerProblemError, UsageError
from modiste.imaging import Preprocessing

PIXELS = np.random.default_rng(7).integers(0, 256, (12, 9, 3)).astype(np.uint8)


def decode(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def test_paths_and_contents_are_sent_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"whatever it is")
    for given in (path, str(path)):
        assert (load_picture(given).name, load_picture(given).data) == ("a.jpg", b"whatever it is")
    assert load_picture(bytearray(b"x"), place=3).name == "picture 3"


def test_what_is_in_memory_loses_nothing() -> None:
    assert np.array_equal(decode(load_picture(PIXELS).data), PIXELS)
    assert np.array_equal(decode(load_picture(Image.fromarray(PIXELS)).data), PIXELS)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA", "CMYK", "YCbCr", "HSV", "I;16"])
def test_pictures_of_every_mode_are_seen_as_in_python(mode: str) -> None:
    image = (
        Image.fromarray(PIXELS[:, :, 0].astype(np.uint16) * 257)
        if mode == "I;16"
        else Image.fromarray(PIXELS).convert(mode)
    )
    from modiste.runtime.pictures import _to_array

    sent = Preprocessing(12, 9).load(load_picture(image).data)
    assert np.array_equal(sent, Preprocessing(12, 9).prepare(_to_array(image)))


def test_a_picture_that_lies_on_its_side_is_turned() -> None:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(PIXELS).save(file, "JPEG", exif=exif)
    with Image.open(file) as image:
        assert decode(load_picture(image).data).shape == (9, 12, 3)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (PIXELS.astype(float), r"float64 \[12, 9, 3\] is no picture"),
        (PIXELS[:, :, 0], r"uint8 \[12, 9\] is no picture"),
        (PIXELS[:0], r"uint8 \[0, 9, 3\] is no picture"),
        (7, "a int is no picture"),
        (None, "a NoneType is no picture"),
    ],
)
def test_what_is_no_picture_is_refused(given: object, expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        load_picture(given)


def test_files_that_can_t_be_read_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PictureError, match="there is no such file"):
        load_picture(tmp_path / "no.jpg")
    with pytest.raises(PictureError, match="this is no file"):
        load_picture(tmp_path)
    with pytest.raises(PictureError, match=r"can't be read|no such file"):
        load_picture("a\0b.jpg")
    with pytest.raises(PictureError, match="32 bits"):
        load_picture(Image.new("F", (3, 3)))
    monkeypatch.setattr("modiste.client.pictures._MOST", 1)
    (tmp_path / "large.jpg").write_bytes(b"xx")
    with pytest.raises(PictureError, match="more than 1 bytes"):
        load_picture(tmp_path / "large.jpg")


def test_one_picture_and_several_are_told_apart() -> None:
    image = Image.fromarray(PIXELS)
    for one in ("a.jpg", Path("a.jpg"), b"x", image, PIXELS):
        assert len(list_pictures(one)) == 1
    assert len(list_pictures(np.stack([PIXELS, PIXELS]))) == 2
    assert list_pictures(iter(["a.jpg", "b.jpg"])) == ["a.jpg", "b.jpg"]


def test_many_pictures_are_sent_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modiste.client.verbs.pictures._MOST", 3)
    monkeypatch.setattr("modiste.client.verbs.pictures._MOST_BYTES", 10)
    sent: list[int] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        count = request.content.count(b'name="pictures"')
        start = sum(sent)
        sent.append(count)
        shown = [{"name": str(start + number), "vector": [1, 0]} for number in range(count)]
        return httpx2.Response(200, json={"bundle": "f", "pictures": shown})

    with Client(transport=httpx2.MockTransport(answer)) as client:
        found = client.embed([b"xx", b"xx", b"xx", b"x" * 9, b"xx", b"x" * 20])
        assert sent == [3, 1, 1, 1] and [one.name for one in found] == list("012345")
        assert found.vectors[0] == (1.0, 0.0) and found.bundle == "f"
        with pytest.raises(UsageError, match="no pictures"):
            client.tag([])
        with pytest.raises(UsageError, match="2 boxes for 1 pictures"):
            client.tag([b"x"], boxes=[None, None])
        with pytest.raises(UsageError, match="left, top, width, height"):
            client.tag([b"x"], boxes=[(1, 2, 3)])


def test_a_folder_is_sent_with_the_names_below_it(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "a.jpg", ".hidden/3.jpg", "b/.DS_Store"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    assert [name for name, _ in list_uploads(tmp_path)] == ["a.jpg", "b/2.jpg"]
    assert [name for name, _ in list_uploads([tmp_path / "a.jpg", str(tmp_path / "b")])] == ["a.jpg", "2.jpg"]
    with pytest.raises(UsageError, match="there is no such file"):
        list_uploads(tmp_path / "no.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no file to send"):
        list_uploads(tmp_path / "empty")


def test_an_upload_is_read_while_it_is_sent(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(bytes([number]) * 200_000)
    bodies: list[bytes] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        bodies.append(request.read())
        assert int(request.headers["content-length"]) == len(bodies[0])
        return httpx2.Response(400)

    with Client(transport=httpx2.MockTransport(answer)) as client, pytest.raises(ServerProblemError):
        client.submit(tmp_path)
    assert all(bytes([number]) * 200_000 in bodies[0] for number in range(3))
    assert bodies[0].count(b'name="file"; filename=') == 3
