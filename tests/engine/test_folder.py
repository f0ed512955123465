"""The folder of a run: whole or not there, found again, and trusted only while it is what the run wrote."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from tradekit.engine.folder import TABLES, discard, find_run, list_runs, new_folder, publish, read_manifest, read_result, rendered
from tradekit.errors import RunError

STARTED = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def kept(lab):
    """The folder of a run that was kept."""
    lab.give(100.0 + np.arange(20.0) % 5)
    return lab.run("buy-and-hold").folder


def copy_of(kept, name, **about):
    """Copy a run under another name, as one that started at another time."""
    folder = kept.with_name(name)
    folder.mkdir()
    for path in kept.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["about"] |= about
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_new_folder_is_named_by_time_in_utc_and_slug(tmp_path):
    in_tokyo = STARTED.astimezone(timezone(timedelta(hours=9)))
    assert new_folder(tmp_path / "deep" / "runs", "trend", in_tokyo) == tmp_path / "deep" / "runs" / ".20240506-070809-trend.part"


def test_new_folder_in_the_same_second_gets_a_number(tmp_path):
    first, second = (new_folder(tmp_path, "x", STARTED) for _ in range(2))
    assert second.name == ".20240506-070809-x-2.part"
    publish(second)
    assert new_folder(tmp_path, "x", STARTED).name == ".20240506-070809-x-3.part"
    publish(first)
    assert new_folder(tmp_path, "x", STARTED).name == ".20240506-070809-x-4.part"


def test_new_folder_leaves_nothing_beside_a_run_of_that_name(tmp_path):
    publish(new_folder(tmp_path, "x", STARTED))
    new_folder(tmp_path, "x", STARTED)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".20240506-070809-x-2.part", "20240506-070809-x"]


def test_new_folder_too_many_in_a_second_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tradekit.engine.folder._MOST_IN_A_SECOND", 3)
    for _ in range(3):
        publish(new_folder(tmp_path, "x", STARTED))
    with pytest.raises(RunError, match=r"^no free name for a run in '.*': 3 runs have begun as '20240506-070809-x'$"):
        new_folder(tmp_path, "x", STARTED)


def test_discard_of_what_is_gone_already_says_nothing(tmp_path):
    discard(tmp_path / "gone")


def test_folder_holds_what_is_promised(kept):
    names = {"manifest.json", "metrics.json", *(f"{name}.parquet" for name in TABLES)}
    assert {path.name for path in kept.iterdir()} == names
    assert {path.name for path in kept.parent.iterdir()} == {kept.name, "trials.jsonl"}


def test_manifest_says_what_ran_where_and_with_what(kept):
    manifest = read_manifest(kept)
    assert manifest["about"]["id"] == kept.name
    assert set(manifest["about"]["versions"]) == {"tradekit", "numpy", "pyarrow", "pydantic"}
    assert manifest["about"]["started"] <= manifest["about"]["finished"]
    assert manifest["config"]["run"]["seed"] == 0
    assert len(manifest["data"][0]["sha256"]) == 64
    assert manifest["components"][1]["name"] == "buy-and-hold"
    assert set(manifest["files"]) == {"metrics.json", *(f"{name}.parquet" for name in TABLES)}


def test_manifest_and_metrics_are_ascii_with_sorted_keys(kept):
    for name in ("manifest.json", "metrics.json"):
        text = (kept / name).read_text(encoding="ascii")
        assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"


def test_read_result_gives_back_what_was_written(lab):
    lab.give(100.0 + np.arange(20.0) % 5)
    finished = lab.run("buy-and-hold", "execution.costs=[{model='fee', bps=10}]")
    again = read_result(finished.folder)
    result = finished.result
    for name in ("name", "mode", "status", "plan", "assumptions", "notes", "components"):
        assert getattr(again, name) == getattr(result, name)
    assert again.metrics == result.metrics
    assert again.config == json.loads(json.dumps(result.config))
    assert list(again.data) == [dict(fact, repairs=list(fact["repairs"])) for fact in result.data]
    assert list(again.metrics) == list(result.metrics)
    for name in TABLES:
        assert getattr(again, name).equals(getattr(result, name)), name
        assert getattr(again, name).schema == getattr(result, name).schema


def test_read_result_threads_let_go_before_the_process_ends(kept):
    code = f"from tradekit import read_result\nfor _ in range(8): read_result({str(kept)!r})"
    for _ in range(4):  # what threads of Arrow did after the interpreter had ended was seen in every third process
        process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (process.returncode, process.stderr) == (0, "")


@pytest.mark.parametrize("name", [*(f"{name}.parquet" for name in TABLES), "metrics.json"])
def test_read_result_changed_file_is_refused(kept, name):
    content = bytearray((kept / name).read_bytes())
    content[len(content) // 2] ^= 1
    (kept / name).write_bytes(content)
    with pytest.raises(RunError, match=f"{name}' is not what the run wrote: its SHA-256 is another than in manifest.json"):
        read_result(kept)


def test_read_result_missing_table_is_named(kept):
    (kept / "fills.parquet").unlink()
    with pytest.raises(RunError, match=r"fills.parquet' can't be read: no such file or directory"):
        read_result(kept)


def test_read_result_of_a_folder_without_a_run_says_so(tmp_path):
    with pytest.raises(RunError, match=r"' is no run: it has no manifest.json"):
        read_result(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "damaged: expecting property name"),
        ("[]", "damaged: it holds no table of keys"),
        ('{"format": 2}', "has format 2, and this version of tradekit reads 1"),
        ('{"format": 1}', "is not what the run wrote: its content does not match its digest"),
    ],
)
def test_read_manifest_damaged_is_refused(kept, content, said):
    (kept / "manifest.json").write_text(content)
    with pytest.raises(RunError, match=said):
        read_manifest(kept)


def test_read_manifest_changed_by_hand_is_refused(kept):
    path = kept / "manifest.json"
    path.write_text(path.read_text().replace('"capital": 1000.0', '"capital": 2000.0'))
    with pytest.raises(RunError, match=r"its content does not match its digest"):
        read_manifest(kept)


def test_list_runs_newest_first_then_damaged_then_unfinished(kept):
    copy_of(kept, "20300101-000000-late", started="2030-01-01T00:00:00.000+00:00")
    copy_of(kept, "20300101-000000-later", started="2030-01-01T00:00:00.500+00:00")
    copy_of(kept, "20310101-000000-bad")
    (kept.parent / "20310101-000000-bad" / "manifest.json").write_text("{")
    copy_of(kept, "20310101-000000-worse")
    (kept.parent / "20310101-000000-worse" / "metrics.json").unlink()
    (kept.parent / ".20320101-000000-x.part").mkdir()
    listed = list_runs(kept.parent)
    assert [(run.folder.name, run.status) for run in listed] == [
        ("20300101-000000-later", "done"),
        ("20300101-000000-late", "done"),
        (kept.name, "done"),
        ("20310101-000000-worse", "damaged"),
        ("20310101-000000-bad", "damaged"),
        (".20320101-000000-x.part", "unfinished"),
    ]
    assert "metrics.json' can't be read: no such file or directory" in listed[3].problem
    assert listed[0].metrics == json.loads((kept / "metrics.json").read_text())


def test_list_runs_without_a_folder_is_empty(tmp_path):
    assert list_runs(tmp_path / "none") == []


def test_find_run_by_id_beginning_path_and_last(kept, monkeypatch):
    runs = kept.parent
    late = copy_of(kept, "20300101-000000-late", started="2030-01-01T00:00:00.000+00:00")
    assert find_run(runs, kept.name) == kept
    assert find_run(runs, "2030") == late
    assert find_run(runs, str(kept)) == kept
    assert find_run(runs, "last") == late
    monkeypatch.chdir(runs)
    assert find_run(runs / "elsewhere", kept.name).resolve() == kept


def test_find_run_among_several_or_none_says_what_there_is(kept):
    runs = kept.parent
    copy_of(kept, "20300101-000000-a")
    copy_of(kept, "20300101-000000-b")
    with pytest.raises(RunError, match=r"^2 runs begin with '2030': 20300101-000000-[ab], 20300101-000000-[ab]; write more of it$"):
        find_run(runs, "2030")
    with pytest.raises(RunError, match=r"^no run 'lst' in '.*runs'; did you mean 'last'\?; 'tradekit runs' lists them$"):
        find_run(runs, "lst")
    with pytest.raises(RunError, match=r"did you mean '20300101-000000-a'\?"):
        find_run(runs, "20300101-000001-a")


def test_find_run_in_an_empty_place_says_how_to_make_one(tmp_path):
    with pytest.raises(RunError, match=r"^no runs in '.*'; 'tradekit run FILE' makes one, and --runs says where they are$"):
        find_run(tmp_path, "last")


def test_find_run_damaged_one_is_found_so_that_it_can_be_named(kept):
    copy_of(kept, "20300101-000000-bad")
    (kept.parent / "20300101-000000-bad" / "manifest.json").write_text("{")
    assert find_run(kept.parent, "2030").name == "20300101-000000-bad"
    assert find_run(kept.parent, "last") == kept


def test_rendered_page_is_plain_text_of_eighty_columns():
    text = rendered("word " * 100 + "[bold]literal[/bold] :smile:")
    assert max(map(len, text.splitlines())) <= 80
    assert "[bold]literal[/bold] :smile:" in text
    assert "\x1b" not in text


@pytest.mark.skipif(os.name == "nt", reason="permissions are another matter there")
def test_list_runs_unreadable_manifest_is_damaged(kept, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", denied)
    (run,) = list_runs(kept.parent)
    assert (run.status, run.problem.rsplit("' ", 1)[1]) == ("damaged", "can't be read: permission denied")
