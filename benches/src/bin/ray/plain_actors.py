"""Plain Ray actors, driven from Python: `python plain_actors.py ADDRESS`, or `ADDRESS start` to be ready once.

Reads `CASE CALLS` a line, and answers each with a figure in the case's unit and the sum of the results.
"""

import os
import sys
import time

import ray

# Ray prints to standard output, too.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
ray.init(address=sys.argv[1], log_to_driver=False, logging_level="ERROR")


# As Ray is used: the cluster keeps a record of each call only where somebody asks for it.
@ray.remote(num_cpus=0.01, enable_task_events=False)
class Echo:
    def same(self, x):
        return x

    def echo(self, data):
        return data


actors = [Echo.remote(), Echo.remote()]
ray.get([actor.same.remote(3) for actor in actors])
BLOCK = bytes(1 << 20)


def median(times):
    return sorted(times)[len(times) // 2]


def roundtrip(calls):
    times, total = [], 0
    for x in range(calls):
        start = time.perf_counter()
        total += ray.get(actors[0].same.remote(x))
        times.append(time.perf_counter() - start)
    return median(times) * 1e6, total


def together(calls, outstanding):
    total = 0
    start = time.perf_counter()
    for first in range(0, calls, outstanding):
        numbers = range(first, min(first + outstanding, calls))
        total += sum(ray.get([actors[x % 2].same.remote(x) for x in numbers]))
    return (time.perf_counter() - start) / calls * 1e9, total


def alone(calls):
    times, total = [], 0
    for x in range(calls):
        start = time.perf_counter()
        back = ray.get(actors[0].echo.remote(BLOCK))
        times.append(time.perf_counter() - start)
        assert len(back) == len(BLOCK)
        total += x
    return median(times) * 1e3, total


def blocks(calls, outstanding):
    total = 0
    start = time.perf_counter()
    for first in range(0, calls, outstanding):
        numbers = range(first, min(first + outstanding, calls))
        backs = ray.get([actors[x % 2].echo.remote(BLOCK) for x in numbers])
        assert all(len(back) == len(BLOCK) for back in backs)
        total += sum(numbers)
    return (time.perf_counter() - start) / calls * 1e3, total


CASES = {
    "roundtrip": roundtrip,
    "calls-256": lambda calls: together(calls, 256),
    "calls-16384": lambda calls: together(calls, 16384),
    "bytes-1MiB-alone": alone,
    "bytes-1MiB": lambda calls: blocks(calls, 8),
}

print("ready", file=answers, flush=True)
if sys.argv[2:] != ["start"]:
    for line in sys.stdin:
        case, calls = line.split()
        value, total = CASES[case](int(calls))
        print(value, total, file=answers, flush=True)
