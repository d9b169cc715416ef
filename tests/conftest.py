"""Which tests are fast, which are sampled; the folder of real models and data, where it is at hand."""

from __future__ import annotations

import gc
import os
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any
from zlib import crc32

import hypothesis.core
import pytest
from hypothesis import settings

from hwgen.verify import reaper
from tests import tiers
from tests.seeds import SEED

for library in ("OMP", "OPENBLAS", "MKL"):  # what waits for work in a loop costs more than small tensors do
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

settings.register_profile("house", derandomize=True, print_blob=True, deadline=None)
settings.register_profile("long", parent=settings.get_profile("house"), derandomize=False, database=None)
settings.load_profile("house")  # the same examples in every run; the long tier tries others


SAMPLED = {"rtl_lib", "test_negative_controls.py", "test_xnor.py", "test_quantised_types.py"}
"""Folders and files whose parametrised cases are many of a kind."""

ONE_OF = 12

FAST = {"errors", "frontend", "golden", "hw", "ir", "nn", "passes"}
"""Folders whose tests are `fast`, but for those marked `starts_process` or `long`."""


def pytest_configure(config: pytest.Config) -> None:
    """The long tier takes every case and draws its examples from HWGEN_SEED."""
    tiers.settle(is_long=is_long(config))
    if is_long(config):
        settings.load_profile("long")
        hypothesis.core.global_force_seed = SEED


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"HWGEN_SEED={SEED} repeats this run of the long tier"] if is_long(config) else []


def is_long(config: pytest.Config) -> bool:
    """Whether tests marked `long` are asked for."""
    return config.option.markexpr in ("", "long")


@pytest.fixture(autouse=True)
def _starts_no_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fast test that starts one fails; the reaper, which the first temporary folder of a process starts, is none."""
    start = subprocess.Popen.__init__

    def refuse(popen: subprocess.Popen[Any], command: Any, *rest: Any, **options: Any) -> None:
        if reaper.__file__ not in command:
            pytest.fail(f"a fast test must start no process: mark it starts_process. It started {command}")
        start(popen, command, *rest, **options)

    if request.node.get_closest_marker("fast"):
        monkeypatch.setattr(subprocess.Popen, "__init__", refuse)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of `SAMPLED`, every run takes the first and the last case of each test and a twelfth of the others.

    The long tier takes all. Which ones is decided by their names, so that it is the same in every run.
    """
    cases: dict[tuple[Path, str], list[pytest.Item]] = defaultdict(list)
    for item in items:
        is_sampled = SAMPLED.intersection((item.path.name, item.path.parent.name))
        if isinstance(item, pytest.Function) and is_sampled and item.get_closest_marker("long") is None:
            cases[item.path, item.originalname].append(item)
    for found in cases.values():
        for item in found[1:-1]:
            if crc32(item.name.encode()) % ONE_OF:
                item.add_marker(pytest.mark.long)
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        if item.path.parent.name in FAST and marks.isdisjoint({"starts_process", "long"}):
            item.add_marker(pytest.mark.fast)


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not look at it again with every test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real models and data: $HWGEN_SHARED_DATA, or shared/data beside the repository."""
    root = Path(__file__).resolve().parents[1]
    candidates = [Path(os.environ["HWGEN_SHARED_DATA"])] if "HWGEN_SHARED_DATA" in os.environ else []
    candidates += [root.parent / "shared/data"]
    for folder in candidates:
        if (folder / "models").is_dir():
            return folder
    pytest.fail("real models are missing: set HWGEN_SHARED_DATA")
