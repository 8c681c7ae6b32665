"""Tags uploaded batches one after the other, in one process only; what was interrupted is gone on with."""

from __future__ import annotations

import json
import shutil
import threading
import time
from pathlib import Path
from typing import Final

from modiste.batch import ListingOptions, TagOptions, list_items, tag_files
from modiste.batch.lock import FileLock
from modiste.bundle import Bundle
from modiste.errors import ModisteError, SourceError
from modiste.imaging import PICTURE_SUFFIXES, DecodeLimits
from modiste.imaging.references import split_reference
from modiste.serving.jobs.record import Job
from modiste.serving.jobs.results import TOP_K, JobTable
from modiste.serving.jobs.store import JobStore
from modiste.serving.logs import LOGGER
from modiste.serving.problems import ProblemError, describe_error

__all__ = ["JobRunner", "find_tables"]

_PART: Final = 64  # pictures that a kill loses, and between which somebody may stop it
_PAUSE: Final = 2.0  # seconds between looks for what other processes took in
_REPORT: Final = 0.3  # seconds between notes of how far it is


class JobRunner:
    """A thread that tags uploaded batches while the server runs.

    Of several processes, the one that holds the lock does it; if it dies, another one goes on.

    Args:
        store: The batches.
        folder: Their files, each batch's in a folder called like its id.
        bundle: What tags.
        limits: The largest picture: the same as of a request.
        threads: Cores that a batch may use, beside the requests.
    """

    def __init__(self, store: JobStore, folder: Path, bundle: Bundle, *, limits: DecodeLimits, threads: int) -> None:
        self._store, self._folder, self._bundle, self._limits, self._threads = store, folder, bundle, limits, threads
        self._lock = FileLock(folder / "lock")
        self._stopping, self._news = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="modiste-jobs", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def wake(self) -> None:
        """Look for something to do at once."""
        self._news.set()

    def stop(self) -> None:
        """End after the part under way; the rest is done when the server starts again."""
        self._stopping.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()
        self._lock.release()

    def _work(self) -> None:
        while not self._stopping.is_set() and not self._lock.acquire():
            self._news.wait(_PAUSE)
            self._news.clear()
        while not self._stopping.is_set():
            self._news.clear()
            job = self._store.find_next()
            if job is None:
                self._news.wait(_PAUSE)
                continue
            try:
                self._run(job)
            except _StoppedError:
                continue
            except ModisteError as error:
                self._fail(job, describe_error(error))
            except Exception:
                LOGGER.exception("a batch failed", extra={"facts": {"job": job.id}})
                self._fail(job, ProblemError("failed", f"the batch {job.id} could not be tagged"))

    def _run(self, job: Job) -> None:
        folder = self._folder / job.id
        table = JobTable(folder, self._bundle.spec)
        self._store.update(job.id, status="running")
        inputs = [str(folder / "input" / name) for name in job.inputs]
        paths = find_tables(inputs) or inputs
        progress = _Progress(self._store, job, self._stopping, table)
        if not table.output.is_file() or table.is_begun:
            _check_inside(paths, folder / "input")
            tag_files(
                paths,
                table.output,
                bundle=self._bundle,
                options=TagOptions(top_k=TOP_K),
                limits=self._limits,
                threads=self._threads,
                # Begun with this, it goes on with this; begun otherwise, by an older modiste, it begins anew.
                overwrite=True,
                part_size=_PART,
                on_progress=progress,
            )
        rows, failed, doubtful = table.count()
        counts = {"pictures": rows + failed, "done": rows + failed, "failed": failed, "doubtful": doubtful}
        self._store.update(job.id, status="done", seconds=progress.seconds, **counts)

    def _fail(self, job: Job, problem: ProblemError) -> None:
        shown = {**problem.to_json(), "detail": problem.detail.replace(f"{self._folder / job.id / 'input'}/", "")}
        self._store.update(job.id, status="failed", problem=json.dumps(shown))

    def remove(self, job_id: str) -> None:
        """Remove the files of a batch that has ended, or was never begun."""
        shutil.rmtree(self._folder / job_id, ignore_errors=True)


class _StoppedError(Exception):
    """The batch is to end here: somebody cancelled it, or the server stops."""


class _Progress:
    """Notes how far a batch is, and ends it where it should."""

    def __init__(self, store: JobStore, job: Job, stopping: threading.Event, table: JobTable) -> None:
        self._store, self._job, self._stopping, self._table = store, job, stopping, table
        self._start, self._noted = time.monotonic(), 0.0

    @property
    def seconds(self) -> float:
        """How long it took, in all runs."""
        return self._job.seconds + time.monotonic() - self._start

    def __call__(self, done: int, total: int) -> None:
        if self._stopping.is_set():
            self._store.update(self._job.id, seconds=self.seconds)
            raise _StoppedError
        now = time.monotonic()
        if now - self._noted < _REPORT and done < total:
            return
        self._noted = now
        _, failed, doubtful = self._table.count()
        counts = {"pictures": total, "done": done, "failed": failed, "doubtful": doubtful}
        if not self._store.update(self._job.id, seconds=self.seconds, **counts):
            raise _StoppedError


def find_tables(paths: list[str]) -> list[str]:
    """Return those of some files that are tables: the other files are then the pictures that they speak of."""
    from modiste.imaging.table_members import has_picture_table_suffix
    from modiste.readers.raw_table import TABLE_SUFFIXES

    suffixes = frozenset(TABLE_SUFFIXES) - frozenset(PICTURE_SUFFIXES)
    return [path for path in paths if Path(path).suffix.lower() in suffixes or has_picture_table_suffix(path)]


def _check_inside(paths: list[str], folder: Path) -> None:
    """Check that every picture of a batch was uploaded with it: a table may name any file of this machine."""
    root = folder.resolve()
    for reference in list_items(paths, ListingOptions())["image"]:
        path = split_reference(reference)[0]
        if "://" in reference or not path.is_absolute():
            continue  # an address is not read, and what is no path leads nowhere: both end among the errors
        if not path.resolve().is_relative_to(root):
            raise SourceError(
                "the table names pictures that are not in the upload; send them with it, as a zip or beside"
            )
