"""Somebody else's project: every file of it changed, and every verb that opens it; errors of hwgen's, nothing else."""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen import flow, open_driver
from hwgen.config import Settings
from hwgen.errors import HwgenError
from hwgen.flow import Accelerator
from hwgen.flow.compare import compare, rooflines
from hwgen.flow.goal import choices_of
from hwgen.flow.hls import read_hls, write_layer
from hwgen.flow.project import seal
from hwgen.flow.proving import PROVE_RECORD, sources_digest
from hwgen.flow.report import write_report
from hwgen.host.uart import open_uart
from hwgen.hw.lower import design_digest
from hwgen.hw.matrices import Folding
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph
from hwgen.ir.text import parse_graph
from hwgen.ir.types import Bipolar, IntType
from hwgen.report.vitis import HlsReport, read_csynth
from hwgen.stored import read_json, read_text
from hwgen.verify.evaluate import accuracy
from hwgen.verify.formal import read_sources
from hwgen.verify.rtlsim import rtl_job
from tests.builders import ImageBuilder, random_network
from tests.report import vitis_files
from tests.seeds import SEED

LIMIT_S = 20
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 3, 1.5, 10**30, 2**31, 1e300, "", "x", "../../outside", "a/b", "0" * 5000, [], {}, [[]], [1, 2],
    {"a": 1}, "\n`include", "\ud800",
)  # fmt: skip
RECORDS = ("simulate.json", "evaluate.json", "synth.json", "hls.json", PROVE_RECORD)


def filled(folder: Path, accelerator: Accelerator) -> Path:
    """A project with all its records."""
    written = accelerator.write(folder)
    codes = written.codes(4)
    written.record("simulate.json", written.simulate(codes, "golden").to_json())
    labels = np.zeros(4, dtype=np.int64)
    found = accuracy(written.graph, "golden", written.outputs(codes), labels, "labels")
    written.record("evaluate.json", found.to_json())
    measured = {"lut": 5, "ff": 6, "bram18": 0, "bram36": 0, "dsp": 0, "uram": 0}
    written.record("synth.json", {"tool": "yosys", "family": "xc7", "measured": measured})
    (folder.parent / "csynth.xml").write_text(vitis_files.csynth())
    written.record("hls.json", HlsReport(read_csynth(folder.parent / "csynth.xml")).to_json())
    unit = {"module": "hwgen_fifo", "parameters": {"Depth": 2}, "verdict": "proved", "sentence": "", "message": ""}
    proofs = {"tool": "pyosys", "units": [unit | {"cycles": None, "seconds": 0.5}], "streams": [], "files": []}
    digest = sources_digest(read_sources(folder / "rtl", written.design.name))
    written.record(PROVE_RECORD, proofs | {"sources": digest})
    write_report(folder)
    (folder / "bitstream" / "icebreaker").mkdir(parents=True)
    line = {"baud": 1_000_000, "frame_bytes": 3, "result_bytes": 2}
    (folder / "bitstream" / "icebreaker" / "report.json").write_text(json.dumps({"serial_line": line}))
    return folder


def small_image_network() -> Graph:
    """A padded convolution beside another, joined, pooled, and a dense layer."""
    net = ImageBuilder(np.random.default_rng(1), (4, 4, 2), IntType(2, signed=False))
    start = net.act(net.conv(net.input, 2, Geometry((3, 3), padding=(1, 1, 1, 1)), Bipolar()), Bipolar())
    side = net.act(net.conv(start, 2, Geometry((1, 1)), Bipolar()), Bipolar())
    net.pool(net.concat(start, side), Geometry((2, 2), (2, 2)))
    net.dense(net.last, 3, Bipolar())
    return net.graph("image")


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A dense one with a layer that can be rewritten, and one of images."""
    folder = tmp_path_factory.mktemp("foreign")
    dense = flow.compile(random_network(np.random.default_rng(0), (12, 8, 4)), writable=("fc0",), target_interval=16)
    image = flow.compile(small_image_network())
    return [filled(folder / "dense", dense), filled(folder / "image", image)]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield (*path, key)
        yield from leaves(each, (*path, key))


def changed(value: Any, rng: random.Random) -> Any:
    """A JSON value with one part of it replaced, left out or called otherwise."""
    value = copy.deepcopy(value)
    ways = list(leaves(value))
    if not ways or rng.random() < 0.05:
        return rng.choice(VALUES)
    *path, key = rng.choice(ways)
    inner = value
    for each in path:
        inner = inner[each]
    kind = rng.random()
    if kind < 0.2:
        del inner[key]
    elif kind < 0.3 and isinstance(inner, dict):
        inner[rng.choice(("x", "../x", "", "format"))] = inner.pop(key)
    else:
        old = inner[key]
        near = [old + 1, old * 2, -old] if type(old) in (int, float) else []
        inner[key] = rng.choice((*VALUES, *near, *near))
    return value


def changed_line(line: str, rng: random.Random) -> str:
    """A line of a network with a word, a field or an array changed."""
    head, brace, tail = line.partition(" {")
    if brace and rng.random() < 0.5:
        with suppress(ValueError):
            return f"{head} {json.dumps(changed(json.loads('{' + tail), rng))}"
    words = line.split(" ")
    place = rng.randrange(len(words))
    new = (
        "../../outside/x", "a/b", "fc0", "", "x" * 300, "0xint8", "-3xint8", "99999999999xint8", "1x1x9999xuint9",
        "MatMul(x)", "Sum(x)", "Sum(x, x)", "Concat(x)", "Pool(x)", "ArgMax(x)", "Threshold(x)", "Nothing()", "3xint64",
        '"\\u000amodule"', "\x00", "\u2028", "bipolar", "12xbipolar", "1xuint63",
    )  # fmt: skip
    words[place] = rng.choice(new)
    return " ".join(words)


def spoil(folder: Path, name: str, rng: random.Random) -> None:
    """Change one file of a project: its fields or lines, its bytes, or what kind of file it is."""
    path = folder / name
    kind = rng.choice(["form"] * 6 + ["bytes", "cut", "gone", "folder", "link", "pipe", "empty", "other", "deep"])
    data = path.read_bytes()
    if kind == "form" and path.suffix == ".json":
        path.write_text(json.dumps(changed(json.loads(data), rng)))
    elif kind == "form":
        lines = data.decode().splitlines()
        place = rng.randrange(len(lines))
        new = rng.choice([[], [lines[place]] * 2, [changed_line(lines[place], rng)], [changed_line(lines[place], rng)]])
        path.write_text("\n".join([*lines[:place], *new, *lines[place + 1 :]]) + "\n")
    elif kind == "bytes":
        place = rng.randrange(len(data))
        path.write_bytes(data[:place] + rng.randbytes(2) + data[place + 2 :])
    elif kind in ("cut", "empty", "other", "deep"):
        middle = {"cut": data[: len(data) // 2], "empty": b"", "other": b"\xff\xfe\x00", "deep": b"[" * 100_000}
        path.write_bytes(middle[kind])
    else:
        path.unlink()
        if kind == "folder":
            path.mkdir()
        elif kind == "link":
            path.symlink_to(folder.parent / "outside" / "kept")
        elif kind == "pipe":
            os.mkfifo(path)


def sign(folder: Path) -> None:
    """Give a changed project the digest that its files have, as somebody who made it up would."""
    with suppress(Exception):
        manifest = read_json(folder / "hwgen.json")
        graph = parse_graph(read_text(folder / "network.txt"))
        entries = read_json(folder / "folding.json")
        folding = {name: Folding(**each) for name, each in entries.items()}
        digest = design_digest(graph, folding, choices_of(graph, Settings.model_validate(manifest["settings"])))
        for name in ("hwgen.json", "host/ports.json", *RECORDS):
            values = read_json(folder / name)
            (folder / name).write_text(json.dumps(values | {"digest": digest}))
        sealed = seal(digest, manifest["sizes"], manifest["explanation"])
        (folder / "hwgen.json").write_text(json.dumps(manifest | {"digest": digest, "seal": sealed}))


def verbs(folder: Path) -> list[Callable[[], object]]:
    """What the verbs do with a project, but for what runs its code."""

    @cache
    def opened() -> Accelerator:
        return flow.open_project(folder)

    def predict() -> object:
        driver = open_driver(folder)
        return driver.predict(np.zeros((2, *driver.ports.source.type.shape)))

    def evaluate() -> object:
        project = opened()
        outputs = project.outputs(project.codes(2))
        found = accuracy(project.graph, "golden", outputs, np.zeros(2, dtype=np.int64), "labels")
        project.record("evaluate.json", found.to_json())
        return found

    return [
        lambda: opened().estimate().to_json(),
        lambda: opened().simulate(2, "golden"),
        lambda: opened().record("simulate.json", opened().simulate(2, "golden").to_json()),
        evaluate,
        predict,
        lambda: write_report(folder),
        lambda: compare([folder]),
        lambda: rooflines([folder]),
        lambda: opened().rtl_files(),
        lambda: rtl_job(opened().design, folder / "rtl", taps=True),
        lambda: opened().synthesise("none"),
        lambda: read_hls(opened()),
        lambda: write_layer(opened(), "fc0", folder / "hls" / "fc0"),
        lambda: flow.bitstream(opened(), "none"),
        lambda: open_driver(folder, "pynq"),
        lambda: open_uart(folder / "bitstream" / "icebreaker", "/dev/none"),
    ]


@contextmanager
def in_time(what: object) -> Iterator[None]:
    """A hang is a failure."""

    def late(*_: object) -> None:
        pytest.fail(f"{what} did not end within {LIMIT_S} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def around(folder: Path) -> dict[str, bytes]:
    """All files beside the project `out` in `folder`."""
    files = (path for path in folder.rglob("*") if not path.is_relative_to(folder / "out") and path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def judge(project: Path, room: Path, seed: int) -> None:
    """One change of one file, or of two; all verbs give a result or an error of hwgen's."""
    rng = random.Random(seed)
    folder = room / "out"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(project, folder)
    names = ["network.txt"] * 8 + ["hwgen.json", "folding.json", "host/ports.json"] * 3 + list(RECORDS)
    names += ["rtl/files.f", "estimate.json", "bitstream/icebreaker/report.json", "hwgen.sha256", "report.html"]
    chosen = {rng.choice(names) for _ in range(rng.choice((1, 1, 2)))}
    for name in chosen:
        spoil(folder, name, rng)
    if rng.random() < 0.7:
        sign(folder)
    before = around(room)
    for number, verb in enumerate(verbs(folder)):
        try:
            with in_time(f"verb {number} on seed {seed}, {chosen}"):
                verb()
        except HwgenError as error:
            assert "\n" not in str(error) and len(str(error)) < 4000, (seed, str(error))
        except Exception as error:
            raise AssertionError(f"seed {seed}: verb {number} on a project with {chosen} changed: {error!r}") from error
    assert around(room) == before, seed


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").write_text("of somebody's")
    return tmp_path


def test_changed_projects(projects: list[Path], room: Path) -> None:
    for seed in range(60):
        judge(projects[seed % 2], room, seed)


def test_nothing_of_a_project_is_run(projects: list[Path], room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process starts where a project is estimated, shown, or run on the golden model."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a process was started")

    for name in ("subprocess.Popen", "os.system", "os.posix_spawn", "os.execv", "os.fork"):
        monkeypatch.setattr(name, refuse)
    for project in projects:
        shutil.copytree(project, room / "out", dirs_exist_ok=True)
        for verb in verbs(room / "out")[:9]:
            verb()


@pytest.mark.long
def test_many_changed_projects(projects: list[Path], room: Path) -> None:
    """Others in every run; HWGEN_SEED names the first."""
    first = SEED
    print(f"HWGEN_SEED={first}")
    for seed in range(first, first + 3000):
        judge(projects[seed % 2], room, seed)
