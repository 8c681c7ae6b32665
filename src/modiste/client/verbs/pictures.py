"""What pictures show, their vectors, and why they are tagged as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from modiste.client.asking import Asker
from modiste.client.pictures import Box, Picture, PictureLike, list_pictures, load_picture, pair_boxes, write_box
from modiste.client.problems import raise_problem
from modiste.client.shapes.explanations import Explanation
from modiste.client.shapes.tags import EmbedAnswer, EmbeddedPicture, TagAnswer, TaggedPicture
from modiste.client.steps import Steps, verb
from modiste.errors import AnswerError, UsageError

__all__ = ["PictureVerbs"]

_MOST: Final = 32  # pictures of one request
_MOST_BYTES: Final = 20_000_000  # of one request, of several pictures

_Parts = dict[str, Any]


class PictureVerbs(Asker):
    """What pictures show; as `modiste.Tagger` and `modiste.Embedder` say it."""

    @verb
    def tag(
        self,
        images: PictureLike | Iterable[PictureLike],
        *,
        boxes: Sequence[Box | None] | None = None,
        top_k: int = 1,
    ) -> Steps[TagAnswer]:
        """Say what pictures show; any number of them, sent some at a time.

        Args:
            images: Paths, files' contents, Pillow pictures or uint8 [height, width, 3], or one of these.
            boxes: One a picture: left, top, width, height in pixels of the picture as shown, or None for all of it.
            top_k: 1 to 20: how many values a field gets, the answer and alternatives.

        Returns:
            One `TaggedPicture` a picture, in order; one that the server can't read has a ``problem``.

        Raises:
            PictureError: A file can't be read here.
            ClientError: The server can't be asked, or refuses.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     answer = client.tag(["shirt.jpg", "watch.jpg"])
            >>> [shown["masterCategory"].value for shown in answer]
            ['Apparel', 'Accessories']
        """
        pictures: list[TaggedPicture] = []
        bundle = ""
        for parts in _split(images, boxes):
            answer = yield from self.ask(TagAnswer, "POST /v1/tag", params={"top_k": top_k}, repeats=True, **parts)
            bundle = _check_same(bundle, answer.bundle)
            pictures += answer.pictures
        return TagAnswer(bundle, tuple(pictures))

    @verb
    def tag_one(self, image: PictureLike, *, box: Box | None = None, top_k: int = 1) -> Steps[TaggedPicture]:
        """Say what one picture shows.

        Args:
            image: A picture, as for `tag`.
            box: The part to look at.
            top_k: How many values a field gets.

        Raises:
            ServerProblemError: The server can't read the picture.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     shown = client.tag_one("shirt.jpg")
            >>> shown["masterCategory"].value
            'Apparel'
        """
        (shown,) = yield from PictureVerbs.tag.steps(self, [image], boxes=[box], top_k=top_k)
        _raise_problem("POST /v1/tag", shown)
        return shown

    @verb
    def embed(
        self, images: PictureLike | Iterable[PictureLike], *, boxes: Sequence[Box | None] | None = None
    ) -> Steps[EmbedAnswer]:
        """Turn pictures into vectors of unit length: close vectors, similar products.

        Args:
            images: As for `tag`.
            boxes: As for `tag`.

        Returns:
            One `EmbeddedPicture` a picture, in order; ``.vectors`` has the vectors alone, n of [embedding size].

        Raises:
            PictureError: A file can't be read here.
            ClientError: The server can't be asked, or refuses.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     [vector] = client.embed("shirt.jpg").vectors
            >>> len(vector), round(sum(number**2 for number in vector), 3)
            (256, 1.0)
        """
        pictures: list[EmbeddedPicture] = []
        bundle = ""
        for parts in _split(images, boxes):
            answer = yield from self.ask(EmbedAnswer, "POST /v1/embed", repeats=True, **parts)
            bundle = _check_same(bundle, answer.bundle)
            pictures += answer.pictures
        return EmbedAnswer(bundle, tuple(pictures))

    @verb
    def embed_one(self, image: PictureLike, *, box: Box | None = None) -> Steps[tuple[float, ...]]:
        """Turn one picture into its vector.

        Args:
            image: A picture, as for `tag`.
            box: The part to look at.

        Raises:
            ServerProblemError: The server can't read the picture.
        """
        (shown,) = yield from PictureVerbs.embed.steps(self, [image], boxes=[box])
        _raise_problem("POST /v1/embed", shown)
        return shown.vector or ()

    @verb
    def explain(
        self, image: PictureLike, field: str, *, value: str | None = None, box: Box | None = None
    ) -> Steps[Explanation]:
        """Say which parts of a picture an answer rests on, and which labelled items agree.

        Args:
            image: A picture, as for `tag`.
            field: Which field.
            value: Which of its values; by default the answer.
            box: The part to look at.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     told = client.explain("shirt.jpg", "masterCategory")
            >>> told.value, len(told.map.values) == told.map.rows
            ('Apparel', True)
        """
        (parts,) = _split([image], [box])
        asked = {"field": field, "value": value}
        return (yield from self.ask(Explanation, "POST /v1/explain", params=asked, repeats=True, **parts))


def _split(images: PictureLike | Iterable[PictureLike], boxes: Sequence[Box | None] | None) -> Iterator[_Parts]:
    """Yield the forms of requests that are not too large; pictures are read when their form is."""
    waiting: list[tuple[Picture, Box | None]] = []
    for place, image, box in pair_boxes(list_pictures(images), boxes):
        picture = load_picture(image, place)
        held = sum(len(one.data) for one, _ in waiting) + len(picture.data)
        if waiting and (len(waiting) == _MOST or held > _MOST_BYTES):
            yield _build_form(waiting)
            waiting = []
        waiting.append((picture, box))
    if not waiting:
        raise UsageError("there are no pictures; give one or several")
    yield _build_form(waiting)


def _build_form(pictures: list[tuple[Picture, Box | None]]) -> _Parts:
    files = [("pictures", (one.name, one.data)) for one, _ in pictures]
    boxes = [write_box(box) for _, box in pictures]
    return {"files": files, "data": {"boxes": boxes} if any(boxes) else None}


def _check_same(before: str, now: str) -> str:
    if before and before != now:
        raise AnswerError(f"the server's bundle changed from {before} to {now} meanwhile; ask again")
    return now


def _raise_problem(asked: str, shown: TaggedPicture | EmbeddedPicture) -> None:
    if shown.problem is not None:
        raise_problem(asked, shown.problem)
