"""`lazydag run` behaves as `python` does, and watches."""

import json
import signal
import subprocess
import sys
import time

import pytest

WORK = """\
import numpy as np
import lazydag as ld

a = ld.asarray(np.ones(2_000_000))
print(float(ld.sum(a * 2.0 + 1.0)))
"""
# A thread that outlives the script's last line.
LATE = """\
import threading, time, __main__

def late():
    time.sleep(0.1)
    print(__main__.y)

threading.Thread(target=late).start()
y = 3
"""


@pytest.fixture
def script(tmp_path):
    """Write a script and return its path."""

    def write(text, name="script.py"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def command(*words):
    return [sys.executable, "-m", "lazydag.cli", "run", *map(str, words)]


def run(*words, **options):
    return subprocess.run(
        command(*words),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


def as_python(*words):
    return subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "text",
    [
        "import sys; print(sys.argv, __name__, __file__, sys.path[0])",
        "import sys; sys.exit()",
        "import sys; sys.exit(7)",
        "import sys; sys.exit('a message')",
        "def f():\n    return 1 / 0\nf()",
        "x = (\n1 +",
        "raise KeyError('é') from ValueError()",
        "def f(x: nowhere):\n    pass",
        "import atexit, __main__\nx = 5\natexit.register(lambda: print(__main__.x))",
        "import sys\nsys.excepthook = lambda *a: print('hooked', a[0])\nraise OSError",
        "# -*- coding: latin-1 -*-\nprint('hello')",
        LATE,
    ],
    ids=lambda text: text.splitlines()[0][:40],
)
def test_as_python_does(script, text):
    path = script(text)
    ours, theirs = run(path, "a", "-b", "3"), as_python(path, "a", "-b", "3")
    assert ours.stdout == theirs.stdout
    assert ours.stderr == theirs.stderr
    assert ours.returncode == theirs.returncode


def test_interrupts(script):
    # Processes in the background of a shell are started with the signal ignored.
    path = script(
        "import signal, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "print('up', flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen(
        command(path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert time.monotonic() - start < 10
    assert process.returncode == 130
    assert error.startswith("Traceback (most recent call last):\n")
    assert "lazydag" not in error
    assert error.endswith("KeyboardInterrupt\n")


def test_options_stand_before_and_after_the_script(script, tmp_path):
    path = script("import sys; print(sys.argv[1:])")
    words = ["--gantt", path, "-n", "5", "--threads", "1", "x"]
    words += ["--trace", tmp_path / "run.json", "--", "--gantt", "--"]
    done = run(*words)
    assert done.returncode == 0
    assert done.stdout == "['-n', '5', 'x', '--gantt', '--']\n"
    assert "nothing was run" in done.stderr
    assert json.loads((tmp_path / "run.json").read_text())["traceEvents"]


def test_threads(script):
    path = script("import lazydag as ld; print(ld.get_num_threads())")
    assert run(path, "--threads", "1").stdout == "1\n"
    done = run(path, "--threads", "0")
    assert done.returncode == 2
    assert done.stderr == "lazydag: 0 threads asked for. Give 1 or more.\n"


def test_a_trace_that_cannot_be_written_stops_before_the_script(script, tmp_path):
    path = script("print('ran')")
    done = run(path, "--trace", tmp_path / "nowhere" / "run.json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "cannot write" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_script_that_is_not_there(tmp_path):
    done = run(tmp_path / "none.py")
    assert done.returncode == 2
    assert "No such file" in done.stderr
    assert done.stderr.count("\n") == 1


def test_unknown_options_before_the_script_are_errors(script):
    done = run("--speed", script("pass"))
    assert done.returncode == 2
    assert "--speed" in done.stderr


def test_a_failing_script_leaves_its_trace(script, tmp_path):
    done = run(script("1 / 0"), "--trace", tmp_path / "run.json", "--gantt")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert (tmp_path / "run.json").exists()


def test_progress_shows_nothing_for_short_work(script):
    done = run(script(WORK), "--progress")
    assert (done.returncode, done.stdout, done.stderr) == (0, "6000000.0\n", "")
