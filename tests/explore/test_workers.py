"""Workers: the same results whoever they are, also where some die."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hwgen.config import VERSION
from hwgen.errors import FoldingError, ToolError
from hwgen.explore.evaluate import Figures, estimated
from hwgen.explore.space import Point, Space
from hwgen.explore.workers import workers_for
from hwgen.hw.problem import Problem
from hwgen.passes.pipeline import integer_network
from tests.builders import PART, random_network

PROBLEM = Problem(integer_network(random_network(np.random.default_rng(0), (24, 16, 4))), PART, 100.0)


@cache
def points() -> list[Point]:
    return list(Space(PROBLEM).seeds)


@cache
def figures() -> list[Figures]:
    """Of each point, by this process; workers import the module too, and need not."""
    return [estimated(PROBLEM, point) for point in points()]


def killed_once(problem: Problem, task: tuple[int, str]) -> int:
    """The square of a number; the first to come to 50 leaves a mark and dies."""
    number, mark = task
    if number == 50 and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def killed(problem: Problem, task: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return task


def refused(problem: Problem, task: int) -> int:
    raise FoldingError("fc0", "must fold", f"task {task}", "Fold it")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a Dask scheduler with two worker processes."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR) as found:
        yield found.scheduler_address


@pytest.mark.parametrize("count", [1, 2])
def test_in_the_order_of_the_tasks(count: int) -> None:
    with workers_for(PROBLEM, count) as crew:
        assert list(crew.run(estimated, points(), batch=7)) == figures()
        assert list(crew.run(estimated, [])) == []
        assert list(crew.run(estimated, points()[:1])) == figures()[:1]


def test_a_killed_process(tmp_path: Path) -> None:
    tasks = [(number, str(tmp_path / "mark")) for number in range(100)]
    with workers_for(PROBLEM, 2) as crew:
        assert list(crew.run(killed_once, tasks, batch=5)) == [number * number for number in range(100)]
    assert (tmp_path / "mark").exists()


def test_processes_that_die_again_and_again() -> None:
    with workers_for(PROBLEM, 2) as crew, pytest.raises(ToolError) as error:
        list(crew.run(killed, [1, 2]))
    assert str(error.value) == "worker processes: must live; found 3 deaths in a row. Use fewer."


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_of_a_job(count: int) -> None:
    with workers_for(PROBLEM, count) as crew, pytest.raises(FoldingError) as error:
        list(crew.run(refused, [7]))
    assert str(error.value) == "fc0: must fold; found task 7. Fold it."


def test_dask(cluster: str, tmp_path: Path) -> None:
    """The same results, also when a worker is killed in the middle of a batch; errors come through."""
    with workers_for(PROBLEM, 1, cluster) as crew:
        assert list(crew.run(estimated, points(), batch=7)) == figures()
        tasks = [(number, str(tmp_path / "mark")) for number in range(100)]
        assert list(crew.run(killed_once, tasks, batch=5)) == [number * number for number in range(100)]
        assert (tmp_path / "mark").exists()
        with pytest.raises(FoldingError, match="found task 7"):
            list(crew.run(refused, [7]))


def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def dask_error(address: str) -> str:
    """What is said of an address. No half-made client is left: collected later, it could wait for ever for a lock."""
    with pytest.raises(ToolError) as error, workers_for(PROBLEM, 1, address):
        pass
    if client := getattr(sys.modules["distributed"], "Client", None):
        assert not [each for each in gc.get_objects() if issubclass(type(each), client) and each.status != "closed"]
    return str(error.value)


def test_a_dask_address_that_does_not_answer() -> None:
    address = f"tcp://127.0.0.1:{unused_port()}"
    assert dask_error(address) == (
        f"--dask {address}: must be the address of a Dask scheduler;"
        f" found Timed out trying to connect to {address} after 5 s. Start one with: dask scheduler."
    )


def test_a_dask_address_that_is_none() -> None:
    assert dask_error("cluster") == (
        "--dask cluster: must be the address of a Dask scheduler;"
        " found missing port number in address 'cluster'. Start one with: dask scheduler."
    )


def test_dask_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert dask_error("tcp://host:8786") == "--dask: needs dask.distributed. pip install 'hwgen[scale]'."


def test_a_dask_worker_of_another_version(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwgen.explore.workers.VERSION", "9.9")
    message = dask_error(cluster)
    assert message.startswith("Dask worker tcp://")
    assert message.endswith(f": must have hwgen 9.9 installed; found {VERSION}. Install it there.")


def test_a_dask_cluster_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr("hwgen.explore.workers._PATIENCE_S", 2)
    with LocalCluster(n_workers=0, processes=False, dashboard_address=":0", silence_logs=logging.ERROR) as empty:
        address = empty.scheduler_address
        assert dask_error(address) == (
            f"--dask {address}: must have workers; found none. Start some with: dask worker {address}."
        )
