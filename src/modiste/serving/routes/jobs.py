"""Batches: upload pictures, follow the progress, look at the rows, correct them, download the table."""

from __future__ import annotations

import secrets
import shutil
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import Response

from modiste.errors import PictureError
from modiste.serving.correcting import check_values
from modiste.serving.jobs.receiving import receive_files, settle_folder
from modiste.serving.jobs.record import ENDED
from modiste.serving.jobs.record import Job as Record
from modiste.serving.jobs.results import JobTable
from modiste.serving.problems import ProblemError
from modiste.serving.routes.items import to_picture
from modiste.serving.routes.opinions import FILE
from modiste.serving.schemas.bodies import FILES_BODY
from modiste.serving.schemas.jobs import Job, JobErrors, JobList, JobRow, JobRows, RowCorrection
from modiste.serving.schemas.problem import list_problems
from modiste.serving.schemas.shape import Said
from modiste.serving.state import ServerState, State
from modiste.serving.tables import TableFormat, write_table

__all__ = ["router"]

router = APIRouter(prefix="/jobs", tags=["jobs"])

_MOST_JOBS: Final = 200
_MISSING: Final = list_problems("not-found")
_PICTURE: Final[dict[int | str, dict[str, Any]]] = {200: {"description": "A JPEG.", "content": {"image/jpeg": {}}}}
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
Limit = Annotated[int, Query(ge=1, le=500)]
RowNumber = Annotated[int, Path(ge=0, le=2**31)]


@router.post("", status_code=202, response_model=Job, openapi_extra=FILES_BODY)
async def add_job(request: Request, state: State) -> Said:
    """Upload pictures, a zip of them, or a table and the pictures that it speaks of; they are tagged in turn."""
    jobs = await state.searching.run(state.jobs.list_jobs)
    if len(jobs) >= _MOST_JOBS:
        raise ProblemError("conflict", f"there are {len(jobs)} batches", next="Remove one: DELETE /v1/jobs/ID")
    job_id = secrets.token_hex(8)
    folder = state.job_folder / job_id
    try:
        (folder / "input").mkdir(parents=True)
        names = await receive_files(request.headers.get("content-type", ""), request.stream(), folder / "input")
        await state.decoding.run(settle_folder, folder / "input")
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        job = await state.writing.run(state.jobs.add, job_id, names[0] + more, names)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise ProblemError("overloaded", f"the upload can't be kept: {error.strerror}") from error
        raise
    state.runner.wake()
    return job.to_json()


@router.get("", response_model=JobList)
async def list_jobs(state: State) -> Said:
    """List all batches, the latest first."""
    return {"jobs": [job.to_json() for job in await state.searching.run(state.jobs.list_jobs)]}


@router.get("/{job_id}", response_model=Job, responses=_MISSING)
async def read_job(job_id: str, state: State) -> Said:
    """Say how far a batch is."""
    return (await _find(state, job_id)).to_json()


@router.delete("/{job_id}", response_model=Job, responses=_MISSING)
async def remove_job(job_id: str, state: State) -> Said:
    """Cancel a batch that is under way; remove one that has ended, with its files."""
    job = await _find(state, job_id)
    if job.status not in ENDED:
        await state.writing.run(lambda: state.jobs.update(job.id, status="cancelled"))
        return (await _find(state, job_id)).to_json()
    await state.writing.run(state.jobs.remove, job.id)
    await state.writing.run(state.runner.remove, job.id)
    return job.to_json()


@router.get("/{job_id}/rows", response_model=JobRows, responses=_MISSING)
async def list_rows(
    job_id: str,
    state: State,
    offset: Offset = 0,
    limit: Limit = 50,
    doubtful: Annotated[bool | None, Query(description="Only those that are, or are not.")] = None,
) -> Said:
    """List the rows that are done so far."""
    table = await _open(state, job_id)
    corrections = await state.searching.run(state.jobs.list_corrections, job_id)
    rows, total = await state.searching.run(
        lambda: table.page(offset, limit, doubtful=doubtful, corrections=corrections)
    )
    return {"rows": rows, "total": total}


@router.get("/{job_id}/errors", response_model=JobErrors, responses=_MISSING)
async def list_errors(job_id: str, state: State, offset: Offset = 0, limit: Limit = 50) -> Said:
    """List the pictures that could not be read, with the reasons."""
    table = await _open(state, job_id)
    errors, total = await state.searching.run(table.read_errors, offset, limit)
    return {"errors": errors, "total": total}


@router.post("/{job_id}/rows/{row}", response_model=JobRow, responses=_MISSING)
async def correct_row(job_id: str, row: RowNumber, said: RowCorrection, state: State) -> Said:
    """Say what is right of a field of a row; no values take it back."""
    table = await _open(state, job_id)
    taxonomy = state.bundle.taxonomy
    values = check_values(taxonomy, said.field, said.values) if said.values or said.field not in taxonomy else ()
    await _show(state, table, job_id, row)
    await state.writing.run(state.jobs.correct, job_id, row, said.field, values)
    return await _show(state, table, job_id, row)


@router.get("/{job_id}/rows/{row}/picture", response_class=Response, responses={**_MISSING, **_PICTURE})
async def read_row_picture(
    job_id: str,
    row: RowNumber,
    state: State,
    width: Annotated[int, Query(ge=1, le=4_000)] = 240,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return the picture of a row as a JPEG."""
    table = await _open(state, job_id)
    image = await state.searching.run(table.find_picture, row)
    if image is None:
        raise ProblemError("not-found", f"the batch has no row {row}")
    try:
        small = await state.decoding.run(state.thumbnails.make, image, None, width)
    except PictureError as error:
        raise ProblemError("not-found", f"the picture of the row {row} can't be read") from error
    return to_picture(small, if_none_match)


@router.get("/{job_id}/download", response_class=Response, responses={**_MISSING, **FILE})
async def download(job_id: str, state: State, format: TableFormat = "csv") -> Response:
    """Return the table of a batch that is done, with what was corrected."""
    job = await _find(state, job_id)
    if job.status != "done":
        raise ProblemError("conflict", f"the batch is {job.status}", next="Wait until its status is done.")
    table = await _open(state, job_id)
    corrections = await state.searching.run(state.jobs.list_corrections, job_id)
    written = await state.searching.run(lambda: write_table(table.read(corrections), format, f"tags-{job.id}"))
    return Response(written.data, headers=written.headers, media_type=written.media_type)


async def _find(state: ServerState, job_id: str) -> Record:
    job = await state.searching.run(state.jobs.get, job_id)
    if job is None:
        raise ProblemError("not-found", f"there is no batch {job_id[:100]!r}")
    return job


async def _open(state: ServerState, job_id: str) -> JobTable:
    """Return the table of a batch; its folder is found by the id that the store knows, never by the address."""
    job = await _find(state, job_id)
    return JobTable(state.job_folder / job.id, state.bundle.spec)


async def _show(state: ServerState, table: JobTable, job_id: str, row: int) -> Said:
    corrections = await state.searching.run(state.jobs.list_corrections, job_id)
    found = await state.searching.run(table.row, row, corrections)
    if found is None:
        raise ProblemError("not-found", f"the batch has no row {row}")
    return found
