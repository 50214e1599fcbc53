"""The passes: what turns the graph that was traced into one that is fast to run.

In: a `Graph` and a `Target`. Out: an equivalent `Graph` at a later stage, with a note
for every decision. A pass is a frozen dataclass, its fields are its options, and its
call is pure.
"""
