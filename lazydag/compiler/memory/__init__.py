"""Memory of devices: where values lie in it, and when they make room for others.

In: the work of a plan over slots of its own for each value. Out: the same work over one
arena for each device, within its budget, with copies of what had to leave and return.
"""
