"""`lazydag info` and `lazydag calibrate`."""

import pytest

from lazydag.cli.libraries import installed
from lazydag.cost import gpus, nvidia
from lazydag.cost.host import default_target
from lazydag.cost.nvidia import gpus_of
from lazydag.cost.store import load, save
from tests.cost.test_gpus import Driver


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LAZYDAG_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_info(cli, cache):
    code, out, err = cli("info")
    assert (code, err) == (0, "")
    for word in ("device cpu:0", "threads", "caches", "ram", "GPUs", "libraries"):
        assert word in out
    assert f"numpy         {installed('numpy')}" in out
    assert f"caches in {cache}" in out
    assert "calibration: none" in out


def test_calibration_is_kept_and_shown(cli, cache):
    code, out, _ = cli("calibrate", "--seconds", "0.2")
    assert code == 0
    assert "memory speed" in out
    (kept,) = cache.glob("calibration-*.toml")
    assert load(kept).default.bytes_per_s > 0
    _, out, _ = cli("info")
    assert f"calibration: {kept.name}, measured" in out


def test_calibration_in_a_file_is_a_target(cli, cache, tmp_path, program):
    path = tmp_path / "machine.toml"
    assert cli("calibrate", "--seconds", "0.2", "--output", path)[0] == 0
    assert not list(cache.glob("calibration-*.toml"))
    words = ("explain", f"{program}:norm", "--stage", "placed", "--target", path)
    assert cli(*words)[0] == 0


@pytest.mark.parametrize("seconds", ["0", "-1", "inf", "nan", "soon"])
def test_calibration_of_no_time(cli, cache, seconds):
    code, _, err = cli("calibrate", f"--seconds={seconds}")
    assert code == 2
    assert err.count("\n") == 1


def test_calibration_that_cannot_be_kept(cli, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAZYDAG_CACHE_DIR", str(tmp_path / "file" / "cache"))
    code, _, err = cli("calibrate", "--seconds", "0.2")
    assert code == 2
    assert "cannot write" in err


def test_a_target_that_is_none(cli, tmp_path, program):
    path = tmp_path / "machine.toml"
    path.write_text("[[device]]\nname = 3\n")
    code, _, err = cli("explain", f"{program}:norm", "--target", path)
    assert code == 1
    assert "ParseError" in err
    assert "Traceback" not in err


def test_plans_are_made_for_the_target_given(cli, tmp_path, program):
    path = tmp_path / "machine.toml"
    save(default_target(), path)
    text = path.read_text().replace('name = "cpu:0"', 'name = "cpu:7"')
    path.write_text(text)
    words = ("explain", f"{program}:norm", "--stage", "placed", "--target", path)
    _, out, _ = cli(*words)
    assert "@cpu:7" in out
    assert "target=cpu:7" in out


def test_info_says_which_gpus_are_used(cli, cache, monkeypatch):
    found = gpus_of(Driver(2))
    monkeypatch.setattr(nvidia, "gpus_of_machine", lambda: found)
    monkeypatch.setattr(gpus, "gpus_of_machine", lambda: found)
    monkeypatch.setattr(gpus, "has_library", lambda: False)
    _, out, _ = cli("info")
    assert "gpu:1  NVIDIA H200 11, 151 GB, 132 multiprocessors, capability 9.0" in out
    assert "not used without CuPy: pip install 'lazydag[cuda]'" in out
    monkeypatch.setattr(gpus, "has_library", lambda: True)
    monkeypatch.setenv("LAZYDAG_DEVICES", "gpu:1")
    _, out, _ = cli("info")
    assert "not used, as LAZYDAG_DEVICES says" in out
    assert "plans use it" in out
