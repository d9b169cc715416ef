"""Signals to every verb that starts programs or makes folders: nothing is left running, nothing lies about."""

from __future__ import annotations

import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.builders import write_qonnx
from tests.command import without_stages
from tests.seeds import SEED

ROOT = Path(__file__).resolve().parents[2]
SIGNALS = {"interrupted": signal.SIGINT, "ended": signal.SIGTERM, "hung up": signal.SIGHUP}
LINE = "{}; nothing half-written was left behind"

COMMAND = (sys.executable, "-m", "hwgen.cli")
VERBS: dict[str, tuple[str, ...]] = {
    "build": ("build", "net.onnx", "-o", "built"),
    "build-cut": ("build", "net.onnx", "-o", "built", "--cut", "fc0"),
    "simulate-csim": ("simulate", "out", "--backend", "csim"),
    "simulate-rtl": ("simulate", "out", "--backend", "rtl"),
    "simulate-dpi": ("simulate", "out", "--backend", "dpi"),
    "simulate-work": ("simulate", "out", "--work", "kept"),
    "evaluate": ("evaluate", "out", "--images", "images.npy", "--labels", "labels.npy", "--backend", "csim"),
    "predict": ("predict", "out", "--images", "images.npy", "--on", "rtl"),
    "synth": ("synth", "out"),
    "bitstream": ("bitstream", "out", "--board", "ulx3s"),
    "hls": ("hls", "out", "--check"),
    "explore": ("explore", "out", "-o", "results", "--workers", "2", "--points", "100000"),
    "explore-simulate": ("explore", "out", "-o", "results", "--workers", "2", "--points", "3", "--exact", "simulate"),
    "explore-synthesise": (
        "explore",
        "out",
        "-o",
        "results",
        "--workers",
        "2",
        "--points",
        "3",
        "--exact",
        "synthesise",
    ),
    "explore-here": ("explore", "out", "-o", "results", "--workers", "1", "--points", "3", "--exact", "simulate"),
    "compare": ("compare", "out"),
    "report": ("report", "out"),
    "zoo-build": ("zoo", "build", "tfc", "-o", "built"),
    "zoo-train": ("zoo", "train", "tfc", "-o", "trained.npz"),
}


MADE = {"built", "kept", "results", "trained.npz"}
"""What a verb may leave in the folder where it runs."""


def hang_up_ends() -> None:
    """In a child: SIGHUP ends it, though these tests may run under nohup, which ignores it for all children."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def waits(entry: Path) -> str:
    """Where in the kernel the process of a folder in /proc waits, and its open files, as far as they can be seen."""
    try:
        return f"in {(entry / 'wchan').read_text()}, files {[os.readlink(file) for file in (entry / 'fd').iterdir()]}"
    except OSError as error:
        return str(error)


@dataclass
class Place:
    """A folder to run in, with a cache and a folder for temporary files of its own."""

    path: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        for name in ("cache", "tmp"):
            (self.path / name).mkdir(exist_ok=True)
        self.before = self.tree()

    @property
    def environment(self) -> dict[str, str]:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "MARK": self.mark}
        env |= {"TMPDIR": str(self.path / "tmp"), "HWGEN_CACHE": str(self.path / "cache"), "PYTHONWARNINGS": "ignore"}
        return env

    def start(self, *words: str, **options: object) -> subprocess.Popen[str]:
        options = {"preexec_fn": hang_up_ends, **options}
        return subprocess.Popen(
            [*COMMAND, *words], cwd=self.path, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8", start_new_session=True, **options,
        )  # fmt: skip

    def tree(self) -> set[str]:
        return {path.name for path in self.path.iterdir()}

    def running(self) -> list[str]:
        """Processes that bear the mark and have not ended, with what they wait for."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                state = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
                if state != "Z" and f"MARK={self.mark}".encode() in (entry / "environ").read_bytes():
                    words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    found.append(f"{words}: state {state}, {waits(entry)}")
            except OSError:  # it ended meanwhile
                continue
        return found

    def left(self) -> list[str]:
        """What lies where nothing should."""
        cache = [path.name for path in (self.path / "cache").iterdir() if path.name.startswith(".")]
        new = self.tree() - self.before - MADE
        kept = ("torchinductor_",)  # a cache of torch's own
        temporary = (path.name for path in (self.path / "tmp").iterdir() if not path.name.startswith(kept))
        return [*cache, *temporary, *new]


PATIENCE_S = 60
"""More than it takes on a machine with other work: a second or two without."""


def wait_for(place: Place) -> None:
    """Until nothing runs and nothing is left, as long as that may take after SIGKILL."""
    end = time.monotonic() + PATIENCE_S
    while (place.running() or place.left()) and time.monotonic() < end:
        time.sleep(0.05)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network, its project and labelled frames; small, but all tools take their time for it."""
    folder = tmp_path_factory.mktemp("signals")
    write_qonnx(folder / "net.onnx", np.random.default_rng(0))
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "hwgen.cli", "build", "net.onnx", "-o", "out", "--part", "lfe5u-85f"]
    subprocess.run(words, cwd=folder, env=env, check=True, capture_output=True)
    np.save(folder / "images.npy", np.zeros((3, 12), dtype=np.int64))
    np.save(folder / "labels.npy", np.zeros(3, dtype=np.int64))
    return folder


@pytest.fixture
def place(project: Path, tmp_path: Path) -> Iterator[Place]:
    shutil.copytree(project, tmp_path / "run")
    made = Place(tmp_path / "run")
    yield made
    assert made.running() == []


def whole(place: Place) -> None:
    """Projects are there with all their files or not at all."""
    for name in {"out", "built"} & place.tree():
        assert (place.path / name / "hwgen.json").is_file() and (place.path / name / "rtl" / "files.f").is_file()


def interrupted(place: Place, verb: str, name: str, seconds: float, twice: bool = False) -> None:
    """Start a verb, send it a signal after a while, and look at what is left."""
    process = place.start(*VERBS[verb])
    time.sleep(seconds)
    process.send_signal(SIGNALS[name])
    if twice:
        time.sleep(0.03)
        process.send_signal(SIGNALS[name])
    said = without_stages(process.communicate(timeout=60)[1])
    what = f"{verb}, {name} after {seconds:.2f} s (HWGEN_SEED={SEED}): exit code {process.returncode}\n{said}"
    assert place.running() == [], what
    assert place.left() == [], what
    whole(place)
    if process.returncode == -SIGNALS[name]:
        assert seconds < EARLY_S and not said, what  # Python itself was still starting
    elif process.returncode not in (0, 1):  # it had ended by itself: 1 where the hour found no accuracy
        assert process.returncode == 128 + SIGNALS[name], what
        kept = ["results keeps what was found so far; --resume goes on"] if "results" in VERBS[verb] else []
        assert said.splitlines() in ([LINE.format(name)], [LINE.format(name), *kept]), what
    else:
        assert "Traceback" not in said, what


EARLY_S = 0.5
FEW = ("simulate-rtl", "simulate-csim", "explore-simulate", "synth", "hls")


@pytest.mark.parametrize("verb", FEW)
def test_a_signal_ends_everything(place: Place, verb: str) -> None:
    rng = random.Random(f"{SEED} {verb}")
    interrupted(place, verb, rng.choice(list(SIGNALS)), rng.uniform(0.6, 2.5), twice=True)


@pytest.mark.long
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("turn", range(4))
def test_signals_at_any_moment(place: Place, verb: str, name: str, turn: int) -> None:
    rng = random.Random(f"{SEED} {verb} {name} {turn}")
    interrupted(place, verb, name, rng.uniform(0.1, 6.0), twice=bool(turn % 2))


def killed(place: Place, verb: str, seconds: float) -> None:
    """SIGKILL to the verb's own process alone: what it has started ends a moment later, its folders go."""
    process = place.start(*VERBS[verb])
    time.sleep(seconds)
    process.kill()
    process.communicate(timeout=60)
    wait_for(place)
    what = f"{verb}, killed after {seconds:.2f} s (HWGEN_SEED={SEED})"
    assert place.running() == [], what
    assert place.left() == [], what
    whole(place)


@pytest.mark.parametrize("verb", ["simulate-csim", "explore-simulate"])
def test_children_end_with_a_killed_parent(place: Place, verb: str) -> None:
    killed(place, verb, random.Random(f"{SEED} {verb}").uniform(0.8, 2.5))


@pytest.mark.long
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("turn", range(4))
def test_killed_at_any_moment(place: Place, verb: str, turn: int) -> None:
    killed(place, verb, random.Random(f"{SEED} {verb} {turn}").uniform(0.1, 6.0))


def test_a_hang_up_that_nohup_ignores_is_ignored(place: Place) -> None:
    ignore = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731
    process = place.start("simulate", "out", "--backend", "golden", preexec_fn=ignore)
    time.sleep(0.7)
    process.send_signal(signal.SIGHUP)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0 and without_stages(said) == ""


def test_a_terminal_that_is_closed(place: Place) -> None:
    """Nothing can be written any more, though a spinner tries to: all ends, with the exit code of the signal."""
    child, terminal = pty.fork()
    if child == 0:
        hang_up_ends()
        os.chdir(place.path)
        os.execve(sys.executable, [*COMMAND, *VERBS["simulate-csim"]], place.environment)
    time.sleep(1.5)
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == 128 + signal.SIGHUP and place.running() == [] and place.left() == []
