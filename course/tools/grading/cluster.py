"""Run notebooks on the workers of a Dask cluster. Notebooks go there and come back as text: no disk is shared.

Each Dask worker process starts a warm, sandboxed worker of its own, when the first notebook comes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor

#: How often a notebook is given to another worker, when the one that had it is lost.
RETRIES = 3
PATIENCE = "15s"


class NoCluster(Exception):
    """The cluster cannot be used; the message says what to do."""


@contextlib.contextmanager
def runners(scheduler: str) -> Iterator[tuple[Executor, int]]:
    """An executor on the cluster, and how many notebooks it can run at a time (a guess while it has no workers yet).

    Raises
    ------
    NoCluster
        ``distributed`` is not installed, or no scheduler answers there.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise NoCluster("a cluster needs the package distributed: pip install 'course[cluster]'") from None
    try:
        client = Client(scheduler, set_as_default=False, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise NoCluster(f"no Dask scheduler answers at {scheduler} ({type(error).__name__}: {error})") from None
    with client:
        places = sum(client.nthreads().values())
        with client.get_executor(pure=False, retries=RETRIES) as executor:
            yield executor, places or 16
