"""Tasks for GPUs as native kernels: launches, copies, and waiting for what they do.

All work on streams. A stub first lets its stream wait for events of others, then puts
its work on the stream, then records an event that others wait for. Streams and events
are handles in the table of buffers, so that runs of one plan do not share them.

A block is 64-bit words. What stubs have in common comes first:

====  ==========================================================
word  content
====  ==========================================================
0     address of ``cuStreamWaitEvent``
1     address of ``cuEventRecord``
2     slot of the stream
3     slot of the event that is recorded; negative if there is none
4     number of events that are waited for
5     word at which their slots begin
6     address of ``cuCtxSetCurrent``
7     context of the device, which worker threads enter first
====  ==========================================================

A launch goes on with the address of ``cuLaunchKernel``, the function's handle, the
number of blocks, the threads of each, the number of words, the word at which they
begin, the number of operands, and the word at which pairs begin: the word of an
operand's address, and its slot.

A copy goes on with the address of ``cuMemcpyAsync``, slot and offset of the target,
slot and offset of the source, and the number of bytes.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from lazydag.backends.cpu.module import Module

COMMON: Final = 8
LAUNCH_HEAD: Final = COMMON + 8
COPY_HEAD: Final = COMMON + 6

_TEXT: Final = """
define internal i64 @word(ptr %block, i64 %index) alwaysinline {
  %at = getelementptr i64, ptr %block, i64 %index
  %value = load i64, ptr %at, align 8
  ret i64 %value
}

define internal ptr @slot(ptr %block, ptr %bases, i64 %index) alwaysinline {
  %slot = call i64 @word(ptr %block, i64 %index)
  %at = getelementptr ptr, ptr %bases, i64 %slot
  %value = load ptr, ptr %at, align 8
  ret ptr %value
}

define internal i32 @enter(ptr %block, i64 %index) {
  %address = call i64 @word(ptr %block, i64 %index)
  %function = inttoptr i64 %address to ptr
  %second = add i64 %index, 1
  %context.word = call i64 @word(ptr %block, i64 %second)
  %context = inttoptr i64 %context.word to ptr
  %code = call i32 %function(ptr %context)
  ret i32 %code
}

define internal i32 @begin(ptr %block, ptr %bases) {
entry:
  %entered = call i32 @enter(ptr %block, i64 6)
  %is.in = icmp eq i32 %entered, 0
  br i1 %is.in, label %inside, label %outside
outside:
  ret i32 %entered
inside:
  %wait.word = call i64 @word(ptr %block, i64 0)
  %wait = inttoptr i64 %wait.word to ptr
  %stream = call ptr @slot(ptr %block, ptr %bases, i64 2)
  %count = call i64 @word(ptr %block, i64 4)
  %first = call i64 @word(ptr %block, i64 5)
  br label %head
head:
  %k = phi i64 [0, %inside], [%next, %body]
  %more = icmp slt i64 %k, %count
  br i1 %more, label %body, label %done
body:
  %index = add i64 %first, %k
  %event = call ptr @slot(ptr %block, ptr %bases, i64 %index)
  %code = call i32 %wait(ptr %stream, ptr %event, i32 0)
  %next = add i64 %k, 1
  %fine = icmp eq i32 %code, 0
  br i1 %fine, label %head, label %failed
failed:
  ret i32 %code
done:
  ret i32 0
}

define internal i32 @end(ptr %block, ptr %bases) {
  %index = call i64 @word(ptr %block, i64 3)
  %has = icmp sge i64 %index, 0
  br i1 %has, label %record, label %none
record:
  %address = call i64 @word(ptr %block, i64 1)
  %function = inttoptr i64 %address to ptr
  %stream = call ptr @slot(ptr %block, ptr %bases, i64 2)
  %event = call ptr @slot(ptr %block, ptr %bases, i64 3)
  %code = call i32 %function(ptr %event, ptr %stream)
  ret i32 %code
none:
  ret i32 0
}

define i32 @launch(ptr %block, ptr %bases) {
entry:
  %waited = call i32 @begin(ptr %block, ptr %bases)
  %ready = icmp eq i32 %waited, 0
  br i1 %ready, label %prepare, label %failed.wait
failed.wait:
  ret i32 %waited
prepare:
  %address = call i64 @word(ptr %block, i64 8)
  %function = inttoptr i64 %address to ptr
  %handle.word = call i64 @word(ptr %block, i64 9)
  %handle = inttoptr i64 %handle.word to ptr
  %grid.word = call i64 @word(ptr %block, i64 10)
  %grid = trunc i64 %grid.word to i32
  %threads.word = call i64 @word(ptr %block, i64 11)
  %threads = trunc i64 %threads.word to i32
  %count = call i64 @word(ptr %block, i64 12)
  %first = call i64 @word(ptr %block, i64 13)
  %operands = call i64 @word(ptr %block, i64 14)
  %pairs = call i64 @word(ptr %block, i64 15)
  %words = alloca i64, i64 %count, align 16
  %template = getelementptr i64, ptr %block, i64 %first
  %nbytes = shl i64 %count, 3
  call void @llvm.memcpy.p0.p0.i64(ptr %words, ptr %template, i64 %nbytes, i1 false)
  br label %head
head:
  %k = phi i64 [0, %prepare], [%next, %body]
  %more = icmp slt i64 %k, %operands
  br i1 %more, label %body, label %start
body:
  %twice = shl i64 %k, 1
  %pair = add i64 %pairs, %twice
  %second = add i64 %pair, 1
  %which = call i64 @word(ptr %block, i64 %pair)
  %base = call ptr @slot(ptr %block, ptr %bases, i64 %second)
  %base.word = ptrtoint ptr %base to i64
  %place = getelementptr i64, ptr %words, i64 %which
  %offset = load i64, ptr %place, align 8
  %moved = add i64 %offset, %base.word
  store i64 %moved, ptr %place, align 8
  %next = add i64 %k, 1
  br label %head
start:
  %parameters = alloca ptr, align 8
  store ptr %words, ptr %parameters, align 8
  %stream = call ptr @slot(ptr %block, ptr %bases, i64 2)
  %code = call i32 %function(
    ptr %handle, i32 %grid, i32 1, i32 1, i32 %threads, i32 1, i32 1, i32 0,
    ptr %stream, ptr %parameters, ptr null)
  %fine = icmp eq i32 %code, 0
  br i1 %fine, label %last, label %failed
failed:
  ret i32 %code
last:
  %ended = call i32 @end(ptr %block, ptr %bases)
  ret i32 %ended
}

define i32 @copy(ptr %block, ptr %bases) {
entry:
  %waited = call i32 @begin(ptr %block, ptr %bases)
  %ready = icmp eq i32 %waited, 0
  br i1 %ready, label %start, label %failed.wait
failed.wait:
  ret i32 %waited
start:
  %address = call i64 @word(ptr %block, i64 8)
  %function = inttoptr i64 %address to ptr
  %target.base = call ptr @slot(ptr %block, ptr %bases, i64 9)
  %target.offset = call i64 @word(ptr %block, i64 10)
  %target = getelementptr i8, ptr %target.base, i64 %target.offset
  %source.base = call ptr @slot(ptr %block, ptr %bases, i64 11)
  %source.offset = call i64 @word(ptr %block, i64 12)
  %source = getelementptr i8, ptr %source.base, i64 %source.offset
  %nbytes = call i64 @word(ptr %block, i64 13)
  %stream = call ptr @slot(ptr %block, ptr %bases, i64 2)
  %code = call i32 %function(ptr %target, ptr %source, i64 %nbytes, ptr %stream)
  %fine = icmp eq i32 %code, 0
  br i1 %fine, label %last, label %failed
failed:
  ret i32 %code
last:
  %ended = call i32 @end(ptr %block, ptr %bases)
  ret i32 %ended
}

define i32 @arrive(ptr %block, ptr %bases) {
  %entered = call i32 @enter(ptr %block, i64 2)
  %is.in = icmp eq i32 %entered, 0
  br i1 %is.in, label %inside, label %outside
outside:
  ret i32 %entered
inside:
  %address = call i64 @word(ptr %block, i64 0)
  %function = inttoptr i64 %address to ptr
  %event = call ptr @slot(ptr %block, ptr %bases, i64 1)
  %code = call i32 %function(ptr %event)
  ret i32 %code
}

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
"""


@cache
def stub_addresses() -> dict[str, int]:
    """Return the addresses of the kernels ``launch``, ``copy`` and ``arrive``.

    The last returns when an event has occurred: its block is the address of
    ``cuEventSynchronize``, the event's slot, the address of ``cuCtxSetCurrent`` and
    the device's context.
    """
    from lazydag.backends.cpu.objects import default_compiler  # with the math library

    entries = ("launch", "copy", "arrive")
    found = default_compiler().load(Module(_TEXT, entries, level=2))
    return dict(zip(entries, found, strict=True))
