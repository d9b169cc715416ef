"""Workers for jobs: this process, processes beside it, or a Dask cluster. The only module with dask.

Results come in the order of the tasks and do not depend on the workers: a job is a pure function of what all tasks
share, such as the problem of an exploration, and the task. The batch of a worker that dies is done again by another.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from multiprocessing import connection
from typing import Any, Generic, Protocol, TypeVar

from hwgen.config import VERSION
from hwgen.errors import ToolError
from hwgen.hw.problem import Problem
from hwgen.ir.text import parse_graph, print_graph
from hwgen.verify import process, signals

Shared = TypeVar("Shared")
Shared_co = TypeVar("Shared_co", covariant=True)
Task = TypeVar("Task")
Result = TypeVar("Result")
Job = Callable[[Shared, Task], Result]

BATCH = 20
"""Tasks that go to a worker at once, unless a job's tasks are long."""

_PATIENCE_S = 5
"""Seconds in which a process must end; in which a Dask scheduler must answer, and then have a worker."""

_LIVES = 3
"""How often processes may die before their batch is given up."""


class Workers(Protocol[Shared_co]):
    """Workers that run a job on tasks."""

    def run(self, job: Job[Shared_co, Task, Result], tasks: Sequence[Task], batch: int = BATCH) -> Iterator[Result]:
        """The results of `tasks`, in their order, as they come."""
        ...


@contextmanager
def workers_for(shared: Shared, count: int, dask: str | None = None) -> Iterator[Workers[Shared]]:
    """Workers that share something: those of the Dask cluster at address `dask`, else `count` processes.

    One process is this one. A problem is sent as the text of its network, all else as it is.

    Raises:
        ToolError: the cluster does not answer, has no workers, or they lack this version of hwgen.
    """
    if dask is not None:
        with _cluster(shared, dask) as cluster:
            yield cluster
    elif count == 1:
        yield _Here(shared)
    else:
        processes = _Processes(shared, count)
        try:
            yield processes
        except BaseException:
            processes.end()
            raise
        finally:
            processes.close()


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(tasks: Sequence[Task], size: int) -> list[Sequence[Task]]:
    return [tasks[start : start + size] for start in range(0, len(tasks), size)]


def _packed(shared: Any) -> Callable[[], Any]:
    """What makes `shared` again where it is sent."""
    if not isinstance(shared, Problem):
        return partial(_same, shared)
    names = {each.name for each in fields(shared)} - {"graph", "prices"}
    return partial(_unpacked, print_graph(shared.graph), {name: getattr(shared, name) for name in names})


def _same(shared: Shared) -> Shared:
    return shared


def _unpacked(network: str, rest: Mapping[str, Any]) -> Problem:
    """A problem whose network was sent as text, which is far smaller than its arrays."""
    return Problem(parse_graph(network), **rest)


def _each(shared: Shared, job: Job[Shared, Task, Result], tasks: Sequence[Task]) -> list[Result]:
    return [job(shared, task) for task in tasks]


class _Here(Generic[Shared]):
    """This process."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def run(self, job: Job[Shared, Task, Result], tasks: Sequence[Task], batch: int = BATCH) -> Iterator[Result]:
        return (job(self.shared, task) for task in tasks)


class _Processes(Generic[Shared]):
    """Processes that get what they share when they start."""

    def __init__(self, shared: Shared, count: int) -> None:
        self.shared, self.count = shared, count
        self.pool = self._started()

    def run(self, job: Job[Shared, Task, Result], tasks: Sequence[Task], batch: int = BATCH) -> Iterator[Result]:
        left, deaths = _batches(tasks, batch), 0
        while left:
            try:
                for future in self._submitted(job, left):
                    yield from future.result()
                    left, deaths = left[1:], 0
            except BrokenProcessPool as error:
                deaths += 1
                if deaths == _LIVES:
                    found = f"{deaths} deaths in a row"
                    raise ToolError("worker processes", "must live", found, "Use fewer") from error
                self.close()
                self.pool = self._started()

    def _submitted(
        self, job: Job[Shared, Task, Result], batches: Sequence[Sequence[Task]]
    ) -> list[Future[list[Result]]]:
        with _no_signals():  # processes start here; a signal waits until they know what to do then
            return [self.pool.submit(_in_process, job, each) for each in batches]

    def end(self) -> None:
        """End the processes, and what they have started, in the middle of their work."""
        processes = list((self.pool._processes or {}).values())
        for each in processes:
            each.terminate()
        for each in processes:
            if not connection.wait([each.sentinel], _PATIENCE_S):
                each.kill()  # in compiled code it sees no signal; what it has started is ended by its reaper

    def close(self) -> None:
        self.pool.shutdown(cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # a fork would copy threads' locks
        return ProcessPoolExecutor(self.count, context, _start, (_packed(self.shared),))


_shared: list[Any] = []
"""In a worker process, what all tasks share."""


@contextmanager
def _no_signals() -> Iterator[None]:
    """Signals come after the block; processes that start in it do not see them before `_start`."""
    with signals.held():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signals.ENDING)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(make: Callable[[], Any]) -> None:
    signals.leave_alone()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.ENDING)
    logging.getLogger("hwgen").setLevel(logging.ERROR)  # what there is to note, the parent has said
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _shared[:] = [make()]


def _end_with_parent() -> None:
    """End the process when its parent is gone; it would wait for work without end."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)  # what it has started is ended by its reaper


def _in_process(job: Job[Any, Task, Result], tasks: Sequence[Task]) -> list[Result]:
    """Do the tasks; a signal ends what the job has started. Between jobs it ends the process at once.

    No handler in Python is kept there: a signal just before the wait for the lock of the queue would not be seen.
    """
    try:
        signals.obey()
        return _each(_shared[0], job, tasks)
    except signals.Stopped as stopped:
        process.clean_up()
        os._exit(stopped.number + 128)
    finally:
        signals.leave_alone()


class _Cluster(Generic[Shared]):
    """A Dask cluster. `client` is a distributed.Client."""

    def __init__(self, client: Any, shared: Shared) -> None:
        self.client = client
        # A task's result and not scattered data: the scheduler makes it again where its workers died.
        self.shared = client.submit(_packed(shared), pure=False)

    def run(self, job: Job[Shared, Task, Result], tasks: Sequence[Task], batch: int = BATCH) -> Iterator[Result]:
        from distributed import CancelledError, KilledWorker
        from distributed.comm import CommClosedError

        batches = _batches(tasks, batch)
        futures = [self.client.submit(_each, self.shared, job, each, pure=False) for each in batches]
        try:
            for future in futures:
                yield from future.result()
        except KilledWorker as error:
            raise ToolError("Dask workers", "must live", str(error), "See the workers' logs") from error
        except (CancelledError, CommClosedError) as error:
            must = "must stay up until the end"
            raise ToolError("Dask scheduler", must, "none", "Start it again, then go on with --resume") from error


def _version() -> str:
    return VERSION


@contextmanager
def _cluster(shared: Shared, address: str) -> Iterator[_Cluster[Shared]]:
    try:
        from distributed import Client
    except ImportError as error:
        raise ToolError("--dask", "needs dask.distributed", "", "pip install 'hwgen[scale]'") from error
    for logger in ("distributed", "distributed.client"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)  # what matters comes as one error
    start = "Start one with: dask scheduler"
    client, reason = None, ""
    try:
        client = Client(address, timeout=_PATIENCE_S)
    except (OSError, ValueError) as error:
        reason = _first(error)
    if client is None:
        gc.collect()  # ends the half-made client here: later it might be while distributed holds its own lock
        raise ToolError(f"--dask {address}", "must be the address of a Dask scheduler", reason, start)
    with client:
        _must_work(client, address)
        yield _Cluster(client, shared)


def _must_work(client: Any, address: str) -> None:
    """Raises: ToolError where the cluster at `address` has no workers, or some lack this version of hwgen."""
    try:
        client.wait_for_workers(1, timeout=_PATIENCE_S)
    except TimeoutError as error:
        change = f"Start some with: dask worker {address}"
        raise ToolError(f"--dask {address}", "must have workers", "none", change) from error
    for worker, found in client.run(_version, on_error="return").items():
        if found != VERSION:
            must = f"must have hwgen {VERSION} installed"
            raise ToolError(f"Dask worker {worker}", must, str(found), "Install it there")


def _first(error: Exception) -> str:
    return str(error).splitlines()[0]
