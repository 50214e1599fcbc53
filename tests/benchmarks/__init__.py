"""Measurements against other libraries; run by ``make bench``, not by the tests.

Each benchmark runs in a process of its own with a fixed number of threads. Inside it
all libraries take turns, round by round, and a ratio is the median over the rounds, so
that what disturbs the machine disturbs all of them.
"""
