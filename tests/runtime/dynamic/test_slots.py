"""How many tasks run at a time."""

import threading
import time

from lazydag.runtime.dynamic.seats import Seat
from lazydag.runtime.dynamic.slots import Slots


def test_taking_and_giving():
    slots, seats = Slots(2), [Seat() for _ in range(3)]
    assert [slots.take(seat) for seat in seats] == [True, True, False]
    assert (slots.free, slots.taken, slots.crowded) == (0, 2, False)
    slots.give(seats[0])
    slots.give(seats[0])
    assert slots.free == 1
    assert slots.take(seats[2])


def test_those_that_come_back_are_first():
    slots, holder, other, late = Slots(1), Seat(), Seat(), Seat()
    assert slots.take(holder)
    thread = threading.Thread(target=slots.retake, args=(other,))
    thread.start()
    while not slots.crowded:
        time.sleep(0.001)
    slots.give(holder)
    thread.join(20)
    assert not slots.take(late)
    assert not slots.crowded
    slots.give(other)
    slots.retake(late)
    assert slots.taken == 1


def test_resizing():
    slots, seats = Slots(3), [Seat() for _ in range(3)]
    for seat in seats:
        slots.take(seat)
    slots.resize(1)
    assert slots.crowded
    assert slots.free == -2
    slots.give(seats[0])
    slots.give(seats[1])
    assert not slots.crowded
    threads = [threading.Thread(target=slots.retake, args=(s,)) for s in seats[:2]]
    for thread in threads:
        thread.start()
    slots.resize(3)
    for thread in threads:
        thread.join(20)
    assert slots.taken == 3
