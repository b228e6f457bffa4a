"""The verdict is reached outside the learner's process.

Learner's cells run in one process (S), the course's tests in another (T). What a test names and T lacks is looked up
in S: plain data comes as exact copies, functions and objects as stand-ins. ``docs/verdict.md`` explains it.

codec    values as JSON and raw buffers, bounded; no pickle, no class that the other side chooses
link     frames over a socket pair
peer     one end of the pair: asks the other, and serves it while it waits
standins what stands for the other side's functions, classes, instances and iterators
gradient gradients that cross
surroundings  random states, gradient mode, floating-point errors: what a call takes along
processor  both on one processor while a test runs
library  torch, or its stand-in where the worker has none
judge    T inside a Jupyter kernel: the set-up cells' names, fresh for every test
plan     which of a notebook's cells run where, from the instructor's own copy
"""
