"""The three graphs with dask.delayed and the threaded scheduler. Prints seconds and the result."""

import sys
import time

import dask
from dask import delayed

WINDOW = 1_000
MASK = (1 << 64) - 1


def mix(seed):
    z = (seed + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def inputs(call):
    window = min(call, WINDOW)
    mixed = mix(call)
    return call - 1 - mixed % window, call - 1 - (mixed >> 32) % window


def next_number(x):
    return x + 1


def combine(a, b):
    return (a + 3 * b + 1) % 1_000_003


def wide(calls):
    step = delayed(next_number)
    return sum(dask.compute(*[step(call) for call in range(calls)]))


def deep(calls):
    step = delayed(next_number)
    value = step(0)
    for _ in range(1, calls):
        value = step(value)
    return value.compute()


def random(calls):
    first, step = delayed(next_number), delayed(combine)
    values = [first(0)]
    for call in range(1, calls):
        a, b = inputs(call)
        values.append(step(values[a], values[b]))
    return dask.compute(*values)[-1]


sys.setrecursionlimit(1_000_000)
dask.config.set(scheduler="threads", num_workers=2)
shape, calls = {"wide": wide, "deep": deep, "random": random}[sys.argv[1]], int(sys.argv[2])
begun = time.perf_counter()
result = shape(calls)
print(time.perf_counter() - begun, result)
