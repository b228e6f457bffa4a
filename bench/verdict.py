"""What it costs to judge from outside: one call, 8 MB there and back, and how often an array is copied on its way.

``python bench/verdict.py [--json]``
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from course.tools.verdict.link import Gone, Link
from course.tools.verdict.peer import Peer


def nothing(x: Any) -> None:
    """A call that only costs what a call costs."""


def same(x: Any) -> Any:
    """An array comes back as another one: one that came back as itself would not travel."""
    return x[:]


@contextlib.contextmanager
def pair() -> Iterator[Peer]:
    """A judge's end, with the learner's end in a process of its own."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        learner = Peer(Link(theirs), judging=False, names=globals())
        with contextlib.suppress(Gone):
            while True:
                learner.serve()
        os._exit(0)
    theirs.close()
    try:
        yield Peer(Link(ours), judging=True, names={})
    finally:
        ours.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def seconds(function: Callable[[], Any], times: int) -> float:
    """The median of several runs."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        function()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def measure() -> dict[str, float]:
    """All figures, by name."""
    torch.set_num_threads(1)
    array, tensor = np.zeros(1 << 20), torch.zeros(1 << 20, dtype=torch.float64, requires_grad=True)
    with pair() as judge:
        judge.begin([])
        call, echo = judge.look("nothing"), judge.look("same")
        call(1)
        one = seconds(lambda: call(1), 2000)
        cpu = time.process_time()
        for _ in range(1000):
            call(1)
        own = (time.process_time() - cpu) / 1000
        there_and_back = seconds(lambda: echo(array), 15)
        with_gradient = seconds(lambda: echo(tensor).sum().backward(), 15)
        copy = seconds(lambda: array.copy(), 15)
    return {
        "call_ms": 1e3 * one,
        "judge_cpu_per_call_ms": 1e3 * own,
        "array_8mb_there_and_back_ms": 1e3 * there_and_back,
        "tensor_8mb_with_gradient_ms": 1e3 * with_gradient,
        "one_copy_of_8mb_ms": 1e3 * copy,
        # Into the socket and out of it; encoder and decoder work on the same memory.
        "copies_each_way": 2 + copies(),
    }


def copies() -> int:
    """Copies of a contiguous array beside those into and out of the socket."""
    from course.tools.verdict.codec import Decoder, Encoder

    def never(*args: Any) -> Any:
        raise AssertionError

    array = np.arange(1000.0)
    encoder = Encoder(never)
    node = encoder.encode(array)
    sent = 0 if np.shares_memory(encoder.buffers[0], array) else 1
    decoded = Decoder(encoder.buffers, never).decode(node)
    return sent + (0 if np.shares_memory(decoded, encoder.buffers[0]) else 1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line for machines")
    found = measure()
    if parser.parse_args().json:
        print(json.dumps({name: round(value, 4) for name, value in found.items()}))
        return
    for name, value in found.items():
        print(f"{name:<32}{value:>10.3f}")


if __name__ == "__main__":
    main()
