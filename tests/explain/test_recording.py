"""`trace` as a context: its file is whole or not there."""

import os
import threading

import pytest

from lazydag.errors import UsageError
from lazydag.explain import chrome, trace
from lazydag.explain.files import NewFile
from lazydag.runtime import sink
from lazydag.runtime.sink import Note
from tests.explain.trace_schema import checked


def work(name="f"):
    sink.note(Note(name, "task", "main", 1000, 2000))


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path):
    yield
    assert not sink.listening
    assert [path.name for path in tmp_path.iterdir() if path.name[0] == "."] == []


def test_a_file(tmp_path):
    path = tmp_path / "run.json"
    with trace(path) as recorded:
        work()
        assert not path.exists()
    assert [event["name"] for event in checked(path.read_text())["X"]] == ["f"]
    assert len(recorded.timeline.rows) == 1
    assert "f" in recorded.gantt(width=80)


def test_no_file():
    with trace() as recorded:
        work()
        with pytest.raises(UsageError, match="has not ended"):
            recorded.gantt()
    assert len(recorded.timeline.rows) == 1


def test_one_inside_another(tmp_path):
    with trace(tmp_path / "outer.json"):
        work("first")
        with trace(tmp_path / "inner.json"):
            work("second")
    names = [
        [event["name"] for event in checked(path.read_text())["X"]]
        for path in (tmp_path / "outer.json", tmp_path / "inner.json")
    ]
    assert [sorted(each) for each in names] == [["first", "second"], ["second"]]


def test_after_an_exception_what_was_run_is_there(tmp_path):
    path = tmp_path / "run.json"
    with pytest.raises(ZeroDivisionError), trace(path):
        work(1 / sum([work() or 0]))
    assert len(checked(path.read_text())["X"]) == 1


def test_other_threads_are_recorded():
    with trace() as recorded:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(10)
    assert len(recorded.timeline.rows) == 1


def test_a_place_that_is_not_there_is_an_error_before_the_work(tmp_path):
    with pytest.raises(UsageError, match=r"cannot write .*run\.json: No such file"):
        trace(tmp_path / "nowhere" / "run.json").__enter__()


def test_a_folder_is_not_written(tmp_path):
    with pytest.raises(UsageError, match="Is a directory"):
        trace(tmp_path).__enter__()


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "run.json"
    path.write_text("old")
    monkeypatch.setattr(chrome, "write_chrome", full)
    with pytest.raises(UsageError, match="No space left"), trace(path):
        work()
    assert path.read_text() == "old"


def test_a_trace_is_entered_once():
    recorded = trace()
    with recorded, pytest.raises(UsageError, match="twice"), recorded:
        pass


def test_links_stay(tmp_path):
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    with trace(link):
        work()
    assert link.is_symlink()
    assert len(checked(target.read_text())["X"]) == 1


def test_what_is_no_file_is_written_directly():
    with trace(os.devnull):
        work()
    assert not os.path.isfile(os.devnull)  # noqa: PTH113


def test_read_only_files_stay(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root
    with pytest.raises(UsageError, match="it is read-only"):
        NewFile(path)
