"""What people say of items' labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from modiste.client.asking import Asker
from modiste.client.saving import choose_format, write_whole
from modiste.client.shapes.opinions import Opinion, OpinionAnswer, OpinionList, Review
from modiste.client.steps import Steps, verb
from modiste.client.uploads import PathLike

__all__ = ["OpinionVerbs"]


class OpinionVerbs(Asker):
    """Opinions, what is worth a second look, and the corrections that opinions become."""

    @verb
    def opinions(self, item_id: str) -> Steps[tuple[Opinion, ...]]:
        """List what people said of an item, the oldest first; also of one that is gone.

        Args:
            item_id: Which item.
        """
        said = yield from self.ask(OpinionList, "GET /v1/items/{item_id}/opinions", at={"item_id": item_id})
        return said.opinions

    @verb
    def add_opinion(
        self, item_id: str, field: str, values: Sequence[str], *, author: str | None = None
    ) -> Steps[OpinionAnswer]:
        """Say what is right; what most people say becomes the item's correction.

        Args:
            item_id: Which item.
            field: Which field.
            values: What is right: one value of a single field.
            author: Who says so; by default the name of the key.

        Raises:
            NotFoundError: There is no such item.
            KeyRefusedError: This client may not change anything.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     [item] = client.sample(1)
            ...     said = client.add_opinion(item.item_id, "season", ["Summer"], author="Ann")
            ...     undone = client.remove_opinion(said.opinion.id)
            >>> said.item.values("season"), undone.opinion
            (('Summer',), None)
        """
        asked = {"field": field, "values": [values] if isinstance(values, str) else list(values)}
        body = asked if author is None else {**asked, "author": author}
        at = {"item_id": item_id}
        return (yield from self.ask(OpinionAnswer, "POST /v1/items/{item_id}/opinions", at=at, json=body))

    @verb
    def remove_opinion(self, opinion_id: str) -> Steps[OpinionAnswer]:
        """Take an opinion back.

        Args:
            opinion_id: ``id`` of the opinion.

        Raises:
            NotFoundError: There is no such opinion.
            KeyRefusedError: This client may not change anything.
        """
        return (yield from self.ask(OpinionAnswer, "DELETE /v1/opinions/{opinion_id}", at={"opinion_id": opinion_id}))

    @verb
    def review(self, *, field: str | None = None, limit: int = 50, offset: int = 0) -> Steps[Review]:
        """List what is worth a person's second, the most doubtful first.

        Args:
            field: Only doubts about this field.
            limit: 1 to 100: how many at most.
            offset: Skip so many: the next page.
        """
        asked = {"field": field, "limit": limit, "offset": offset}
        return (yield from self.ask(Review, "GET /v1/review", params=asked))

    @verb
    def corrections(self, path: PathLike) -> Steps[Path]:
        """Write all corrections into a table that ``modiste adapt`` and ``modiste data`` read.

        Args:
            path: Where to; its ending says the format: .csv, .xlsx, .parquet or .jsonl. It appears whole or not at all.

        Returns:
            The path.

        Raises:
            UsageError: Nothing can be written there.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     table = client.corrections("corrections.csv")
            >>> table.exists()
            True
        """
        target = Path(path)
        asked = {"format": choose_format(target)}
        with write_whole(target) as file:
            yield from self.ask(None, "GET /v1/corrections", params=asked, file=file)
        return target
