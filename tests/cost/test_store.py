from dataclasses import replace

import pytest

from lazydag.cost import Speed
from lazydag.cost.store import dump, load, parse, save
from lazydag.errors import ParseError, TargetError

MINIMAL = """
[[space]]
name = "ram"
nbytes = 1e9
[[device]]
name = "cpu:0"
kind = "cpu"
threads = 2
space = "ram"
flops_per_s = { f64 = 1e9 }
bytes_per_s = 2e9
stream_bytes_per_s = 2e9
thread_bytes_per_s = 1_000_000_000
thread_stream_bytes_per_s = 1e9
"""


def test_files_round_trip(four_gpus, tmp_path):
    path = tmp_path / "new" / "machine.toml"
    save(four_gpus, path)
    assert load(path) == four_gpus
    assert [each.name for each in path.parent.iterdir()] == ["machine.toml"]
    assert dump(parse(dump(four_gpus))) == dump(four_gpus)


def test_speeds_of_kernels_round_trip(four_gpus):
    speeds = (Speed("gemm.f64", "18x18x18", 4.5e10), Speed("lacpy.f64", "18x18", 9e9))
    target = replace(four_gpus, kernels=speeds)
    assert parse(dump(target)) == target
    assert target.speeds["lacpy.f64", "18x18"] == 9e9
    with pytest.raises(TargetError, match=r"gemm.f64 has per_s = 0"):
        replace(four_gpus, kernels=(Speed("gemm.f64", "", 0.0),))


def test_fields_with_defaults_may_be_left_out():
    target = parse(MINIMAL, "mine.toml")
    assert target.name == "mine.toml"
    assert target.links == ()
    assert target.default.l1_nbytes == 32 << 10
    assert target.default.thread_bytes_per_s == 1e9
    assert target.space("ram").nbytes == 10**9


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[space]]", "[[space", "mine.toml is not TOML"),
        ("[[space]]", "[space]", "space is not a list"),
        ("[[space]]", "[[room]]", "has room, which no target has"),
        ("threads = 2", "treads = 2", "device cpu:0 has an unknown field 'treads'"),
        ("threads = 2", "", "device cpu:0 lacks the field 'threads'"),
        ("threads = 2", "threads = 2.5", "threads is 2.5, which is no int"),
        ("threads = 2", "threads = true", "threads is True, which is no int"),
        ("{ f64 = 1e9 }", "{ f64 = 'fast' }", "flops_per_s.f64 is 'fast'"),
        ("{ f64 = 1e9 }", "1e9", "flops_per_s is 1000000000.0, which is no dict"),
        ("bytes_per_s = 2e9", "bytes_per_s = 'x'", "bytes_per_s is 'x'"),
    ],
)
def test_faults_are_named(old, new, message):
    with pytest.raises(ParseError) as caught:
        parse(MINIMAL.replace(old, new, 1), "mine.toml")
    assert message in str(caught.value)


def test_inconsistent_files_are_refused():
    with pytest.raises(TargetError, match="names the memory space 'rom'"):
        parse(MINIMAL.replace('space = "ram"', 'space = "rom"'))


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ParseError, match="is not text"):
        load(path)


def test_a_failed_write_leaves_the_old_file(four_gpus, tmp_path, monkeypatch):
    path = tmp_path / "machine.toml"
    save(four_gpus, path)
    monkeypatch.setattr("os.fdopen", lambda *args, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save(four_gpus, path)
    monkeypatch.undo()
    assert load(path) == four_gpus
    assert len(list(tmp_path.iterdir())) == 1
