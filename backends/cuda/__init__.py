"""The CUDA backend: kernels for NVIDIA GPUs.

In come the same scalar expressions that the CPU backend prints as vectors; here they
are printed once for a thread. Out goes PTX. What a thread does is a function without a
trace of CUDA in it, so that processors can run whole grids of it, one thread after the
other, and tests need no GPU.
"""
