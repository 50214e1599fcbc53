"""What a file in the trace event format must be, as a check."""

import json
from numbers import Real

KINDS = {"kernel", "call", "task", "copy", "wait"}
FIELDS = {
    "X": {"ts": Real, "dur": Real, "name": str, "cat": str, "args": dict},
    "M": {"name": str, "args": dict},
    "C": {"ts": Real, "name": str, "args": dict},
    "s": {"ts": Real, "id": int, "name": str, "cat": str},
    "f": {"ts": Real, "id": int, "name": str, "cat": str, "bp": str},
}
ARGUMENTS = {"run": int, "task": int, "tiles": int, "read": int, "written": int}


def checked(text):
    """Return the events of a trace file by phase, having checked all of it."""
    document = json.loads(text)
    assert document["displayTimeUnit"] == "ns"
    events = {phase: [] for phase in FIELDS}
    for event in document["traceEvents"]:
        _check_event(event)
        events[event["ph"]].append(event)
    for track in _by_track(events["X"]).values():
        _check_track(track)
    _check_names(events)
    _check_arrows(events)
    return events


def _check_event(event):
    assert isinstance(event["pid"], int)
    assert isinstance(event["tid"], int)
    for name, kind in FIELDS[event["ph"]].items():
        assert isinstance(event[name], kind), (name, event)
    assert event.get("ts", 0) >= 0
    if event["ph"] == "X":
        assert event["dur"] >= 0
        assert event["cat"] in KINDS
        for name, kind in ARGUMENTS.items():
            assert isinstance(event["args"][name], kind), (name, event)
    if event["ph"] == "C":
        assert all(isinstance(value, Real) for value in event["args"].values())


def _by_track(slices):
    tracks = {}
    for event in slices:
        tracks.setdefault((event["pid"], event["tid"]), []).append(event)
    return tracks


def _check_track(slices):
    """Slices come by start, and each is disjoint from the one before or within it."""
    inside, last = [], 0
    for event in slices:
        start = round(event["ts"] * 1000)
        end = start + round(event["dur"] * 1000)
        assert start >= last
        while inside and inside[-1] <= start:
            inside.pop()
        assert not inside or end <= inside[-1]
        inside.append(end)
        last = start


def _check_names(events):
    named = {event["tid"] for event in events["M"] if event["name"] == "thread_name"}
    assert {event["tid"] for event in events["X"]} <= named


def _check_arrows(events):
    """Each arrow has two ends, and a slice around both; it points forward in time."""
    tracks = _by_track(events["X"])
    heads = {event["id"]: event for event in events["f"]}
    assert len(heads) == len(events["f"]) == len(events["s"])
    for tail in events["s"]:
        head = heads[tail["id"]]
        assert tail["ts"] <= head["ts"] + 0.002
        for end in (tail, head):
            slices = tracks[end["pid"], end["tid"]]
            assert any(
                s["ts"] <= end["ts"] <= s["ts"] + s["dur"] + 1e-6 for s in slices
            )
