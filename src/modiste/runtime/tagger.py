"""The tagger: pictures in, answers out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from modiste.bundle import Bundle
from modiste.errors import UsageError
from modiste.imaging import Box
from modiste.runtime.decision import Decider
from modiste.runtime.names import NameMap
from modiste.runtime.network import Network
from modiste.runtime.pictures import PictureLike, iterate_batches
from modiste.runtime.tags import Tags, list_tags

__all__ = ["Tagger"]


class Tagger:
    """Says what pictures show, one answer a field, none of which contradicts another.

    Args:
        bundle: A bundle or its folder; by default the one that modiste ships.
        threads: Cores to use; by default all that this process may use.
        names: The shop's own names for fields' values.

    Raises:
        BundleError: There is no such bundle, or it is damaged.
        UsageError: ``threads`` is below 1, or ``names`` speaks of something the bundle lacks.

    Example:
        >>> tags = Tagger().tag_one("shirt.jpg")  # doctest: +SKIP
        >>> tags["articleType"].value, round(tags["articleType"].confidence, 2)  # doctest: +SKIP
        ('Shirts', 0.97)
    """

    def __init__(
        self, bundle: Bundle | Path | str | None = None, *, threads: int | None = None, names: NameMap | None = None
    ) -> None:
        self.bundle = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
        self._decider = Decider(self.bundle.spec, names=names)
        self._network = Network(self.bundle, threads=threads)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the bundle that answers."""
        return self.bundle.fingerprint

    def tag(
        self,
        images: Iterable[PictureLike] | PictureLike,
        *,
        boxes: Sequence[Box | None] | None = None,
        top_k: int = 1,
    ) -> list[Tags]:
        """Tag pictures.

        Args:
            images: Paths, ARCHIVE::MEMBER references, files' contents, Pillow pictures or RGB arrays uint8
                [height, width, 3]; a single one counts as a list of one.
            boxes: One a picture: left, top, width, height in pixels of the picture as shown, or None.
            top_k: How many values a field gets: the answer and ``top_k - 1`` alternatives; at least 1.

        Returns:
            One `Tags` a picture, in the same order.

        Raises:
            PictureError: A picture can't be read. To go on past bad pictures use ``modiste tag``.
            UsageError: Something is no picture, or an option is out of range.
        """
        if top_k < 1:
            raise UsageError(f"top_k is {top_k}; expected 1 or more")
        tags: list[Tags] = []
        for batch in iterate_batches(images, self.bundle.preprocessing, boxes=boxes):
            output = self._network.run(batch)
            decision = self._decider.decide(output.logits, output.familiarity)
            tags.extend(list_tags(decision, top_k=top_k))
        return tags

    def tag_one(self, image: PictureLike, *, box: Box | None = None, top_k: int = 1) -> Tags:
        """Tag one picture; as `tag`, for a single picture."""
        return self.tag([image], boxes=[box], top_k=top_k)[0]
