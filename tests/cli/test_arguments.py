"""Arguments that make no sense get one clear line and exit code 2."""

import pytest

from lazydag.cli.values import parse_argument, parse_arguments
from lazydag.errors import UsageError

# words, with {program} for the file; what the line has to say
MISUSED = [
    ([], "COMMAND"),
    (["explode"], "explode"),
    (["explain"], "TARGET"),
    (["explain", "nowhere.py:f"], "no file nowhere.py"),
    (["explain", "{program}"], "does not name a function"),
    (["explain", "{program}:"], "does not name a function"),
    (["explain", ":norm"], "does not name a function"),
    (["explain", "{program}:nrom"], "Did you mean norm?"),
    (["explain", "{program}:constant"], "not a function"),
    (["explain", "no_such_module:f"], "no module 'no_such_module'"),
    (["explain", "{program}:unsampled"], "--arg"),
    (["explain", "{program}:norm", "--stage", "cooked"], "cooked"),
    (["explain", "{program}:norm", "--format", "html"], "html"),
    (["explain", "{program}:norm", "--arg"], "--arg"),
    (["explain", "{program}:norm", "--arg", "f65[3]"], "f65"),
    (["explain", "{program}:norm", "--arg", "f64[3"], "f64[3"),
    (["explain", "{program}:norm", "--arg", "f64[-3]"], "-3"),
    (["explain", "{program}:norm", "--arg", "f64[3.5]"], "3.5"),
    (["explain", "{program}:norm", "--arg", "f64[x]"], "'x'"),
    (["explain", "{program}:norm", "--arg", "open('x')"], "neither a type nor"),
    (["explain", "{program}:norm", "--arg", "x=1", "--arg", "x=2"], "twice"),
    (["explain", "{program}:norm", "--output", "/no/such/folder/file"], "cannot write"),
    (["explain", "{program}:norm", "--target", "/no/such/file"], "/no/such/file"),
    (["explain", "{program}:norm", "--nonsense"], "--nonsense"),
    (["info", "--loudly"], "--loudly"),
    (["calibrate", "now"], "now"),
]


@pytest.mark.parametrize(("words", "says"), MISUSED, ids=lambda w: str(w)[:60])
def test_misuse_gets_one_line(cli, program, words, says):
    code, out, err = cli(*(word.format(program=program) for word in words))
    assert code == 2
    assert out == ""
    assert says in err
    assert err.startswith("lazydag: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [["--help"], ["explain", "--help"], ["--version"]])
def test_help_and_version(cli, words):
    code, out, err = cli(*words)
    assert (code, err) == (0, "")
    assert "lazydag" in out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("f64[336776]", "f64[336776]"),
        ("i32[100,200]", "i32[100,200]"),
        (" f32[2, 3] ", "f32[2,3]"),
        ("bool[]", "bool[]"),
        ("f32", "f32[]"),
        ("3.5", "3.5"),
        ("-3", "-3"),
        ("True", "True"),
        ("(1, 2)", "(1, 2)"),
        ("'edge'", "edge"),
    ],
)
def test_values(text, shown):
    assert str(parse_argument(text)) == shown


def test_names_and_places():
    positional, named = parse_arguments(["f64[2]", "axis=1", "w=f32[3]", 4.0])
    assert [str(p) for p in positional] == ["f64[2]", "4.0"]
    assert {name: str(v) for name, v in named.items()} == {"axis": "1", "w": "f32[3]"}


def test_no_code_is_run_by_an_argument():
    with pytest.raises(UsageError, match="neither"):
        parse_argument("__import__('os').getpid()")
