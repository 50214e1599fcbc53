import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.cost import Estimate
from lazydag.cost.history import History, Settled, shape_bucket
from lazydag.errors import CacheWarning

KEY = ("add mul", "20x20", "cpu:0")


def test_estimates_are_corrected_by_the_median_of_what_was_measured():
    history = History()
    plain = Estimate(2.0, "memory")
    assert history.correct(plain, *KEY) == plain
    for seconds in (3.0, 1.5, 40.0):
        history.record(*KEY, seconds, 1.0)
    assert history.factor(*KEY) == 3.0
    assert history.correct(plain, *KEY) == Estimate(6.0, "memory")


def test_one_disturbed_run_changes_nothing_and_a_lasting_change_is_followed():
    history = History()
    for _ in range(9):
        history.record(*KEY, 1.0, 1.0)
    history.record(*KEY, 1e6, 1.0)
    assert history.factor(*KEY) == 1.0
    for _ in range(5):
        history.record(*KEY, 2.0, 1.0)
    assert history.factor(*KEY) == 2.0


def test_kernels_sizes_and_devices_are_kept_apart():
    history = History()
    history.record(*KEY, 5.0, 1.0)
    assert history.factor("other", *KEY[1:]) == 1.0
    assert history.factor(KEY[0], "21x21", KEY[2]) == 1.0
    assert history.factor(*KEY[:2], "gpu:0") == 1.0


def test_times_without_meaning_are_not_recorded():
    history = History()
    for seconds, estimated in ((0.0, 1.0), (1.0, 0.0), (float("nan"), 1.0)):
        history.record(*KEY, seconds, estimated)
    assert len(history) == 0


def test_one_ratio_is_bounded():
    history = History()
    history.record(*KEY, 1e9, 1e-9)
    assert history.factor(*KEY) == 100.0


def test_the_least_recently_recorded_is_forgotten():
    history = History(capacity=3)
    for kernel in "abcad":
        history.record(kernel, "1", "cpu", 2.0, 1.0)
    assert [history.factor(kernel, "1", "cpu") for kernel in "abcd"] == [2, 1, 2, 2]
    assert len(history) == 3


def test_files_round_trip_and_newer_times_win(tmp_path):
    path = tmp_path / "new" / "history.json"
    old, new = History(), History()
    for _ in range(9):
        old.record(*KEY, 4.0, 1.0)
    old.record("b", "1", "cpu", 3.0, 1.0)
    old.save(path)
    for _ in range(6):
        new.record(*KEY, 2.0, 1.0)
    new.load(path)
    assert new.factor(*KEY) == 2.0
    assert new.factor("b", "1", "cpu") == 3.0
    new.load(tmp_path / "missing.json")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 9}', '{"format": 1, "ratios": [[1]]}']
)
def test_a_corrupted_file_is_a_warning(tmp_path, text):
    path = tmp_path / "history.json"
    path.write_text(text)
    history = History()
    with pytest.warns(CacheWarning, match="history.json is not used"):
        history.load(path)
    assert len(history) == 0


def test_threads_record_at_once():
    history = History(capacity=8)

    def record(seed):
        for number in range(500):
            history.record(str((seed + number) % 12), "1", "cpu", 2.0, 1.0)
            history.factor(str(number % 12), "1", "cpu")

    threads = [threading.Thread(target=record, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(history) == 8


@given(st.integers(1, 10**30))
def test_buckets_hold_sizes_within_a_half_power_of_two(elements):
    bucket = float(shape_bucket([(elements,)]))
    assert elements <= 2 ** (bucket + 0.26)
    assert elements >= 2 ** (bucket - 0.26)


def test_settled_answers_stay_as_they_were():
    history = History()
    settled = Settled(history)
    before = settled.correct(Estimate(1.0, "memory"), "k", "10", "gpu:0")
    history.record("k", "10", "gpu:0", 3.0, 1.0)
    after = settled.correct(Estimate(1.0, "memory"), "k", "10", "gpu:0")
    assert before == after == Estimate(1.0, "memory")
    assert Settled(history).correct(before, "k", "10", "gpu:0").seconds == 3.0
