"""Batches: tagged as the tagger does, gone on with after a stop, corrected and downloaded; nothing leads elsewhere."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from PIL import Image
from starlette.testclient import TestClient

from modiste.batch import TagOptions, tag_files
from modiste.bundle import Bundle
from modiste.imaging import DecodeLimits
from modiste.runtime import Tagger
from modiste.serving.jobs.results import JobTable, apply_corrections
from modiste.serving.jobs.runner import JobRunner
from modiste.serving.jobs.store import JobStore

from .conftest import Shop, limits, to_jpeg
from .problems import check_problem

PATIENCE = 60.0


def zip_files(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        for name, data in files.items():
            writer.writestr(name, data)
    return archive.getvalue()


def wait(client: TestClient, job_id: str) -> dict:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        job = client.get(f"/v1/jobs/{job_id}").json()
        if job["status"] in ("done", "failed", "cancelled"):
            return job
        time.sleep(0.05)
    raise AssertionError(f"the batch is still {job}")


def upload(client: TestClient, *files: tuple[str, bytes]) -> dict:
    answer = client.post("/v1/jobs", files=[("file", one) for one in files])
    assert answer.status_code == 202, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def done(client: TestClient, shop: Shop) -> dict:
    pictures = {f"shirts/{place}.jpg": data for place, data in enumerate(shop.files.values())}
    job = upload(client, ("Autumn photos.zip", zip_files({**pictures, "bad.jpg": b"no picture"})))
    assert job["name"] == "Autumn photos.zip" and job["status"] == "waiting"
    return wait(client, job["id"])


def test_a_batch_is_counted(done: dict, shop: Shop) -> None:
    count = len(shop.files) + 1
    assert (done["status"], done["pictures"], done["done"], done["failed"]) == ("done", count, count, 1)
    assert done["problem"] is None and done["finished"] > done["created"]


def test_rows_are_what_the_tagger_says(client: TestClient, done: dict, shop: Shop, tiny: Bundle) -> None:
    said = client.get(f"/v1/jobs/{done['id']}/rows", params={"limit": 500}).json()
    assert said["total"] == len(shop.files)
    by_name = {row["name"]: row for row in said["rows"]}
    expected = Tagger(tiny, threads=1).tag(list(shop.files.values()), top_k=4)
    for place, tags in enumerate(expected):
        row = by_name[f"shirts/{place}.jpg"]
        for name, tag in tags.items():
            told = row["tags"][name]
            assert told["values"] == list(tag.values)
            assert told["confidence"] == pytest.approx(tag.confidence, abs=6e-5)
            assert told["doubtful"] == tag.doubtful
            if tag.kind == "single":
                assert [one["value"] for one in told["alternatives"]] == [one.value for one in tag.alternatives]
    assert sum(row["doubtful"] for row in said["rows"]) == done["doubtful"]


def test_rows_are_paged_and_filtered(client: TestClient, done: dict) -> None:
    address = f"/v1/jobs/{done['id']}/rows"
    everything = client.get(address, params={"limit": 500}).json()["rows"]
    some = client.get(address, params={"offset": 3, "limit": 4}).json()["rows"]
    assert some == everything[3:7] and [row["row"] for row in some] == [3, 4, 5, 6]
    for wanted in (True, False):
        said = client.get(address, params={"doubtful": wanted, "limit": 500}).json()
        assert said["rows"] == [row for row in everything if row["doubtful"] == wanted]
        assert said["total"] == len(said["rows"])


def test_what_can_not_be_read_is_listed(client: TestClient, done: dict) -> None:
    said = client.get(f"/v1/jobs/{done['id']}/errors").json()
    assert said["total"] == 1 and said["errors"][0]["name"] == "bad.jpg" and "text" in said["errors"][0]["reason"]


def test_a_picture_of_a_batch_may_be_as_large_as_one_of_a_request(fresh: Callable[..., TestClient]) -> None:
    client = fresh(limits=limits(pixels=5_000))
    small, large = to_jpeg(Image.new("RGB", (60, 80))), to_jpeg(Image.new("RGB", (80, 80)))
    job = wait(client, upload(client, ("p.zip", zip_files({"small.jpg": small, "large.jpg": large})))["id"])
    assert (job["status"], job["pictures"], job["failed"]) == ("done", 2, 1)
    (error,) = client.get(f"/v1/jobs/{job['id']}/errors").json()["errors"]
    assert error["name"] == "large.jpg" and "at most 5,000 are decoded" in error["reason"]
    alone = client.post("/v1/tag", content=large, headers={"content-type": "image/jpeg"})
    check_problem(alone, "bad-picture", error["reason"])


def test_a_row_shows_its_picture(client: TestClient, done: dict) -> None:
    answer = client.get(f"/v1/jobs/{done['id']}/rows/2/picture")
    assert answer.headers["content-type"] == "image/jpeg"
    known = {"If-None-Match": answer.headers["etag"]}
    assert client.get(f"/v1/jobs/{done['id']}/rows/2/picture", headers=known).status_code == 304
    check_problem(client.get(f"/v1/jobs/{done['id']}/rows/900/picture"), "not-found", "900")
    check_problem(client.get(f"/v1/jobs/{done['id']}/rows/-1/picture"), "invalid")


def test_corrections_are_in_what_is_downloaded(client: TestClient, done: dict, tmp_path: Path) -> None:
    address = f"/v1/jobs/{done['id']}"
    before = client.get(f"{address}/rows").json()["rows"][1]
    said = client.post(f"{address}/rows/1", json={"field": "colour", "values": ["Green"]}).json()
    assert said["corrected"] == {"colour": ["Green"]} and said["tags"] == before["tags"]
    client.post(f"{address}/rows/1", json={"field": "material", "values": ["Silk", "Cotton"]})
    client.post(f"{address}/rows/0", json={"field": "colour", "values": ["Red"]})
    undone = client.post(f"{address}/rows/0", json={"field": "colour", "values": []}).json()
    assert undone["corrected"] == {}
    tables = {}
    for kind in ("csv", "xlsx", "parquet", "jsonl"):
        answer = client.get(f"{address}/download", params={"format": kind})
        path = tmp_path / f"t.{kind}"
        path.write_bytes(answer.content)
        assert f".{kind}" in answer.headers["content-disposition"]
        tables[kind] = {"csv": pl.read_csv, "xlsx": pl.read_excel, "parquet": pl.read_parquet, "jsonl": pl.read_ndjson}[
            kind
        ](path)
    for kind, table in tables.items():
        assert table["image"].to_list()[1] == before["name"], kind
        assert table["colour"].to_list()[1] == "Green" and table["colour_confidence"].to_list()[1] == 1
        silk = table["material"].to_list()[1]
        assert (silk if isinstance(silk, list) else silk.split(";")) == ["Cotton", "Silk"]
        assert (
            table["colour"].to_list()[0] == client.get(f"{address}/rows").json()["rows"][0]["tags"]["colour"]["value"]
        )
    text = (tmp_path / "t.csv").read_text()
    assert str(tmp_path.parent) not in text and "/input/" not in text


def test_doubts_that_were_settled_are_none(tiny: Bundle) -> None:
    names = tiny.taxonomy.names
    row = {name: ["Silk"] if tiny.taxonomy[name].kind == "multi" else tiny.taxonomy[name].values[0] for name in names}
    row |= {f"{name}_confidence": 0.99 for name in names} | {"colour_confidence": 0.1, "doubtful": True}
    table = pl.DataFrame([row, row])
    fixed = apply_corrections(table, {0: {"colour": ["Red"]}, 1: {"kind": ["Shoes"]}, 7: {"kind": ["Bags"]}}, tiny.spec)
    assert fixed["doubtful"].to_list() == [False, True] and fixed.schema == table.schema


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"field": "colour", "values": ["Pinkish"]}, "Black"),
        ({"field": "colour", "values": ["Red", "Blue"]}, "one value"),
        ({"field": "nothing", "values": []}, "kind"),
        ({"field": "colour"}, "values"),
    ],
)
def test_a_correction_that_says_nothing_known_is_refused(client: TestClient, done: dict, body: dict, word: str) -> None:
    check_problem(client.post(f"/v1/jobs/{done['id']}/rows/0", json=body), "invalid", word)


def test_unknown_batches_and_rows_are_not_found(client: TestClient, done: dict) -> None:
    for path in ("", "/rows", "/errors", "/download", "/rows/0/picture"):
        check_problem(client.get(f"/v1/jobs/..%2F..{path}"), "not-found", "batch")
    answer = client.post(f"/v1/jobs/{done['id']}/rows/900", json={"field": "colour", "values": ["Red"]})
    check_problem(answer, "not-found", "900")


def test_a_batch_is_removed_with_its_files(client: TestClient, shop: Shop) -> None:
    job = wait(client, upload(client, ("a.jpg", shop.files["10001"]), ("b.jpg", shop.files["10002"]))["id"])
    assert job["name"] == "a.jpg and 1 more" and job["pictures"] == 2
    folder = shop.place / "serving" / "jobs" / job["id"]
    assert folder.is_dir()
    client.delete(f"/v1/jobs/{job['id']}")
    assert not folder.exists()
    check_problem(client.get(f"/v1/jobs/{job['id']}"), "not-found", job["id"])


def test_a_table_reads_only_what_was_sent_with_it(client: TestClient, shop: Shop, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(shop.files["10001"])
    table = f"image,item_id\na.jpg,1\n{secret},2\n../../../../{secret.name},3\nfile://{secret},4\nhttp://127.0.0.1/a.jpg,5\n"
    job = upload(client, ("t.csv", table.encode()), ("a.jpg", shop.files["10002"]))
    done = wait(client, job["id"])
    assert (done["status"], done["pictures"], done["failed"]) == ("done", 5, 4), done
    (row,) = client.get(f"/v1/jobs/{job['id']}/rows").json()["rows"]
    assert row["name"] == "a.jpg"
    told = client.get(f"/v1/jobs/{job['id']}/errors").text
    assert str(shop.place) not in told


def test_what_is_no_batch_fails_and_says_why(client: TestClient) -> None:
    said = wait(client, upload(client, ("empty.zip", zip_files({"readme.txt": b"hi"})))["id"])
    assert said["status"] == "failed" and "no pictures" in said["problem"]["detail"]
    assert "/input/" not in said["problem"]["detail"]
    check_problem(client.get(f"/v1/jobs/{said['id']}/download"), "conflict", "failed")
    said = wait(client, upload(client, ("broken.zip", b"PK nothing"))["id"])
    assert said["failed"] == said["pictures"] == 1 or said["status"] == "failed"


def test_a_boundary_that_no_form_has_is_told(client: TestClient) -> None:
    kind = f"multipart/form-data; boundary={'b' * 5000}"
    check_problem(client.post("/v1/jobs", content=b"x", headers={"content-type": kind}), "bad-request", "damaged")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "bad-request"),
        (b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nhalf', "bad-request"),
        (b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nno file\r\n--b--\r\n', "invalid"),
        (b'--b\r\nContent-Disposition: form-data; name="x"; filename="a"\r\n\r\nx\r\n--b--\r\n', "invalid"),
        (b"--b\r\n" + b"X" * 9000 + b": y\r\n\r\nx\r\n--b--\r\n", "bad-request"),
        (b"\x00\x01 nonsense", "bad-request"),
    ],
)
def test_half_forms_leave_nothing(client: TestClient, shop: Shop, content: bytes, kind: str) -> None:
    folder = shop.place / "serving" / "jobs"
    before = sorted(folder.iterdir())
    answer = client.post("/v1/jobs", content=content, headers={"content-type": "multipart/form-data; boundary=b"})
    check_problem(answer, kind)
    assert sorted(folder.iterdir()) == before


def test_other_bodies_are_refused(client: TestClient) -> None:
    check_problem(client.post("/v1/jobs", content=b"x", headers={"content-type": "application/zip"}), "wrong-type")
    check_problem(client.post("/v1/jobs", content=b"x", headers={"content-type": "multipart/form-data"}), "wrong-type")


@pytest.mark.parametrize(
    "name",
    ["../../escape.jpg", "/etc/cron.d/x.jpg", "..\\..\\x.jpg", "a\x00b.jpg", "CON.jpg", "." * 300 + ".jpg", "x" * 900],
)
def test_names_lead_nowhere(fresh: Callable[..., TestClient], drawn_shop: Shop, tmp_path: Path, name: str) -> None:
    client = fresh()
    before = {path for path in tmp_path.parent.rglob("*") if "serving" not in path.parts}
    job = wait(client, upload(client, (name, drawn_shop.files["10001"]), (name, drawn_shop.files["10002"]))["id"])
    assert job["status"] in ("done", "failed")
    assert {path for path in tmp_path.parent.rglob("*") if "serving" not in path.parts} == before
    kept = list((tmp_path / "shop" / "serving" / "jobs" / job["id"] / "input").iterdir())
    assert len(kept) == 2 and all(len(path.name) < 150 for path in kept)


def test_a_batch_that_was_stopped_goes_on(
    tmp_path: Path, drawn_shop: Shop, tiny: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else a quick machine is done before the first note of how far it is.
    monkeypatch.setattr("modiste.serving.jobs.runner._REPORT", 0.0)
    store, folder = JobStore(tmp_path / "jobs.sqlite"), tmp_path / "jobs"
    inputs = folder / "one" / "input"
    inputs.mkdir(parents=True)
    pictures = list(drawn_shop.files.values())
    names = [f"{number:04}.jpg" for number in range(200)]
    for number, name in enumerate(names):
        (inputs / name).write_bytes(pictures[number % len(pictures)])
    store.add("one", "many", names)
    first = JobRunner(store, folder, tiny, limits=DecodeLimits(), threads=1)
    stopped = threading.Event()
    update = store.update

    def stop_after_a_part(job_id: str, **changes: object) -> bool:
        if changes.get("done", 0):
            first._stopping.set()
            stopped.set()
        return update(job_id, **changes)

    store.update = stop_after_a_part
    first.start()
    assert stopped.wait(PATIENCE)
    first.stop()
    store.update = update
    job = store.get("one")
    assert job is not None and job.status == "running" and 0 < job.done < 200
    rows, total = JobTable(folder / "one", tiny.spec).page(0, 500, doubtful=None, corrections={})
    assert 0 < total == len(rows) < 200  # what is done can be seen already
    second = JobRunner(store, folder, tiny, limits=DecodeLimits(), threads=1)
    second.start()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and store.get("one").status != "done":
        time.sleep(0.05)
    second.stop()
    job = store.get("one")
    assert job is not None and (job.status, job.done, job.pictures) == ("done", 200, 200)
    tag_files([inputs / name for name in names], tmp_path / "t.parquet", bundle=tiny, options=TagOptions(top_k=4))
    assert pl.read_parquet(folder / "one" / "tags.parquet").equals(pl.read_parquet(tmp_path / "t.parquet"))
    store.close()


def test_a_batch_that_is_cancelled_ends(tmp_path: Path, drawn_shop: Shop, tiny: Bundle) -> None:
    store, folder = JobStore(tmp_path / "jobs.sqlite"), tmp_path / "jobs"
    (folder / "one" / "input").mkdir(parents=True)
    (folder / "one" / "input" / "a.jpg").write_bytes(drawn_shop.files["10001"])
    store.add("one", "a", ["a.jpg"])
    store.update("one", status="cancelled")
    assert store.find_next() is None and not store.update("one", done=5)
    store.close()


def test_one_process_of_several_does_the_batches(tmp_path: Path, tiny: Bundle) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    runners = [JobRunner(store, tmp_path / "jobs", tiny, limits=DecodeLimits(), threads=1) for _ in range(2)]
    for runner in runners:
        runner.start()
    time.sleep(0.3)
    holding = [runner for runner in runners if runner._lock._file is not None]
    assert len(holding) == 1
    for runner in runners:
        runner.stop()
    store.close()
