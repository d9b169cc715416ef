"""What a user reads when settings, foldings, data or folders do not fit: word for word.

The network's own messages are in tests/frontend, those of simulators in tests/verify, of foldings one by one in
tests/hw/test_folding.py, of files of frames in tests/verify/test_vectors.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwgen import config, errors, flow
from hwgen.errors import ConfigError, DataError, DeadlockError, FoldingError, HwgenError, OutputError
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntType
from hwgen.verify.vectors import as_codes
from tests.builders import ImageBuilder, random_network

GRAPH = random_network(np.random.default_rng(0), (6, 4, 3))
ONE_LAYER = random_network(np.random.default_rng(0), (6, 4))


def residual() -> Graph:
    """Two blocks whose one branch is late by rows of images, so that FIFOs of the other can be too shallow."""
    codes = IntType(3, signed=True)
    net = ImageBuilder(np.random.default_rng(0), (8, 8, 2), codes)
    for _ in range(2):
        start, branch = net.last, net.last
        for _ in range(2):
            branch = net.act(net.conv(branch, 2, Geometry((3, 3), padding=(1, 1, 1, 1)), codes), codes)
        net.act(net.sum(start, branch), codes)
    net.dense(net.last, 3, codes)
    return net.graph()


def compiled(**options: object) -> Callable[[], object]:
    return lambda: flow.compile(GRAPH, **options)


SETTINGS: dict[str, tuple[Callable[[], object], str]] = {
    "unknown": (compiled(partt="x"), "settings: partt: is unknown; found 'x'."),
    "gone": (
        compiled(bit_planes=["fc0"]),
        "settings: bit_planes: is no longer a setting; found ['fc0']. Leave it out: layers of few bits take fewer LUTs"
        " without it, and give the same numbers.",
    ),
    "clock_zero": (compiled(clock_mhz=0), "settings: clock_mhz: should be greater than 0; found 0."),
    "clock_high": (compiled(clock_mhz=2001), "settings: clock_mhz: should be less than or equal to 2000; found 2001."),
    "clock_nan": (compiled(clock_mhz=float("nan")), "settings: clock_mhz: should be a finite number; found nan."),
    "clock_text": (
        compiled(clock_mhz="fast"),
        "settings: clock_mhz: should be a valid number, unable to parse string as a number; found 'fast'.",
    ),
    "control": (
        compiled(control="hs"),
        "settings: control: should be 'none' or 'axilite'; found 'hs'.",
    ),
    "uncertainty": (
        compiled(clock_uncertainty=1),
        "settings: clock_uncertainty: should be less than 1; found 1.",
    ),
    "part_empty": (compiled(part=""), "settings: part: String should have at least 1 character; found ''."),
    "part_injection": (
        compiled(part="x; exec rm"),
        "settings: part: String should match pattern '^[A-Za-z0-9][A-Za-z0-9_.+-]*$'; found 'x; exec rm'.",
    ),
    "part_unknown": (
        compiled(part="xc7z021clg400-1"),
        "part: must be a known FPGA or board; found xc7z021clg400-1. The closest names are xc7z100, xc7z020, xc7z010.",
    ),
    "interval_zero": (
        compiled(target_interval=0),
        "settings: target_interval: should be greater than or equal to 1; found 0.",
    ),
    "interval_float": (
        compiled(target_interval=1.5),
        "settings: target_interval: should be a valid integer; found 1.5.",
    ),
    "fps_zero": (compiled(target_fps=0), "settings: target_fps: should be greater than 0; found 0."),
    "lut_zero": (compiled(max_lut=0), "settings: max_lut: should be greater than or equal to 1; found 0."),
    "bram_negative": (compiled(max_bram=-1), "settings: max_bram: should be greater than or equal to 0; found -1."),
    "dsp_half": (compiled(max_dsp=0.5), "settings: max_dsp: should be a valid integer; found 0.5."),
    "two_targets": (
        compiled(target_interval=3, target_fps=2.5),
        "settings: must give one target, cycles or frames a second; found target_interval 3 and target_fps 2.5."
        " Leave one out.",
    ),
    "faster_than_the_clock": (
        compiled(clock_mhz=100, target_fps=100_000_001),
        "target_fps: must be at most 100,000,000 frames/s, one each cycle; found 100,000,001."
        " Lower it, or raise the clock.",
    ),
    "pe_zero": (
        compiled(folding={"fc0": {"pe": 0}}),
        "settings: folding.fc0.pe: should be greater than or equal to 1; found 0.",
    ),
    "pe_text": (
        compiled(folding={"fc0": {"pe": "4"}}),
        "settings: folding.fc0.pe: should be a valid integer; found '4'.",
    ),
    "folding_field": (compiled(folding={"fc0": {"simt": 1}}), "settings: folding.fc0.simt: is unknown; found 1."),
    "fifos": (
        compiled(fifos="deep"),
        "settings: fifos: should be 'minimal' or 'memory'; found 'deep'.",
    ),
    "fifo_depth": (
        compiled(fifo_depths={"fc0_fifo": -1}),
        "settings: fifo_depths.fc0_fifo: should be greater than or equal to 0; found -1.",
    ),
    "fifo_huge": (
        compiled(fifo_depths={"fc0_fifo": 10**11}),
        "settings: fifo_depths.fc0_fifo: should be less than or equal to 4194304; found 100000000000.",
    ),
    "digits": (
        compiled(target_interval=10**5000),
        "settings: target_interval: should be less than or equal to 9007199254740992; found a whole number of thousands"
        " of digits.",
    ),
    "stages": (compiled(pipeline=1001), "settings: pipeline: should be at most 1000 stages; found 1001."),
    "fifo_name": (
        compiled(fifo_depths={"fc9_fifo": 4}),
        "fifo_depths: must name FIFOs (fc1_width_fifo), or streams of the HLS project (axis_in, fc0, fc1_width, fc1); "
        "found fc9_fifo.",
    ),
    **{
        f"pipeline_{value}": (
            compiled(pipeline=value),
            f"settings: pipeline: should be 'auto' or a number of stages, 0 or more; found {value!r}.",
        )
        for value in (-1, 1.5, "fast", True)
    },
    "external_name": (
        compiled(memory={"fc7": "external"}),
        "memory: must name layers with weights (fc0, fc1); found fc7.",
    ),
    "external_rate": (compiled(external_gb_s=0), "settings: external_gb_s: should be greater than 0; found 0."),
    "external_width": (
        compiled(external_width=48),
        "settings: external_width: should be 32, 64, 128, 256, 512 or 1024; found 48.",
    ),
    "external_latency": (
        compiled(external_latency=0),
        "settings: external_latency: should be greater than or equal to 1; found 0.",
    ),
    "external_writable": (
        compiled(memory={"fc0": "external"}, writable=["fc0"]),
        "memory: fc0 must be a layer whose vectors all meet its weights in the same order to be external; found it is"
        " writable: the host rewrites what lies on the chip. Leave it on the chip.",
    ),
    "external_small": (
        compiled(memory={"fc1": "external"}),
        "memory: fc1 must be a layer whose vectors all meet its weights in the same order to be external; found it has"
        " 12 bits of weights, less than a word of the port of 64. Leave it on the chip.",
    ),
    "input_lanes_name": (compiled(input_lanes={"x": 1}), "input_lanes: must name an input (input); found x."),
    "input_lanes_many": (
        compiled(input_lanes={"input": 7}),
        "input_lanes: input must have at most its 6 channels in a beat; found 7.",
    ),
    "cut_parts": (
        lambda: flow.compile_devices(GRAPH, ["fc0"], ["xc7z020"], config.settings()),
        "part: must be as many as devices, 2 for 1 cut; found xc7z020. Give one for each, with commas.",
    ),
    "cut_order": (
        lambda: flow.compile_devices(GRAPH, ["fc0", "fc0"], ["xc7z020"] * 3, config.settings()),
        "cut: must name layers in the network's order, each once; found fc0, fc0.",
    ),
    "cut_none": (
        lambda: flow.possible_cuts(ONE_LAYER, ("xc7z020", "xc7z020"), config.settings()),
        "cut: net must have a layer whose stream alone goes on; found none. Build it for one device.",
    ),
    "top1_text": (
        compiled(top1="maybe"),
        "settings: top1: should be a valid boolean, unable to interpret input; found 'maybe'.",
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(name: str) -> None:
    act, message = SETTINGS[name]
    with pytest.raises(ConfigError) as error:
        act()
    assert str(error.value) == message


def test_none_stands_for_the_default() -> None:
    assert config.settings(part=None, clock_mhz=None) == config.Settings()


TOML: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "must be a readable TOML file; found [Errno 2] No such file or directory: '{path}'."),
    "syntax": (b"part =", "must be a readable TOML file; found Invalid value (at end of document)."),
    "binary": (b"\xff\xfe", "must be a readable TOML file; found 'utf-8' codec can't decode byte 0xff in position 0:"),
    "deep": (b"a = " + b"[" * 1000 + b"]" * 1000, "must be a readable TOML file; found brackets nested too deep."),
    "digits": (b"target_interval = " + b"9" * 5000, "must be a readable TOML file; found Exceeds the limit (4300"),
    "hexadecimal": (b"target_interval = 0x" + b"f" * 5000, "target_interval: should be less than or equal to 90071992"),
}


@pytest.mark.parametrize("name", TOML)
def test_settings_files(tmp_path: Path, name: str) -> None:
    content, message = TOML[name]
    path = tmp_path / "s.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        config.read_settings(path)
    assert str(error.value).startswith(f"{path}: {message.format(path=path)}")


def test_a_settings_file_names_its_setting(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("[folding.fc0]\npe = -1\n")
    with pytest.raises(ConfigError) as error:
        config.read_settings(path)
    assert str(error.value) == f"{path}: folding.fc0.pe: should be greater than or equal to 1; found -1."
    path.write_text('part = "xcku5p"\n[folding.fc0]\npe = 2\n')
    assert config.read_settings(path) == config.settings(part="xcku5p", folding={"fc0": {"pe": 2}})


EXAMPLE = 'Write {"fc0": {"pe": 16, "simd": 49}, ...}.'
FOLDINGS: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "must be a readable JSON file; found [Errno 2] No such file or directory: '{path}'."),
    "syntax": (b"{", "must be a readable JSON file; found Expecting property name enclosed in double quotes:"),
    "deep": (b"[" * 1000 + b"]" * 1000, "must be a readable JSON file; found brackets nested more than 100 deep"),
    "digits": (b'{"fc0": ' + b"9" * 5000 + b"}", "must be a readable JSON file; found Exceeds the limit (4300"),
    "list": (b"[1]", f"must hold a folding per layer name; found list. {EXAMPLE}"),
}


@pytest.mark.parametrize("name", FOLDINGS)
def test_folding_files(tmp_path: Path, name: str) -> None:
    content, message = FOLDINGS[name]
    path = tmp_path / "f.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        config.read_folding(path)
    assert str(error.value).startswith(f"{path}: {message.replace('{path}', str(path))}")
    assert str(error.value).endswith(EXAMPLE)


def test_pipes_as_a_shell_makes_them_are_read_and_others_do_not_hold_a_run_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--folding <(command)` names a pipe that brings something; one without a writer is refused after a while."""
    reader, writer = os.pipe()
    os.write(writer, b'{"fc0": {"pe": 2}}')
    os.close(writer)
    assert config.read_folding(Path(f"/dev/fd/{reader}")) == {"fc0": {"pe": 2}}
    os.close(reader)
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr("hwgen.stored.PIPE_SECONDS", 0.1)
    with pytest.raises(ConfigError, match=r"must be a readable TOML file; found .* a pipe that nobody writes to"):
        config.read_settings(tmp_path / "pipe")


def written(path: Path) -> Path:
    """A file."""
    path.write_bytes(b"")
    return path


def refused(folder: Path) -> Path:
    folder.mkdir()
    (folder / "mine.txt").write_text("x")
    return folder


OTHERS: dict[str, tuple[type[HwgenError], Callable[[Path], object], str]] = {
    "folding": (
        FoldingError,
        lambda folder: flow.compile(GRAPH, folding={"fc0": {"pe": 5}}),
        "fc0 (net.fc0): PE must be 1 to 4, the layer's neurons; found PE 5. Lower PE in the folding.",
    ),
    "layer": (
        FoldingError,
        lambda folder: flow.compile(GRAPH, folding={"fc2": {"pe": 1}}),
        "folding of fc2: must name a layer (fc0, fc1); found fc2. Did you mean fc1?",
    ),
    "target": (
        FoldingError,
        lambda folder: flow.compile(GRAPH, target_interval=2, folding={"fc1": {"pe": 1}}),
        "fc1 (net.fc1): must take at most 2 cycles a frame (100,000,000 frames/s);"
        " found 3 at best (66,666,667 frames/s): its folding is given, PE 1. Ask for 3 cycles or more.",
    ),
    "depth": (
        ConfigError,
        lambda folder: flow.compile(residual(), target_interval=576, fifo_depths={"sum0_fifo0": 32, "sum1_fifo0": 80}),
        "fifo_depths: must keep 576 cycles a frame; found 585 with sum0_fifo0 of 32 (33). Choose the depths in brackets"
        " or leave FIFOs out, or ask for 585 cycles or more.",
    ),
    "deadlock": (
        DeadlockError,
        lambda folder: flow.compile(
            residual(), target_interval=576, fifo_depths={"sum0_fifo0": 1, "sum1_fifo0": 1, "sum1_width0_fifo": 0}
        ),
        "sum0_fifo0: must hold beats until its reader takes them; found a deadlock: sum0_fifo0 is full (1 beat) while"
        " its reader waits for sum0_fifo1. Deepen it.",
    ),
    "frames": (
        DataError,
        lambda folder: as_codes(GRAPH.inputs[0], np.zeros((2, 5)), "x.npy"),
        "x.npy: frames must have 6 elements (6,); found frames of shape (5,)."
        " Give the images this network was built for.",
    ),
    "output": (
        OutputError,
        lambda folder: flow.compile(GRAPH).write(refused(folder / "out")),
        "{folder}/out: must be new, empty or a project of hwgen's; found other content."
        " Give another folder, or empty this one.",
    ),
    "project": (
        DataError,
        flow.open_project,
        "{folder}: must be a folder that `hwgen build` wrote (hwgen.json); found none. Run `hwgen build` first.",
    ),
    "network_for_project": (
        DataError,
        lambda folder: flow.open_project(written(folder / "model.onnx")),
        "{folder}/model.onnx: must be a folder that `hwgen build` wrote (hwgen.json); found a file."
        " Run `hwgen build {folder}/model.onnx -o FOLDER` first.",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_others(tmp_path: Path, name: str) -> None:
    kind, act, message = OTHERS[name]
    with pytest.raises(kind) as error:
        act(tmp_path)
    assert str(error.value) == message.replace("{folder}", str(tmp_path))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("a", "must b"), "a: must b."),
        (("a", "must b", "c"), "a: must b; found c."),
        (("a", "must b", "c", "Do d"), "a: must b; found c. Do d."),
        (("a", "must b", "", "Do d."), "a: must b. Do d."),
        (("a", "must b", "c", "Did you mean d?"), "a: must b; found c. Did you mean d?"),
    ],
)
def test_grammar(parts: tuple[str, ...], message: str) -> None:
    error = HwgenError(*parts)
    assert str(error) == message and (error.where, error.must) == parts[:2]


def test_the_tree_is_as_drawn() -> None:
    drawn = set(errors.__doc__.split()) if errors.__doc__ else set()
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) == 10 and all(kind.__name__ in drawn and issubclass(kind, HwgenError) for kind in kinds)
    assert all(kind.__bases__ == (HwgenError,) for kind in kinds if kind is not HwgenError)
