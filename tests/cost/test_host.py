import pytest

from lazydag.cost.calibrate import calibrate, save_calibration
from lazydag.cost.host import (
    available_threads,
    cache_sizes,
    calibration_file,
    default_target,
    detect,
    machine_key,
)
from lazydag.cost.probes import Probes, rate
from lazydag.errors import CacheWarning


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LAZYDAG_CACHE_DIR", str(tmp_path / "cache"))


def test_the_defaults_describe_some_machine():
    target = default_target()
    assert target.default.threads == available_threads() >= 1
    assert target.default.space == "ram"
    assert target.space("ram").nbytes > 1 << 28
    l1_nbytes, l2_nbytes, l3_nbytes = cache_sizes()
    assert 4 << 10 <= l1_nbytes <= l2_nbytes
    assert l3_nbytes == 0 or l3_nbytes >= l2_nbytes
    assert detect() == target


def test_the_key_is_a_word():
    assert machine_key().isalnum()
    assert machine_key() in calibration_file().name


def test_a_calibration_is_kept_and_found(tmp_path):
    measured = calibrate(seconds=0.5, folder=tmp_path)
    path = save_calibration(measured)
    assert path == calibration_file()
    assert detect() == measured
    cpu = measured.default
    assert 1e8 < cpu.thread_bytes_per_s <= cpu.bytes_per_s < 1e13
    assert 1e8 < cpu.flops("f64") < 1e15
    assert {(link.src, link.dst) for link in measured.links} == {
        ("ram", "disk"),
        ("disk", "ram"),
    }


def test_native_probes_replace_those_of_numpy(tmp_path):
    probes = Probes(
        combine=lambda first, second, out: None,
        stream=lambda first, second, out: None,
        arithmetic={"f64": lambda: 1e30},
        task_overhead_seconds=lambda: 3e-8,
    )
    cpu = calibrate(probes, seconds=0.1, folder=tmp_path).default
    known = default_target().default
    assert cpu.task_overhead_seconds == 3e-8
    assert cpu.flops("f64") > 1e30
    # What was not measured keeps its proportion.
    ratio = known.flops("i8") / known.flops("f64")
    assert cpu.flops("i8") / cpu.flops("f64") == pytest.approx(ratio)


def test_a_folder_that_cannot_be_written_keeps_the_links(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert calibrate(seconds=0.1, folder=blocked).links == default_target().links


@pytest.mark.parametrize("text", ["", "{", "[[device]]", 'name = "host"', "\0"])
def test_a_corrupted_calibration_is_a_warning(text):
    calibration_file().parent.mkdir()
    calibration_file().write_text(text)
    with pytest.warns(CacheWarning, match="lazydag calibrate"):
        assert detect() == default_target()


def test_rates_add_the_threads():
    assert rate([lambda: 1.0], 0.01) > 0
    assert rate([lambda: 1.0] * 3, 0.01) > 0
