"""`lazydag explain` from the words to the text."""

import json
import subprocess
import sys

import pytest

STAGES = ["traced", "simplified", "fused", "tiled", "placed"]


def command(*words):
    return [sys.executable, "-m", "lazydag.cli", *map(str, words)]


def test_all_stages_in_order(cli, program):
    code, out, err = cli("explain", f"{program}:norm")
    assert (code, err) == (0, "")
    found = [line for line in out.splitlines() if line.startswith("graph @")]
    assert [line.partition("stage=")[2].split()[0] for line in found] == STAGES
    assert "program.py:7" in out
    assert "tasks of @norm" in out


@pytest.mark.parametrize("stage", STAGES)
def test_one_stage(cli, program, stage):
    _, out, _ = cli("explain", f"{program}:norm", "--stage", stage)
    assert out.count("graph @") == 1
    assert f"stage={stage}" in out
    assert "tasks of" not in out


def test_types_on_the_command_line(cli, program):
    words = ("--arg", "f32[7,5]", "--arg", "y=f32[7,5]", "--arg", "scale=2.0")
    code, out, _ = cli("explain", f"{program}:norm", *words, "--stage", "traced")
    assert code == 0
    assert "f32[7,5]" in out


def test_plain_functions_are_traced_too(cli, program):
    code, out, _ = cli("explain", f"{program}:plain", "--stage", "traced")
    assert code == 0
    assert "sum" in out


def test_module_and_function(cli, program, monkeypatch):
    monkeypatch.chdir(program.parent)
    monkeypatch.syspath_prepend(str(program.parent))
    code, out, _ = cli("explain", "program:norm", "--stage", "fused")
    assert code == 0
    assert "kernel" in out


def test_why(cli, program):
    _, without, _ = cli("explain", f"{program}:norm")
    _, out, _ = cli("explain", f"{program}:norm", "--why")
    assert "reasons" in out
    assert "reasons" not in without
    for by in ("fuse", "tile", "place"):
        assert f"\n  {by}\n" in out


def test_json(cli, program):
    _, out, _ = cli("explain", f"{program}:norm", "--format", "json")
    document = json.loads(out)
    assert document["schema"] == "lazydag.explain/1"
    assert [stage["stage"] for stage in document["stages"]] == STAGES
    assert document["stages"][-1]["kernels"][0]["seconds"] > 0


def test_dot(cli, program):
    _, out, _ = cli("explain", f"{program}:norm", "--format", "dot")
    assert out.startswith("digraph")
    assert out.count("{") == out.count("}")


def test_analyze(cli, program):
    code, out, _ = cli("explain", f"{program}:norm", "--analyze")
    assert code == 0
    assert "predicted" in out
    assert "measured" in out
    assert "whole plan" in out


def test_output_to_a_file(cli, program, tmp_path):
    path = tmp_path / "norm.txt"
    code, out, _ = cli("explain", f"{program}:norm", "--output", path)
    assert (code, out) == (0, "")
    assert "stage=placed" in path.read_text()


def test_a_branch_is_an_error_with_its_line(cli, program):
    code, out, err = cli("explain", f"{program}:branchy", "--arg", "f64[3]")
    assert (code, out) == (1, "")
    assert "TraceError" in err
    assert "program.py:16" in err
    assert "Traceback" not in err


def test_the_programs_own_exception(cli, program):
    code, _, err = cli("explain", f"{program}:broken", "--arg", "f64[3]")
    assert code == 1
    assert "ZeroDivisionError: no such thing" in err
    assert "Traceback" not in err
    _, _, err = cli("explain", f"{program}:broken", "--arg", "f64[3]", "--traceback")
    assert "Traceback" in err


def test_a_file_that_does_not_import(cli, tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("import numpy\nnumpy.no_such_name\n")
    code, _, err = cli("explain", f"{path}:f")
    assert code == 1
    assert "cannot import" in err
    assert "no_such_name" in err


def test_as_a_process(program):
    done = subprocess.run(
        command("explain", f"{program}:norm", "--stage", "placed"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "stage=placed" in done.stdout


def test_a_pipe_that_closes_is_no_error(program):
    first = subprocess.Popen(
        command("explain", f"{program}:norm"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert first.stdout is not None
    first.stdout.close()
    _, error = first.communicate(timeout=60)
    assert (first.returncode, error) == (0, b"")


def test_misuse_of_a_process(tmp_path):
    done = subprocess.run(
        command("explain", "nowhere.py:f"),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
