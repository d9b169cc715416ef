"""What ends the sizing of FIFOs on the command line: one clear line, an exit code, and no half project."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.builders import write_qonnx
from tests.command import without_stages

ROOT = Path(__file__).resolve().parents[2]
FOREVER = """
def exists(self, asked=PeriodicSchedule.exists):
    print("sizing", flush=True)
    while True:
        asked(self)
PeriodicSchedule.exists = exists
"""
NO_MEMORY = """
def exists(self):
    raise MemoryError("Unable to allocate 55.0 MiB")
PeriodicSchedule.exists = exists
"""
LITTLE_LEFT = """
import hwgen.hw.tables
hwgen.hw.tables._LITTLE, hwgen.hw.tables.free_bytes = 0, lambda: 1024
"""


def build(folder: Path, change: str) -> subprocess.Popen[str]:
    """A build whose sizing is changed by a few lines of Python."""
    write_qonnx(folder / "net.onnx", np.random.default_rng(0))
    script = f"from hwgen.hw.periodic import PeriodicSchedule\n{change}\nfrom hwgen.cli import main\nmain()\n"
    words = [sys.executable, "-c", script, "build", "net.onnx", "-o", "out"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "1000"}
    pipe = subprocess.PIPE
    return subprocess.Popen(words, cwd=folder, env=env, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.starts_process
def test_interrupted_while_sizes_are_asked_for(tmp_path: Path) -> None:
    process = build(tmp_path, FOREVER)
    assert process.stdout is not None and process.stdout.readline() == "sizing\n"
    process.send_signal(signal.SIGINT)
    said = without_stages(process.communicate(timeout=60)[1])
    assert (process.returncode, said) == (130, "interrupted; nothing half-written was left behind\n")
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


@pytest.mark.starts_process
@pytest.mark.parametrize(
    ("change", "line"),
    [
        (NO_MEMORY, "error: memory: must suffice for the network; found Unable to allocate 55.0 MiB. Take smaller"),
        (
            LITTLE_LEFT,
            "error: cycle model: the times of a frame must fit memory; found 0.0 GiB to keep and 0.0",
        ),
    ],
    ids=["lacking", "foreseen"],
)
def test_memory_that_does_not_suffice(tmp_path: Path, change: str, line: str) -> None:
    process = build(tmp_path, change)
    said = without_stages(process.communicate(timeout=60)[1])
    assert process.returncode == 1 and said.startswith(line) and said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]
