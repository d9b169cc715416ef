"""Odd values of every option of every verb: no traceback, no hang, one line. Tools are not run."""

from __future__ import annotations

import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from hwgen.cli import app
from tests.builders import write_qonnx
from tests.cli.odd import Odd, files, odd_calls, outcome, verbs
from tests.seeds import SEED
from tests.tiers import is_long

BASE: dict[str, list[str]] = {
    "bitstream": ["p", "--board", "ulx3s-85f"],
    "boards": [],
    "build": ["tiny.onnx", "-o", "o"],
    "check": ["tiny.onnx"],
    "compare": ["p"],
    "doctor": [],
    "estimate": ["p"],
    "evaluate": ["p", "--images", "images.npy", "--labels", "labels.npy"],
    "explore": ["p", "-o", "results.jsonl", "--points", "2", "--workers", "1"],
    "hls": ["p"],
    "predict": ["p", "--images", "images.npy"],
    "program": ["p"],
    "prove": ["p"],
    "report": ["p"],
    "roofline": ["p"],
    "schema": [],
    "simulate": ["p", "--backend", "golden", "--frames", "2"],
    "simulate-layers": ["p", "--workers", "1"],
    "synth": ["p"],
    "zoo build": ["tfc", "-o", "z"],
    "zoo list": [],
}
"""What each verb needs beside the option that is odd; a new verb without a line here fails."""

TRAINS = {"zoo prove", "zoo train"}
"""Verbs that train for minutes with whatever they are given."""

SECONDS = 30
"""Of the processor that one call may take."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model, a project and images to work in; whatever starts a tool finds none."""
    monkeypatch.chdir(tmp_path)
    write_qonnx(tmp_path / "tiny.onnx", np.random.default_rng(0))
    rng = np.random.default_rng(1)
    np.save("images.npy", rng.integers(0, 2, (20, 12), dtype=np.int8) * 2 - 1)
    np.save("labels.npy", rng.integers(0, 4, 20))
    assert not outcome(app, ("build", "tiny.onnx", "-o", "p"))

    def missing(words: Any, *_: Any, **__: Any) -> None:
        raise FileNotFoundError(2, "No such file or directory", str(words[0]))

    monkeypatch.setattr(subprocess, "Popen", missing)
    return tmp_path


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Address space of 6 GB beyond what tests before have taken: who asks for more gets a MemoryError."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + (6 << 30), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def _wrong(calls: list[Odd]) -> list[str]:
    """The calls that do not end as they should, and how."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    found = []
    before = signal.signal(signal.SIGPROF, stop)
    try:
        for call in calls:
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            wrong = outcome(app, call.words)
            signal.setitimer(signal.ITIMER_PROF, 0)
            Path("results.jsonl").unlink(missing_ok=True)
            if wrong:
                found.append(f"{[word[:60] for word in call.words]}: {wrong}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)
    return found


def _calls(folder: Path) -> list[Odd]:
    assert set(BASE) | TRAINS == set(verbs(app)) | (TRAINS - set(verbs(app)))
    (folder / "odd").mkdir()
    base = BASE | {verb: ["tfc"] for verb in TRAINS}
    found = odd_calls(app, base, files(folder / "odd"))
    return [call for call in found if call.verb not in TRAINS and call.option not in ("images", "labels")]


@pytest.mark.usefixtures("little_memory")
def test_an_odd_value_of_each_option(folder: Path) -> None:
    """Which one is drawn with a stated seed. How images and labels are read is tests/verify/test_vectors.py's.

    Those that `zoo build` has from `build` are left to the long tier: it builds larger networks.
    """
    calls = _calls(folder)
    Random(20).shuffle(calls)
    first = {(call.verb, call.option): call for call in calls}
    taken = {option for verb, option in first if verb == "build"} if not is_long() else set()
    assert not _wrong([call for call in first.values() if call.verb != "zoo build" or call.option not in taken])


@pytest.mark.long
@pytest.mark.usefixtures("little_memory")
def test_odd_values_of_all_options(folder: Path) -> None:
    """A thousand others each run, unless HWGEN_SEED says which."""
    seed = SEED
    print(f"HWGEN_SEED={seed}")
    calls = _calls(folder)
    Random(seed).shuffle(calls)
    assert not _wrong(calls[:1000])
