"""What a worker process does, and how values travel to it and back.

It is run as a script, and imports nothing of lazydag: it starts as fast as Python does,
and does not import the program that it works for.

Values are pickled by cloudpickle, so that functions of a script or a notebook travel
whole. The memory of large arrays goes through shared memory.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from typing import Any, Final

import cloudpickle

#: Bytes from which memory is shared. Below, a copy through the pipe costs less.
LEAST_SHARED: Final = 1 << 16
_ALIGNMENT: Final = 64
# On Windows memory is gone with the last handle: a result would not live to be read.
_CAN_ANSWER_SHARED: Final = os.name != "nt"


def pack(value: Any, *, can_share: bool = True) -> tuple[bytes, SharedMemory | None]:
    """Return a value as bytes, and the memory that goes with them."""
    shared: list[memoryview] = []

    def keeps_in_bytes(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if not can_share or raw.nbytes < LEAST_SHARED:
            return True
        shared.append(raw)
        return False

    data = cloudpickle.dumps(value, protocol=5, buffer_callback=keeps_in_bytes)
    if not shared:
        return pickle.dumps((data, None, ())), None
    places, end = [], 0
    for raw in shared:
        places.append((end, raw.nbytes))
        end += -(-raw.nbytes // _ALIGNMENT) * _ALIGNMENT
    memory = SharedMemory(create=True, size=end)
    into = memory.buf
    assert into is not None  # it is open
    for raw, (start, nbytes) in zip(shared, places, strict=True):
        into[start : start + nbytes] = raw
    return pickle.dumps((data, memory.name, places)), memory


def unpack(message: bytes, attach: Callable[[str], SharedMemory]) -> Any:
    """Return the value that was packed; its arrays are its own."""
    data, name, places = pickle.loads(message)
    if name is None:
        return pickle.loads(data)
    memory = attach(name)
    try:
        shared = memory.buf
        assert shared is not None
        buffers = [bytearray(shared[start : start + n]) for start, n in places]
    finally:
        memory.close()
    return pickle.loads(data, buffers=buffers)


def attach_of_parent(name: str) -> SharedMemory:
    """Return memory that the parent will remove."""
    memory = SharedMemory(name)
    _disown(memory)
    return memory


def _disown(memory: SharedMemory) -> None:
    """Leave memory to the other process: this one's tracker would remove it."""
    if os.name != "nt":
        resource_tracker.unregister("/" + memory.name.lstrip("/"), "shared_memory")


def _answer(request: bytes) -> bytes:
    """Return what a call returned, or what it raised, and where."""
    try:
        function, args, kwargs = unpack(request, attach_of_parent)
        found = True, function(*args, **kwargs), ""
        answer, memory = pack(found, can_share=_CAN_ANSWER_SHARED)
    except BaseException as error:  # noqa: BLE001 -- it is the task's
        return _failed(error)
    if memory is not None:
        _disown(memory)
        memory.close()
    return answer


def _failed(error: BaseException) -> bytes:
    where = "".join(traceback.format_exception(error))
    try:
        answer, _ = pack((False, error, where), can_share=False)
        unpack(answer, SharedMemory)
    except Exception:  # noqa: BLE001 -- one that cannot be pickled
        answer, _ = pack((False, None, where), can_share=False)
    return answer


def _connection(handle: int) -> Connection:
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection  # noqa: PLC0415

        return PipeConnection(handle)
    return Connection(handle)


def main() -> None:
    """Answer calls until the parent ends."""
    # Ctrl-C reaches all processes of a terminal; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with _connection(int(sys.argv[1])) as connection:
        sys.path[:] = connection.recv()
        while True:
            try:
                request = connection.recv_bytes()
            except (EOFError, OSError):
                return
            connection.send_bytes(_answer(request))


if __name__ == "__main__":
    main()
