"""From operands to nodes: promotion, broadcasting, and what functions are made of.

In: nodes and Python scalars. Out: nodes. Nothing here knows the class `Array`; mistakes
are raised here, at the user's line.
"""
