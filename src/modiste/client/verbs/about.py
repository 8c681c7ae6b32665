"""What the server serves, and how it is."""

from __future__ import annotations

from modiste.client.asking import Asker
from modiste.client.shapes.about import BundleAnswer, CatalogueAnswer, ConfusionAnswer, Health
from modiste.client.steps import Steps, verb
from modiste.errors import ServerProblemError, UnreachableError

__all__ = ["AboutVerbs"]


class AboutVerbs(Asker):
    """The catalogue, the bundle, and the server's health."""

    @verb
    def catalogue(self) -> Steps[CatalogueAnswer]:
        """Say what the catalogue holds, and whether this client may change it.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     shop = client.catalogue()
            >>> shop.items > 0, "price" in [column.name for column in shop.columns]
            (True, True)
        """
        return (yield from self.ask(CatalogueAnswer, "GET /v1/catalogue"))

    @verb
    def bundle(self) -> Steps[BundleAnswer]:
        """Return the model in use: what it says, how it was made, how good it is.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     model = client.bundle()
            >>> [field.name for field in model.fields][:2]
            ['gender', 'masterCategory']
        """
        return (yield from self.ask(BundleAnswer, "GET /v1/bundle"))

    @verb
    def confusion(self, field: str) -> Steps[ConfusionAnswer]:
        """Return how often each value of a field was taken for another.

        Args:
            field: One of ``client.bundle().confusion``.

        Raises:
            NotFoundError: The bundle does not say.
        """
        return (yield from self.ask(ConfusionAnswer, "GET /v1/bundle/confusion", params={"field": field}))

    @verb
    def is_live(self) -> Steps[bool]:
        """Say whether the server's process runs; False where nobody answers."""
        try:
            yield from self.ask(Health, "GET /health/live", repeats=False)
        except (UnreachableError, ServerProblemError):
            return False
        return True

    @verb
    def is_ready(self) -> Steps[bool]:
        """Say whether the server can answer now; False where nobody does, it has its hands full, or it is damaged.

        Example:
            >>> from modiste import Client
            >>> with Client() as client, Client("http://127.0.0.1:9") as nobody:
            ...     client.is_ready(), nobody.is_ready()
            (True, False)
        """
        try:
            yield from self.ask(Health, "GET /health/ready", repeats=False)
        except (UnreachableError, ServerProblemError):
            return False
        return True

    @verb
    def metrics(self) -> Steps[str]:
        """Return the server's numbers in Prometheus's text format."""
        reply = yield from self.ask(None, "GET /metrics")
        return reply.body.decode("utf-8")

    @verb
    def describe_problem(self, kind: str) -> Steps[str]:
        """Say what a kind of problem is, and what helps.

        Args:
            kind: ``kind`` of a `modiste.errors.ServerProblemError`.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     print(client.describe_problem("too-many").splitlines()[0])
            Too many requests (HTTP 429).
        """
        reply = yield from self.ask(None, "GET /problems/{name}", at={"name": kind})
        return reply.body.decode("utf-8")
