"""Projects on disk: all or nothing, ours alone, the same bytes every time."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen import flow
from hwgen.config import read_folding
from hwgen.errors import ConfigError, DataError, MismatchError, OutputError
from hwgen.flow import Accelerator, open_project, record, replacing, with_top1
from hwgen.golden.execute import run
from hwgen.ir.graph import Affine
from hwgen.ir.ops import ArgMax
from hwgen.ir.types import IntType
from hwgen.verify.vectors import random_codes
from tests.builders import random_network, with_output, write_qonnx


def accelerator(seed: int = 0, **options: object) -> Accelerator:
    return flow.compile(random_network(np.random.default_rng(seed), (12, 8, 4)), target_interval=16, **options)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_from_a_file_to_a_project(tmp_path: Path) -> None:
    model = write_qonnx(tmp_path / "tiny-net.onnx", np.random.default_rng(0))
    graph = hwgen.load(model)
    written = hwgen.compile(graph, folding={"fc0": {"pe": 4, "simd": 3}}).write(tmp_path / "out")
    opened = hwgen.open_project(tmp_path / "out")
    assert opened.design.name == "tiny_net" and opened.project == tmp_path / "out" == written.project
    assert (opened.graph, opened.folding, opened.settings) == (written.graph, written.folding, written.settings)
    assert opened.design.digest == written.design.digest
    assert opened.estimate() == written.estimate()
    x = random_codes(opened.graph.inputs[0], 50, seed=1)
    assert np.array_equal(opened.outputs(x), run(graph, x))


def test_files(tmp_path: Path) -> None:
    accelerator().write(tmp_path / "out")
    top = {path.name for path in (tmp_path / "out").iterdir()}
    reports = {"README.md", "hwgen.json", "hwgen.sha256", "network.txt", "folding.json", "estimate.json"}
    assert top == {*reports, "net.core", "rtl", "hls", "vivado", "host"}
    assert json.loads((tmp_path / "out" / "folding.json").read_text())["fc1"].keys() == {"pe", "simd"}


def test_the_folding_of_a_project_is_a_folding_file(tmp_path: Path) -> None:
    """Layer names and foldings that hwgen wrote are taken back, with other options too; PE alone without SIMD."""
    graph = random_network(np.random.default_rng(0), (12, 8, 4), input_quantiser=True)
    first = flow.compile(graph, target_interval=16).write(tmp_path / "out")
    folding = read_folding(tmp_path / "out" / "folding.json")
    assert folding.keys() == {"quant", "fc0", "fc1"} and folding["quant"].keys() == {"pe"}
    again = flow.compile(graph, folding=folding, target_interval=16)
    assert (again.folding, again.design.digest) == (first.folding, first.design.digest)
    ranked = flow.compile(graph, folding=folding, top1=True)
    assert dict(ranked.folding) == {**first.folding, "top1": ranked.folding["top1"]}


def test_same_bytes_every_time(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "deeper" / "two"
    accelerator().write(first)
    accelerator().write(second)
    assert bytes_of(first) == bytes_of(second)
    open_project(first).write(tmp_path / "again")
    assert bytes_of(tmp_path / "again") == bytes_of(first)


def test_no_paths_and_no_dates(tmp_path: Path) -> None:
    accelerator().write(tmp_path / "out")
    root = str(Path(hwgen.__file__).resolve().parents[1])
    dates = re.compile(r"\b20\d\d-[01]\d-[0-3]\d\b|\b[0-2]\d:[0-5]\d:[0-5]\d\b")
    for name, data in bytes_of(tmp_path / "out").items():
        text = data.decode()
        assert str(tmp_path) not in text and root not in text and str(Path.home()) not in text, name
        assert not dates.search(text), name


def explode(error: BaseException) -> Callable[[Accelerator], dict[str, str]]:
    """A stand-in for the files of a project that fails after some are there."""

    class Failing(dict[str, str]):
        def items(self):  # type: ignore[no-untyped-def]
            yield "hwgen.json", "{}"
            yield "rtl/top.sv", "module"
            raise error

    return lambda self: Failing()


@pytest.mark.parametrize(
    "error", [RuntimeError("x"), KeyboardInterrupt(), SystemExit(3)], ids=lambda e: type(e).__name__
)
@pytest.mark.parametrize("older", [False, True])
def test_a_failure_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, older: bool
) -> None:
    before: dict[str, bytes] = {}
    if older:
        accelerator().write(tmp_path / "out")
        before = bytes_of(tmp_path)
    monkeypatch.setattr(Accelerator, "files", explode(error))
    with pytest.raises(type(error)):
        accelerator(1).write(tmp_path / "out")
    assert bytes_of(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == ({"out"} if older else set())


@pytest.mark.parametrize("error", [OSError("disk"), KeyboardInterrupt()], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("step", [1, 2])
def test_a_failure_in_the_swap_restores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, error: BaseException
) -> None:
    """Where folders cannot be exchanged, the old one moves aside (step 1) before the new one comes: either may fail."""
    accelerator().write(tmp_path / "out")
    monkeypatch.setattr("hwgen.flow.project._exchanged", lambda one, other: False)
    before = bytes_of(tmp_path)
    real, calls = Path.replace, []

    def failing(self: Path, target: Path) -> Path:
        calls.append(self)
        if len(calls) == step:
            raise error
        return real(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OutputError if isinstance(error, OSError) else type(error)):
        accelerator(1).write(tmp_path / "out")
    assert bytes_of(tmp_path) == before and [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_project_is_rewritten_whole(tmp_path: Path) -> None:
    accelerator().write(tmp_path / "out")
    record(tmp_path / "out", "simulate.json", {"frames": 1})
    accelerator(1).write(tmp_path / "out")
    fresh = accelerator(1).write(tmp_path / "fresh")
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "fresh")
    assert open_project(tmp_path / "out").design.digest == fresh.design.digest


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    accelerator().write(tmp_path / "out")
    assert open_project(tmp_path / "out").design.name == "net"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    accelerator().write(tmp_path / "out")
    accelerator().write(tmp_path / "out")
    assert (tmp_path / "out").is_symlink() and (tmp_path / "real" / "hwgen.json").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"real", "out"}


def test_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    accelerator().write(".")
    assert (tmp_path / "here" / "hwgen.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_other_people_s_files_are_left_alone(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "out"
    if kind == "folder":
        target.mkdir()
        (target / "thesis.txt").write_text("years of work")
    else:
        target.write_text("years of work")
    before = bytes_of(tmp_path)
    with pytest.raises(OutputError) as error:
        accelerator().write(target)
    assert str(error.value) == (
        f"{target}: must be new, empty or a project of hwgen's; found other content."
        " Give another folder, or empty this one."
    )
    assert bytes_of(tmp_path) == before


def test_a_parent_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    target = tmp_path / "file" / "out"
    with pytest.raises(OutputError, match=r": must be writable; found .*Give another folder\.$"):
        accelerator().write(target)
    assert bytes_of(tmp_path) == {"file": b"x"}


def test_permissions_are_the_user_s_own(tmp_path: Path) -> None:
    with replacing(tmp_path / "out") as staging:
        (staging / "hwgen.json").write_text("{}")
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_record(tmp_path: Path) -> None:
    record(tmp_path, "a.json", {"b": [1, None]})
    assert (tmp_path / "a.json").read_text() == '{\n  "b": [\n    1,\n    null\n  ]\n}\n'
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    with pytest.raises(OutputError, match="must be writable"):
        record(tmp_path / "a.json", "b.json", {})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project") / "out"
    accelerator(top1=False).write(folder)
    return folder


def spoil(project: Path, folder: Path, name: str, change: Callable[[str], str] | None) -> Path:
    """A copy of a project with one file changed, or left out."""
    shutil.copytree(project, folder / "out")
    path = folder / "out" / name
    if change is None:
        path.unlink()
    else:
        path.write_text(change(path.read_text()))
    return folder / "out"


NOT_OURS = "must be a folder that `hwgen build` wrote (hwgen.json); found none. Run `hwgen build` first."
SPOILT: dict[str, tuple[str, Callable[[str], str] | None, str]] = {
    "manifest_gone": ("hwgen.json", None, NOT_OURS),
    "network_gone": ("network.txt", None, NOT_OURS),
    "manifest_cut": ("hwgen.json", lambda t: t[:10], "must be a whole project; found Unterminated string"),
    "manifest_list": ("hwgen.json", lambda t: "[]", "must be a whole project; found "),
    "format": (
        "hwgen.json",
        lambda t: t.replace('"format": 3', '"format": 2'),
        "must be a whole project; found format 2. Build it again.",
    ),
    "settings": (
        "hwgen.json",
        lambda t: t.replace('"clock_mhz": 200.0', '"clock_mhz": -1'),
        "must be a whole project; ",
    ),
    "sizes_gone": (
        "hwgen.json",
        lambda t: t.replace('"sizes"', '"size"'),
        "must be a whole project; found sizes is required. Build it again.",
    ),
    "size_changed": (
        "hwgen.json",
        lambda t: re.sub(r'("fc\d_fifo": )(\d+)', r"\g<1>9\2", t),
        "sizes and explanation must be those that were written; found others. Build it again.",
    ),
    "explanation_changed": (
        "hwgen.json",
        lambda t: t.replace('"bottleneck": "', '"bottleneck": "x'),
        "sizes and explanation must be those that were written; found others. Build it again.",
    ),
    "folding_field": ("folding.json", lambda t: t.replace('"pe"', '"pa"'), "must be a whole project; found "),
    "folding_value": (
        "folding.json",
        lambda t: t.replace('"simd": ', '"simd": 1'),
        "network and folding must be those of the manifest; found digest ",
    ),
    "folding_text": (
        "folding.json",
        lambda t: re.sub(r'"simd": (\d+)', r'"simd": "\1"', t),
        "must be a whole project; found fc0.simd should be a valid integer. Build it again.",
    ),
    "network_changed": (
        "network.txt",
        lambda t: t.replace('"base": -1', '"base": -2'),
        "network and folding must be those of the manifest; found digest ",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_spoilt_projects(project: Path, tmp_path: Path, name: str) -> None:
    file, change, message = SPOILT[name]
    folder = spoil(project, tmp_path, file, change)
    with pytest.raises(DataError) as error:
        open_project(folder)
    assert str(error.value).startswith(f"{folder}: {message}")


def test_a_cut_network(project: Path, tmp_path: Path) -> None:
    folder = spoil(project, tmp_path, "network.txt", lambda t: t[: len(t) // 2])
    with pytest.raises(DataError, match="must be a network that hwgen printed; found line"):
        open_project(folder)


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        open_project(tmp_path)
    assert str(error.value) == f"{tmp_path}: {NOT_OURS}"


def test_top1() -> None:
    scores = flow.compile(random_network(np.random.default_rng(0), (12, 8, 5)))
    ranked = with_top1(scores.graph)
    assert isinstance(ranked.nodes[-1].op, ArgMax) and str(ranked.output.type) == "1xuint3"
    assert ranked.decoding == Affine()
    x = random_codes(ranked.inputs[0], 300, seed=0)
    assert np.array_equal(run(ranked, x)[:, 0], np.argmax(run(scores.graph, x), axis=1))
    assert with_top1(ranked) is ranked
    assert flow.compile(random_network(np.random.default_rng(0), (12, 8, 5)), top1=True).graph == ranked


_SHARED = "scores must share one positive scale and one offset for a top-1 unit"


@pytest.mark.parametrize(
    ("decoding", "outputs", "reason"),
    [
        (Affine(np.array([1.0, 2.0, 1.0])), 3, f"{_SHARED}; found another scale for each class"),
        (Affine(np.asarray(1.0), np.array([0.0, 1.0, 0.0])), 3, f"{_SHARED}; found another offset for each class"),
        (Affine(np.asarray(-1.0)), 3, f"{_SHARED}; found scores that fall as their codes rise"),
        (Affine(), 1, "a top-1 unit must have several scores to compare; found one"),
    ],
)
def test_no_top1_that_would_rank_otherwise(decoding: Affine, outputs: int, reason: str) -> None:
    graph = with_output(random_network(np.random.default_rng(0), (6, outputs)), decoding=decoding)
    with pytest.raises(ConfigError) as error:
        flow.compile(graph, top1=True)
    assert str(error.value) == f"top1: {reason}. Leave the ranking to the host."


def test_simulate_checks_its_arguments() -> None:
    built = accelerator()
    x = random_codes(built.graph.inputs[0], 2, seed=0)
    with pytest.raises(ConfigError) as error:
        built.simulate(x, "vcs")
    assert str(error.value) == "backend: must be one of golden, csim, rtl, dpi, hls-rtl; found 'vcs'."
    with pytest.raises(ConfigError) as error:
        built.simulate(x, "golden", layer="fc9")
    assert str(error.value) == "layer: must be one of fc0, fc1; found fc9."


def test_work_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    built = accelerator()
    with pytest.raises(OutputError, match="must be a folder that can be written; found"):
        built.simulate(random_codes(built.graph.inputs[0], 1, seed=0), "golden", work=tmp_path / "file" / "work")


@pytest.mark.parametrize("layer", [None, "fc0", "fc1"])
def test_golden_back_end(layer: str | None) -> None:
    built = accelerator()
    outcome = built.simulate(random_codes(built.graph.inputs[0], 5, seed=0), "golden", layer=layer)
    assert outcome.passed and outcome.cycles is None and outcome.checked[-1] == (layer or "fc1")


def test_a_back_end_that_errs_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    from hwgen.verify import csim

    def wrong(design: object, project: Path, words: tuple[np.ndarray], work: Path) -> csim.CsimResult:
        beats = len(words[0]) // built.design.input.beats * built.design.output.beats
        return csim.CsimResult((np.zeros((beats, 1), np.uint8),), 0.0, 0.0)

    built = accelerator()
    monkeypatch.setattr(csim, "simulate", wrong)
    with pytest.raises(MismatchError, match=r"^csim: must agree with the golden model; found fc1: frame 0, element "):
        built.outputs(random_codes(built.graph.inputs[0], 6, seed=0), "csim")


def test_input_types_by_name(tmp_path: Path) -> None:
    model = write_qonnx(tmp_path / "tiny.onnx", np.random.default_rng(0))
    assert hwgen.load(model, input_type="int4").input.type.dtype == IntType(4, signed=True)
    with pytest.raises(ConfigError) as error:
        hwgen.load(model, input_type="int99")
    assert str(error.value) == "input_type: must be bipolar, intN or uintN; found 'int99'."
