"""Libraries on devices: cuBLAS, cuSOLVER, cuFFT and sorting, by way of CuPy.

In come arrays of a device and what NumPy or LAPACK would compute of them; out goes work
on the device's stream. CuPy has NumPy's names, so one text computes on a GPU and, for
tests, on a processor. Calls neither wait for the device nor look at values: what can
fail writes a code, as LAPACK does, which the host looks at when it has arrived.
"""

from lazydag.backends.cuda.library.calls import Call, queued_call, queued_views

__all__ = ["Call", "queued_call", "queued_views"]
