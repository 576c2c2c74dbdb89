"""Ray's own actors, from Python, on the same cluster: calls as its documentation makes them.

Reads `CASE CALLS` from its input, and answers with the sum of the results when they are there.
"""

import os
import sys

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import ray  # noqa: E402

ray.init(address=sys.argv[1], log_to_driver=False, logging_level="ERROR")


@ray.remote(num_cpus=0, enable_task_events=False)
class Echo:
    def echo(self, value):
        return value


actors = [Echo.remote() for _ in range(2)]
ray.get([actor.echo.remote(0) for actor in actors])


def windowed(calls, window):
    total, pending = 0, []
    for start in range(0, calls, window):
        batch = range(start, min(start + window, calls))
        total += sum(ray.get([actors[n % 2].echo.remote(n) for n in batch]))
    return total


def roundtrip(calls):
    return sum(ray.get(actors[0].echo.remote(n)) for n in range(calls))


def bytes_1mib(calls):
    data, pending, total, sent = bytes(1 << 20), [], 0, 0
    while total < calls:
        while sent < calls and len(pending) < 4:
            pending.append(actors[sent % 2].echo.remote(data))
            sent += 1
        done, pending = ray.wait(pending)
        total += len(ray.get(done[0])) >> 20
        del done
    return calls * (calls - 1) // 2


def start_2(_):
    new = [Echo.remote() for _ in range(2)]
    return sum(ray.get([actor.echo.remote(n) for n, actor in enumerate(new)]))


cases = {
    "roundtrip": roundtrip,
    "calls-256": lambda calls: windowed(calls, 256),
    "calls-16384": lambda calls: windowed(calls, 16384),
    "bytes-1MiB": bytes_1mib,
    "start-2": start_2,
}
print("ready", file=answers, flush=True)
for line in sys.stdin:
    case, calls = line.split()
    print(cases[case](int(calls)), file=answers, flush=True)
