"""The text of the native driver: LLVM IR with the layout's names to fill in.

Written by hand, function by function as `lazydag.runtime.layout` has the rules. No
optimisation passes run, so what a loop needs is loaded before it.
"""

from __future__ import annotations

from string import Template
from typing import Final

# %s is the state, %w the worker, %due the time at which worker 0 looks up, %last the
# address of the end of this worker's last task: it starts the next, unless it waited.
TEXT: Final = Template(r"""
$declare

define internal i64 @word(ptr %s, i64 %offset) {
  %p = getelementptr i64, ptr %s, i64 %offset
  %v = load i64, ptr %p, align 8
  ret i64 %v
}

define internal void @put(ptr %s, i64 %offset, i64 %v) {
  %p = getelementptr i64, ptr %s, i64 %offset
  store i64 %v, ptr %p, align 8
  ret void
}

define internal ptr @table(ptr %s, i64 %offset, i64 %index, i64 %size) {
  %base = call i64 @word(ptr %s, i64 %offset)
  %p = inttoptr i64 %base to ptr
  %at = mul i64 %index, %size
  %row = getelementptr i64, ptr %p, i64 %at
  ret ptr %row
}

define internal i64 @now(ptr %s) {
  %time = alloca [2 x i64], align 8
  %clock = call i64 @word(ptr %s, i64 $CLOCK)
  %none = icmp eq i64 %clock, 0
  br i1 %none, label %blind, label %read
read:
  %id = call i64 @word(ptr %s, i64 $CLOCK_ID)
  %id32 = trunc i64 %id to i32
  %f = inttoptr i64 %clock to ptr
  %rc = call i32 %f(i32 %id32, ptr %time)
  %seconds = call i64 @word(ptr %time, i64 0)
  %rest = call i64 @word(ptr %time, i64 1)
  %whole = mul i64 %seconds, 1000000000
  %ns = add i64 %whole, %rest
  ret i64 %ns
blind:
  ret i64 0
}

; Whether worker 0 should look up; without a clock, after enough rounds.
define internal i1 @late(ptr %s, i64 %due, i64 %round) {
  %time = call i64 @now(ptr %s)
  %none = icmp eq i64 %time, 0
  %over = icmp sgt i64 %time, %due
  %many = icmp sge i64 %round, $TICK_RANGES
  %late = select i1 %none, i1 %many, i1 %over
  ret i1 %late
}

; One round of waiting; true if worker 0 should look up.
define internal i1 @idle(ptr %s, i64 %w, i64 %due, i64 %round) {
  %spin = icmp slt i64 %round, $SPINS
  br i1 %spin, label %pause, label %relax
pause:
  $pause
  br label %look
relax:
  %yield = call i64 @word(ptr %s, i64 $RELAX)
  %none = icmp eq i64 %yield, 0
  br i1 %none, label %look, label %call
call:
  %f = inttoptr i64 %yield to ptr
  %rc = call i32 %f()
  br label %look
look:
  %rest = urem i64 %round, $CLOCK_ROUNDS
  %due_round = icmp eq i64 %rest, $CLOCK_ROUNDS_LESS_1
  %caller = icmp eq i64 %w, 0
  %ask = and i1 %due_round, %caller
  br i1 %ask, label %clock, label %no
clock:
  %late = call i1 @late(ptr %s, i64 %due, i64 %round)
  ret i1 %late
no:
  ret i1 false
}

define internal i64 @stopped(ptr %s) {
  %p = getelementptr i64, ptr %s, i64 $STOP
  %v = load atomic i64, ptr %p monotonic, align 8
  ret i64 %v
}

define internal i64 @wait_done(ptr %s, i64 %w, i64 %t, i64 %due, ptr %last) {
entry:
  %row = call ptr @table(ptr %s, i64 $TASKS, i64 %t, i64 $TASK_WORDS)
  %ntiles = call i64 @word(ptr %row, i64 $NTILES)
  %counters = call ptr @table(ptr %s, i64 $COUNTERS, i64 %t, i64 $COUNTER_WORDS)
  %p = getelementptr i64, ptr %counters, i64 $DONE
  br label %look
look:
  %round = phi i64 [ 0, %entry ], [ %more, %wait ]
  %done = load atomic i64, ptr %p acquire, align 8
  %ready = icmp sge i64 %done, %ntiles
  br i1 %ready, label %go, label %check
check:
  %stop = call i64 @stopped(ptr %s)
  %halt = icmp ne i64 %stop, $STOP_NO
  br i1 %halt, label %halted, label %wait
wait:
  store i64 0, ptr %last, align 8
  %late = call i1 @idle(ptr %s, i64 %w, i64 %due, i64 %round)
  %more = add i64 %round, 1
  br i1 %late, label %tick, label %look
go:
  ret i64 $GO
halted:
  ret i64 $HALT
tick:
  ret i64 $LATE
}

define internal i64 @wait_deps(ptr %s, i64 %w, i64 %t, i64 %due, ptr %last) {
entry:
  %row = call ptr @table(ptr %s, i64 $TASKS, i64 %t, i64 $TASK_WORDS)
  %begin = call i64 @word(ptr %row, i64 $DEPS_BEGIN)
  %end = call i64 @word(ptr %row, i64 $DEPS_END)
  br label %next
next:
  %i = phi i64 [ %begin, %entry ], [ %more, %wait ]
  %some = icmp slt i64 %i, %end
  br i1 %some, label %wait, label %go
wait:
  %deps = call ptr @table(ptr %s, i64 $DEPS, i64 %i, i64 1)
  %dep = load i64, ptr %deps, align 8
  %r = call i64 @wait_done(ptr %s, i64 %w, i64 %dep, i64 %due, ptr %last)
  %more = add i64 %i, 1
  %ok = icmp eq i64 %r, $GO
  br i1 %ok, label %next, label %end_wait
go:
  ret i64 $GO
end_wait:
  ret i64 %r
}

define internal void @fail(ptr %s, i64 %t, i64 %tile, i32 %code) {
  %p = getelementptr i64, ptr %s, i64 $STOP
  %pair = cmpxchg ptr %p, i64 $STOP_NO, i64 $STOP_FAILED seq_cst seq_cst, align 8
  %won = extractvalue { i64, i1 } %pair, 1
  br i1 %won, label %tell, label %done
tell:
  %wide = sext i32 %code to i64
  call void @put(ptr %s, i64 $FAILED_TASK, i64 %t)
  call void @put(ptr %s, i64 $FAILED_TILE, i64 %tile)
  call void @put(ptr %s, i64 $FAILED_CODE, i64 %wide)
  br label %done
done:
  ret void
}

; Takes tiles of task %t until there are none; writes how many were run to %ran.
define internal i64 @tiles(ptr %s, i64 %w, i64 %t, i64 %due, ptr %ran) {
entry:
  %row = call ptr @table(ptr %s, i64 $TASKS, i64 %t, i64 $TASK_WORDS)
  %address = call i64 @word(ptr %row, i64 $KERNEL)
  %kernel = inttoptr i64 %address to ptr
  %ntiles = call i64 @word(ptr %row, i64 $NTILES)
  %stride = call i64 @word(ptr %row, i64 $STRIDE)
  %grain = call i64 @word(ptr %row, i64 $GRAIN)
  %bases = call ptr @table(ptr %s, i64 $BASES, i64 0, i64 1)
  %counters = call ptr @table(ptr %s, i64 $COUNTERS, i64 %t, i64 $COUNTER_WORDS)
  %next = getelementptr i64, ptr %counters, i64 $NEXT
  %caller = icmp eq i64 %w, 0
  br label %take
take:
  %before = phi i64 [ 0, %entry ], [ %count, %ask ], [ %count, %clock ]
  %ranges = phi i64 [ 1, %entry ], [ %ranges1, %ask ], [ %ranges1, %clock ]
  %first = atomicrmw add ptr %next, i64 %grain seq_cst, align 8
  %some = icmp slt i64 %first, %ntiles
  br i1 %some, label %range, label %go
range:
  %past = add i64 %first, %grain
  %fits = icmp slt i64 %past, %ntiles
  %end = select i1 %fits, i64 %past, i64 %ntiles
  br label %tile
tile:
  %i = phi i64 [ %first, %range ], [ %i1, %ok ]
  %n = phi i64 [ %before, %range ], [ %count, %ok ]
  %stop = call i64 @stopped(ptr %s)
  %halt = icmp ne i64 %stop, $STOP_NO
  br i1 %halt, label %halted, label %run
run:
  %block = call ptr @table(ptr %row, i64 $BLOCKS, i64 %i, i64 %stride)
  %code = call i32 %kernel(ptr %block, ptr %bases)
  %fine = icmp eq i32 %code, 0
  br i1 %fine, label %ok, label %failed
ok:
  %count = add i64 %n, 1
  store i64 %count, ptr %ran, align 8
  %i1 = add i64 %i, 1
  %on = icmp slt i64 %i1, %end
  br i1 %on, label %tile, label %ranged
ranged:
  %ranges1 = add i64 %ranges, 1
  %over = icmp sge i64 %end, %ntiles
  br i1 %over, label %go, label %ask
ask:
  br i1 %caller, label %clock, label %take
clock:
  %late = call i1 @late(ptr %s, i64 %due, i64 %ranges)
  br i1 %late, label %tick, label %take
failed:
  call void @fail(ptr %s, i64 %t, i64 %i, i32 %code)
  br label %halted
go:
  ret i64 $GO
halted:
  ret i64 $HALT
tick:
  ret i64 $LATE
}

define internal void @record(ptr %s, i64 %w, i64 %t, i64 %n, i64 %start, i64 %end) {
  %capacity = call i64 @word(ptr %s, i64 $RING_CAPACITY)
  %records = mul i64 %capacity, $RECORD_WORDS
  %size = add i64 %records, $RING_RECORDS
  %ring = call ptr @table(ptr %s, i64 $RINGS, i64 %w, i64 %size)
  %head = call i64 @word(ptr %ring, i64 $RING_HEAD)
  %mask = sub i64 %capacity, 1
  %place = and i64 %head, %mask
  %skip = mul i64 %place, $RECORD_WORDS
  %at = add i64 %skip, $RING_RECORDS
  %row = getelementptr i64, ptr %ring, i64 %at
  call void @put(ptr %row, i64 $RECORD_TASK, i64 %t)
  call void @put(ptr %row, i64 $RECORD_TILES, i64 %n)
  call void @put(ptr %row, i64 $RECORD_START_NS, i64 %start)
  call void @put(ptr %row, i64 $RECORD_END_NS, i64 %end)
  %more = add i64 %head, 1
  call void @put(ptr %ring, i64 $RING_HEAD, i64 %more)
  ret void
}

define internal i64 @task(ptr %s, i64 %w, i64 %t, i64 %due, ptr %last) {
  %ran = alloca i64, align 8
  store i64 0, ptr %ran, align 8
  %row = call ptr @table(ptr %s, i64 $TASKS, i64 %t, i64 $TASK_WORDS)
  %ntiles = call i64 @word(ptr %row, i64 $NTILES)
  %counters = call ptr @table(ptr %s, i64 $COUNTERS, i64 %t, i64 $COUNTER_WORDS)
  %p = getelementptr i64, ptr %counters, i64 $NEXT
  %taken = load atomic i64, ptr %p monotonic, align 8
  %none = icmp sge i64 %taken, %ntiles
  br i1 %none, label %go, label %wait
wait:
  %r0 = call i64 @wait_deps(ptr %s, i64 %w, i64 %t, i64 %due, ptr %last)
  %ready = icmp eq i64 %r0, $GO
  br i1 %ready, label %begin, label %unready
begin:
  %before = load i64, ptr %last, align 8
  %unknown = icmp eq i64 %before, 0
  br i1 %unknown, label %read, label %run
read:
  %time = call i64 @now(ptr %s)
  br label %run
run:
  %start = phi i64 [ %before, %begin ], [ %time, %read ]
  %r = call i64 @tiles(ptr %s, i64 %w, i64 %t, i64 %due, ptr %ran)
  %n = load i64, ptr %ran, align 8
  %idle = icmp eq i64 %n, 0
  br i1 %idle, label %end, label %tell
tell:
  %done = getelementptr i64, ptr %counters, i64 $DONE
  %old = atomicrmw add ptr %done, i64 %n release, align 8
  %stop = call i64 @now(ptr %s)
  store i64 %stop, ptr %last, align 8
  call void @record(ptr %s, i64 %w, i64 %t, i64 %n, i64 %start, i64 %stop)
  br label %end
end:
  ret i64 %r
unready:
  ret i64 %r0
go:
  ret i64 $GO
}

define internal i64 @walk(ptr %s, i64 %w, i64 %due, ptr %last) {
entry:
  %first = call i64 @word(ptr %s, i64 $FIRST)
  %end = call i64 @word(ptr %s, i64 $LAST)
  br label %next
next:
  %t = phi i64 [ %first, %entry ], [ %t1, %visit ]
  %some = icmp slt i64 %t, %end
  br i1 %some, label %visit, label %go
visit:
  %r = call i64 @task(ptr %s, i64 %w, i64 %t, i64 %due, ptr %last)
  %t1 = add i64 %t, 1
  %ok = icmp eq i64 %r, $GO
  br i1 %ok, label %next, label %leave
go:
  ret i64 $GO
leave:
  ret i64 %r
}

define internal i64 @wait_all(ptr %s, i64 %due, ptr %last) {
entry:
  %first = call i64 @word(ptr %s, i64 $FIRST)
  %end = call i64 @word(ptr %s, i64 $LAST)
  br label %next
next:
  %t = phi i64 [ %first, %entry ], [ %t1, %wait ]
  %some = icmp slt i64 %t, %end
  br i1 %some, label %wait, label %go
wait:
  %r = call i64 @wait_done(ptr %s, i64 0, i64 %t, i64 %due, ptr %last)
  %t1 = add i64 %t, 1
  %ok = icmp eq i64 %r, $GO
  br i1 %ok, label %next, label %leave
go:
  ret i64 $GO
leave:
  ret i64 %r
}

define internal void @reset_rings(ptr %s) {
entry:
  %capacity = call i64 @word(ptr %s, i64 $RING_CAPACITY)
  %records = mul i64 %capacity, $RECORD_WORDS
  %size = add i64 %records, $RING_RECORDS
  %workers = call i64 @word(ptr %s, i64 $WORKERS)
  br label %next
next:
  %i = phi i64 [ 0, %entry ], [ %i1, %clear ]
  %some = icmp slt i64 %i, %workers
  br i1 %some, label %clear, label %done
clear:
  %ring = call ptr @table(ptr %s, i64 $RINGS, i64 %i, i64 %size)
  call void @put(ptr %ring, i64 $RING_HEAD, i64 0)
  %i1 = add i64 %i, 1
  br label %next
done:
  ret void
}

define internal void @open(ptr %s) {
entry:
  %first = call i64 @word(ptr %s, i64 $FIRST)
  %end = call i64 @word(ptr %s, i64 $LAST)
  br label %next
next:
  %t = phi i64 [ %first, %entry ], [ %t1, %clear ]
  %some = icmp slt i64 %t, %end
  br i1 %some, label %clear, label %done
clear:
  %counters = call ptr @table(ptr %s, i64 $COUNTERS, i64 %t, i64 $COUNTER_WORDS)
  call void @put(ptr %counters, i64 $NEXT, i64 0)
  call void @put(ptr %counters, i64 $DONE, i64 0)
  %t1 = add i64 %t, 1
  br label %next
done:
  call void @put(ptr %s, i64 $PHASE, i64 $PHASE_OPEN)
  %p = getelementptr i64, ptr %s, i64 $OPEN
  store atomic i64 1, ptr %p seq_cst, align 8
  ret void
}

; Shuts the run and waits until the other workers have left.
define internal i32 @close(ptr %s, i64 %due) {
entry:
  call void @put(ptr %s, i64 $PHASE, i64 $PHASE_CLOSING)
  %p = getelementptr i64, ptr %s, i64 $OPEN
  store atomic i64 0, ptr %p seq_cst, align 8
  %q = getelementptr i64, ptr %s, i64 $INSIDE
  br label %look
look:
  %round = phi i64 [ 0, %entry ], [ %more, %wait ]
  %inside = load atomic i64, ptr %q seq_cst, align 8
  %empty = icmp eq i64 %inside, 0
  br i1 %empty, label %end, label %wait
wait:
  %late = call i1 @idle(ptr %s, i64 0, i64 %due, i64 %round)
  %more = add i64 %round, 1
  br i1 %late, label %tick, label %look
tick:
  ret i32 $TICK
end:
  %time = call i64 @now(ptr %s)
  call void @put(ptr %s, i64 $END_NS, i64 %time)
  call void @put(ptr %s, i64 $PHASE, i64 $PHASE_FIRST)
  %stop = call i64 @stopped(ptr %s)
  %halt = icmp ne i64 %stop, $STOP_NO
  %r = select i1 %halt, i32 $STOPPED, i32 $FINISHED
  ret i32 %r
}

; Opens the run, unless it is open or closing.
define internal void @enter(ptr %s, i64 %time) {
  %phase = call i64 @word(ptr %s, i64 $PHASE)
  switch i64 %phase, label %done [
    i64 $PHASE_FIRST, label %first
    i64 $PHASE_NEXT, label %segment
  ]
first:
  call void @reset_rings(ptr %s)
  call void @put(ptr %s, i64 $START_NS, i64 %time)
  br label %segment
segment:
  call void @open(ptr %s)
  br label %done
done:
  ret void
}

define internal i32 @lead(ptr %s, ptr %last) {
  %time = call i64 @now(ptr %s)
  store i64 %time, ptr %last, align 8
  %slice = call i64 @word(ptr %s, i64 $SLICE_NS)
  %due = add i64 %time, %slice
  call void @enter(ptr %s, i64 %time)
  %phase = call i64 @word(ptr %s, i64 $PHASE)
  %is_open = icmp eq i64 %phase, $PHASE_OPEN
  br i1 %is_open, label %work, label %closing
work:
  %r = call i64 @walk(ptr %s, i64 0, i64 %due, ptr %last)
  switch i64 %r, label %closing [
    i64 $GO, label %rest
    i64 $LATE, label %tick
  ]
rest:
  %q = call i64 @wait_all(ptr %s, i64 %due, ptr %last)
  %late = icmp eq i64 %q, $LATE
  br i1 %late, label %tick, label %closing
closing:
  %code = call i32 @close(ptr %s, i64 %due)
  ret i32 %code
tick:
  ret i32 $TICK
}

define internal i32 @help(ptr %s, i64 %w, ptr %last) {
  store i64 0, ptr %last, align 8
  %p = getelementptr i64, ptr %s, i64 $INSIDE
  %in = atomicrmw add ptr %p, i64 1 seq_cst, align 8
  %q = getelementptr i64, ptr %s, i64 $OPEN
  %open = load atomic i64, ptr %q seq_cst, align 8
  %shut = icmp eq i64 %open, 0
  br i1 %shut, label %leave, label %work
work:
  %r = call i64 @walk(ptr %s, i64 %w, i64 0, ptr %last)
  br label %leave
leave:
  %out = atomicrmw sub ptr %p, i64 1 seq_cst, align 8
  ret i32 $LEFT
}

define i32 @drive(ptr %s, i64 %w) {
  %last = alloca i64, align 8
  switch i64 %w, label %help [
    i64 0, label %lead
    i64 $OPENER, label %prepare
  ]
prepare:
  %time = call i64 @now(ptr %s)
  call void @enter(ptr %s, i64 %time)
  ret i32 $TICK
lead:
  %a = call i32 @lead(ptr %s, ptr %last)
  ret i32 %a
help:
  %b = call i32 @help(ptr %s, i64 %w, ptr %last)
  ret i32 %b
}
""")
