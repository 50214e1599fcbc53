"""Timelines made by hand."""

import numpy as np

from lazydag.runtime.sink import Events
from lazydag.runtime.tasklist import Label, TaskList
from lazydag.runtime.timeline import timeline


def events(rows, workers=("main", "helper"), outcomes=None):
    """Return events from rows of task, worker, start, end."""
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    outcome = np.array([0] * len(rows) if outcomes is None else outcomes, np.uint8)
    return Events(*columns, np.ones(len(rows), np.int64), outcome, tuple(workers))


def tasks(labels, label, edges=()):
    """Return tasks with these labels and pairs of edges."""
    made = [each if isinstance(each, Label) else Label(each) for each in labels]
    sources, destinations = np.array(edges, np.int64).reshape(-1, 2).T
    return TaskList(
        made,
        np.array(label, np.int64),
        np.ones(len(label)),
        np.ones(len(label), np.int64),
        (sources, destinations),
    )


def of(rows, labels=("a", "b"), label=(0, 1), edges=(), **options):
    """Return the timeline of one run."""
    return timeline(events(rows, **options), tasks(labels, label, edges))
