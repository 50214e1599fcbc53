"""Python callables as tasks, called through the interpreter's C interface.

A callable's block is one word, its address; it is called with the run's table of buffer
addresses. What it raises is fetched here and handed to the job's `ON_ERROR`, so that
the very exception arrives there with its traceback.
"""

from __future__ import annotations

from lazydag.runtime.engine.memory import call, call32, load, store
from lazydag.runtime.engine.words import (
    BASES_OBJECT,
    CODE_RAISED,
    DESK_TRACEBACK,
    DESK_TYPE,
    DESK_VALUE,
    ON_ERROR,
    PYTHON_CALL,
    PYTHON_CLEAR,
    PYTHON_DECREF,
    PYTHON_ENSURE,
    PYTHON_FETCH,
    PYTHON_HOOK,
    PYTHON_INT,
    PYTHON_NORMALIZE,
    PYTHON_RELEASE,
)


def call_python(pool: int, job: int, desk: int, block: int) -> int:
    """Call a block's callable; return 0, or `CODE_RAISED`."""
    hook = load(pool + PYTHON_HOOK)
    if hook != 0:
        return call32(hook, job, desk, block)
    held = call32(load(pool + PYTHON_ENSURE))
    result = call(load(pool + PYTHON_CALL), load(block), load(job + BASES_OBJECT))
    code = 0
    if result == 0:
        code = CODE_RAISED
        hand_over(pool, job, desk)
    else:
        call(load(pool + PYTHON_DECREF), result)
    call(load(pool + PYTHON_RELEASE), held)
    return code


def hand_over(pool: int, job: int, desk: int) -> None:
    """Give the exception that is set to `ON_ERROR`, by way of the desk."""
    kind = desk + DESK_TYPE
    value = desk + DESK_VALUE
    traceback = desk + DESK_TRACEBACK
    call(load(pool + PYTHON_FETCH), kind, value, traceback)
    call(load(pool + PYTHON_NORMALIZE), kind, value, traceback)
    number = call(load(pool + PYTHON_INT), desk)
    if number != 0:
        result = call(load(pool + PYTHON_CALL), load(job + ON_ERROR), number)
        drop(pool, result)
        drop(pool, number)
    call(load(pool + PYTHON_CLEAR))
    drop(pool, load(kind))
    drop(pool, load(value))
    drop(pool, load(traceback))
    store(kind, 0)
    store(value, 0)
    store(traceback, 0)


def drop(pool: int, reference: int) -> None:
    """Drop a reference to a Python object, if there is one."""
    if reference != 0:
        call(load(pool + PYTHON_DECREF), reference)
