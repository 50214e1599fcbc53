"""Code for processors: vector LLVM IR, compiled to objects that are kept on disk.

In come scalar expressions (`lazydag.backends.scalar`); `vector` prints them, `objects`
compiles, caches and loads the text, `mathlib` makes the functions that it calls.

The engine is not printed but written in Python: `native` makes machine code of it, by
way of `translate`, and `mapped` brings it back from the disk without LLVM.
"""
