"""POST /v1/exports: who may ask, what is answered, what is left when it can't be done."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.api.tills import JSON, LiveTill, basket, live, made


def test_the_answer_names_each_file_by_its_records_and_its_hash(tmp_path: Path) -> None:
    with live(made(tmp_path)) as till:
        till.post("/v1/receipts", basket("r1"))
        answer = till.post("/v1/exports", {})
        assert answer.status == 200
        (file,) = answer.json["files"]
        assert (file["number"], file["first"], file["last"], file["records"]) == (1, 1, 1, 1)
        data = (Path(answer.json["folder"]) / file["file"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        assert answer.json["more"] is False
        assert till.post("/v1/exports", {}).json["files"] == []


def test_a_linked_tills_file_goes_into_its_spool(tmp_path: Path) -> None:
    settings = made(tmp_path, readers='[link]\nfolder = "spool"\nhq_key = "hq.pub"\n')
    (tmp_path / "hq.pub").write_text(f'{{"key":"{"ab" * 32}","type":"hq","v":1}}\n')
    with live(settings) as till:
        answer = till.post("/v1/exports", {}).json
        assert answer["folder"] == str(tmp_path / "spool" / "out")
        assert [it["file"] for it in answer["files"]] == [
            it.name for it in (tmp_path / "spool" / "out").iterdir() if ".day." in it.name
        ]


def test_a_folder_that_can_not_be_used_is_503_and_the_till_goes_on(tmp_path: Path) -> None:
    with live(made(tmp_path)) as till:
        (tmp_path / "days").write_text("no folder")
        answer = till.post("/v1/exports", {})
        assert (answer.status, answer.reason) == (503, "folder_unavailable")
        assert answer.headers["retry-after"] == "60"
        assert till.post("/v1/receipts", basket("r1")).status == 201
        (tmp_path / "days").unlink()
        assert till.post("/v1/exports", {}).json["files"][0]["records"] == 1


def test_only_a_token_for_exports_may_ask(guarded: LiveTill) -> None:
    def status(token: str) -> int:
        headers = {**JSON, "authorization": f"Bearer {token}"}
        return guarded.call("POST", "/v1/exports", {}, headers).status

    assert {token: status(token) for token in ("pos", "boss", "night")} == {
        "pos": 403,
        "boss": 403,
        "night": 200,
    }
