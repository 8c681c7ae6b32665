"""Batches: send pictures, follow the progress, look at the rows, correct them, take the table away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from modiste.client.asking import Asker
from modiste.client.problems import raise_problem
from modiste.client.saving import choose_format, write_whole
from modiste.client.shapes.jobs import Job, JobErrors, JobList, JobRow, JobRows
from modiste.client.steps import Flow, Pause, Steps, Told, series, verb
from modiste.client.uploads import PathLike, list_uploads
from modiste.errors import ClientError

__all__ = ["JobVerbs"]


class JobVerbs(Asker):
    """Batches that the server tags in the background."""

    @verb
    def submit(self, files: PathLike | Iterable[PathLike]) -> Steps[Job]:
        """Send a batch; it is read while it is sent, so it may be larger than the memory.

        Args:
            files: A zip, a table and the pictures that it speaks of, pictures, or a folder of them.

        Raises:
            UsageError: A file is not there.
            KeyRefusedError: This client may not send batches.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     job = client.submit(["shirt.jpg", "watch.jpg"])
            ...     job = client.wait(job.id, every=0.1)
            ...     table = client.download(job.id, "tags.csv")
            >>> job.status, job.done, table.name
            ('done', 2, 'tags.csv')
        """
        parts = [("file", pair) for pair in list_uploads(files)]
        return (yield from self.ask(Job, "POST /v1/jobs", files=parts))

    @verb
    def jobs(self) -> Steps[tuple[Job, ...]]:
        """List all batches, the latest first."""
        found = yield from self.ask(JobList, "GET /v1/jobs")
        return found.jobs

    @verb
    def job(self, job_id: str) -> Steps[Job]:
        """Say how far a batch is.

        Args:
            job_id: ``id`` of the batch.

        Raises:
            NotFoundError: There is no such batch.
        """
        return (yield from self.ask(Job, "GET /v1/jobs/{job_id}", at={"job_id": job_id}))

    @series
    def follow(self, job_id: str, *, every: float = 1.0) -> Flow[Job]:
        """Say how far a batch is, each time that this changes, until it has ended.

        Args:
            job_id: ``id`` of the batch.
            every: Seconds between two questions.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     job = client.submit("shirt.jpg")
            ...     steps = [step.status for step in client.follow(job.id, every=0.1)]
            >>> steps[-1]
            'done'
        """
        last = None
        while True:
            job = yield from JobVerbs.job.steps(self, job_id)
            if job != last:
                yield Told(job)
            if job.has_ended:
                return
            last = job
            yield Pause(every)

    @verb
    def wait(
        self,
        job_id: str,
        *,
        progress: Callable[[Job], object] | None = None,
        every: float = 1.0,
        timeout: float = 86_400.0,
    ) -> Steps[Job]:
        """Wait until a batch is done.

        Args:
            job_id: ``id`` of the batch.
            progress: Called with the batch each time that it is asked for.
            every: Seconds between two questions.
            timeout: Seconds to wait at most.

        Returns:
            The batch; it is done.

        Raises:
            ServerProblemError: It failed.
            ClientError: It was cancelled, or is not done in time; it goes on then.
        """
        until = time.monotonic() + timeout
        while True:
            job = yield from JobVerbs.job.steps(self, job_id)
            if progress is not None:
                progress(job)
            if job.has_ended:
                return _check_done(job)
            if time.monotonic() + every > until:
                raise ClientError(
                    f"the batch {job.name!r} is not done after {timeout:g} seconds: {job.done:,} of {job.pictures:,}. "
                    f"It goes on; wait again: client.wait({job.id!r})"
                )
            yield Pause(every)

    @verb
    def remove_job(self, job_id: str) -> Steps[Job]:
        """Cancel a batch that is under way; remove one that has ended, with its files.

        Args:
            job_id: ``id`` of the batch.

        Raises:
            NotFoundError: There is no such batch.
        """
        return (yield from self.ask(Job, "DELETE /v1/jobs/{job_id}", at={"job_id": job_id}))

    @verb
    def rows(self, job_id: str, *, offset: int = 0, limit: int = 50, doubtful: bool | None = None) -> Steps[JobRows]:
        """Return rows of a batch that are done so far.

        Args:
            job_id: ``id`` of the batch.
            offset: Skip so many: the next page.
            limit: 1 to 500: how many at most.
            doubtful: Only those that are, or are not.
        """
        asked = {"offset": offset, "limit": limit, "doubtful": doubtful}
        return (yield from self.ask(JobRows, "GET /v1/jobs/{job_id}/rows", at={"job_id": job_id}, params=asked))

    @verb
    def job_errors(self, job_id: str, *, offset: int = 0, limit: int = 50) -> Steps[JobErrors]:
        """Return the pictures of a batch that could not be read, with the reasons.

        Args:
            job_id: ``id`` of the batch.
            offset: Skip so many: the next page.
            limit: 1 to 500: how many at most.
        """
        asked = {"offset": offset, "limit": limit}
        return (yield from self.ask(JobErrors, "GET /v1/jobs/{job_id}/errors", at={"job_id": job_id}, params=asked))

    @verb
    def correct_row(self, job_id: str, row: int, field: str, values: Sequence[str]) -> Steps[JobRow]:
        """Say what is right of a field of a row.

        Args:
            job_id: ``id`` of the batch.
            row: Its number, from 0.
            field: Which field.
            values: What is right; none take a correction back.
        """
        said = {"field": field, "values": [values] if isinstance(values, str) else list(values)}
        at: dict[str, str | int] = {"job_id": job_id, "row": row}
        return (yield from self.ask(JobRow, "POST /v1/jobs/{job_id}/rows/{row}", at=at, json=said, repeats=True))

    @verb
    def row_picture(self, job_id: str, row: int, *, width: int = 240) -> Steps[bytes]:
        """Return the picture of a row as a JPEG file's content.

        Args:
            job_id: ``id`` of the batch.
            row: Its number, from 0.
            width: 1 to 4,000 pixels; rounded up to one of the server's steps.
        """
        at: dict[str, str | int] = {"job_id": job_id, "row": row}
        reply = yield from self.ask(None, "GET /v1/jobs/{job_id}/rows/{row}/picture", at=at, params={"width": width})
        return reply.body

    @verb
    def download(self, job_id: str, path: PathLike) -> Steps[Path]:
        """Write the table of a batch that is done, with what was corrected, into a file.

        Args:
            job_id: ``id`` of the batch.
            path: Where to; its ending says the format: .csv, .xlsx, .parquet or .jsonl. It appears whole or not at all.

        Returns:
            The path.

        Raises:
            UsageError: Nothing can be written there.
            ServerProblemError: The batch is not done yet.
        """
        target = Path(path)
        at, asked = {"job_id": job_id}, {"format": choose_format(target)}
        with write_whole(target) as file:
            yield from self.ask(None, "GET /v1/jobs/{job_id}/download", at=at, params=asked, file=file)
        return target


def _check_done(job: Job) -> Job:
    if job.problem is not None:
        raise_problem(f"the batch {job.name!r}", job.problem)
    if job.status != "done":
        raise ClientError(f"the batch {job.name!r} is {job.status}; send it again: client.submit(...)")
    return job
