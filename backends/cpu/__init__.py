"""Code for processors: vector LLVM IR, compiled to objects that are kept on disk.

In come scalar expressions (`lazydag.backends.scalar`); `vector` prints them, `objects`
compiles, caches and loads the text, `mathlib` makes the functions that it calls.
"""
