"""Loops and branches on devices: the host puts their steps on a stream, and waits not.

In come the kernel of a loop or branch that is placed on a device, and where its arrays
are there. Out comes work for the device: one piece, whose carries stay in the device's
memory. Only values that decide how it goes on come to the host.
"""
