import pytest

from lazydag.cost.memory import available_nbytes
from lazydag.errors import UsageError
from lazydag.runtime import MemoryPool
from lazydag.runtime.limits import default_limit, parse_limit, printed


def test_the_default_is_most_of_the_memory(monkeypatch):
    monkeypatch.delenv("LAZYDAG_MEMORY_LIMIT", raising=False)
    assert 0.7 < default_limit() / available_nbytes() < 0.8


@pytest.mark.parametrize(
    ("text", "nbytes"),
    [
        ("4096", 4096),
        ("8GB", 8 * 10**9),
        ("8 gib", 8 << 30),
        ("0.5MB", 500_000),
        (".5MiB", 1 << 19),
        ("100B", 100),
    ],
)
def test_the_variable_sets_it(monkeypatch, text, nbytes):
    monkeypatch.setenv("LAZYDAG_MEMORY_LIMIT", text)
    assert default_limit() == nbytes
    assert MemoryPool().limit_nbytes == nbytes


def test_a_percentage_of_the_memory():
    assert parse_limit("50%") == pytest.approx(available_nbytes() / 2, abs=2)


@pytest.mark.parametrize(
    "text", ["", "much", "8 XB", "-1", "1.2.3GB", "GB", "1e9", "."]
)
def test_anything_else_is_an_error(text):
    with pytest.raises(UsageError, match="is not an amount of memory"):
        parse_limit(text)


def test_amounts_print_for_people():
    amounts = [printed(nbytes) for nbytes in (0, 999, 1500, 1.6e8, 2.5e9, 7e12)]
    assert amounts == ["0 B", "999 B", "1.5 kB", "160 MB", "2.5 GB", "7 TB"]
