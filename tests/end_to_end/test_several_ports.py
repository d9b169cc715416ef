"""Several inputs and outputs: against torch, on every back end, cycles to the beat, and what a user sees of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import hwgen
from hwgen.errors import ConfigError, DataError, ModelError
from hwgen.host.uart import UartTransport
from hwgen.hw.ports import parse_port_map, port_map_of
from hwgen.ir.text import parse_graph, print_graph
from hwgen.verify.bench import Stalls
from hwgen.verify.vectors import random_frames
from tests.end_to_end.prove import prove
from tests.end_to_end.several_ports import NETWORKS, Network
from tests.tiers import tiered

FRAMES = 9
PROVEN = {"two_heads", "concatenated"}
BOUNDED = {"image_and_vector"}
"""Those of the short tier; the long one proves and bounds all."""


def made(name: str) -> tuple[nn.Module, hwgen.Accelerator]:
    """The module, in evaluation mode, and its accelerator."""
    case = NETWORKS[name]
    torch.manual_seed(len(name))
    module = case.module().eval()
    return module, hwgen.compile(loaded(module, case, name), **case.settings)


def loaded(module: nn.Module, case: Network, name: str) -> Any:
    examples = tuple(map(torch.zeros, case.shapes.values()))
    single = len(examples) == 1
    types, scales = (next(iter(each.values())) if single else each for each in (case.types, case.scales))
    return hwgen.load(module, examples, name=name, input_type=types, input_scale=scales)


def by_torch(module: nn.Module, case: Network, codes: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """What the module makes of codes (N, *hardware shape), in float64."""
    given = []
    for (port, shape), scale, x in zip(case.shapes.items(), case.scales.values(), codes, strict=True):
        assert port
        real = torch.tensor(np.moveaxis(x, -1, 1) if len(shape) == 4 else x, dtype=torch.float64) * scale
        given.append(real.reshape(len(x), *shape[1:]))
    found = module.double()(*given)
    values = found.values() if isinstance(found, dict) else [found] if isinstance(found, torch.Tensor) else found
    return [np.asarray(each.detach()) for each in values]


@pytest.mark.parametrize("name", NETWORKS)
def test_against_torch(name: str) -> None:
    module, built = made(name)
    case = NETWORKS[name]
    assert tuple(output.name for output in built.graph.outputs) == case.outputs
    assert parse_graph(print_graph(built.graph)) == built.graph
    codes = random_frames(built.graph.inputs, 40, seed=3)
    outputs = built.all_outputs(codes if len(codes) > 1 else codes[0])
    real = built.graph.decode_all(outputs)
    for want, found in zip(by_torch(module, case, codes), real.values(), strict=True):
        assert found.shape == want.shape
        assert np.allclose(found, want, rtol=0, atol=1e-5), np.abs(found - want).max()


@pytest.mark.parametrize("name", tiered(NETWORKS, *NETWORKS.keys() - PROVEN))
def test_on_every_back_end(name: str, tmp_path: Path) -> None:
    """Exact, flowing, spaced, stalled and reset; the RTL's cycles to the beat on every stream, all ports included."""
    _, built = made(name)
    prove(built, len(name), FRAMES, tmp_path)


@pytest.mark.parametrize("name", tiered(NETWORKS, *NETWORKS.keys() - BOUNDED))
def test_bounded(name: str, tmp_path: Path) -> None:
    """Streams of the depths that were found: no deadlock, and the interval that the estimate states."""
    _, built = made(name)
    built = built.write(tmp_path / "project")
    for stalls in (None, Stalls(0.4, 0.3, seed=2)):
        told = built.simulate(FRAMES, "csim", pipeline_depths=(1, 5, 64), stalls=stalls, work=tmp_path / "work")
        assert told.passed and len(told.bounded) == 3, (told.mismatches, told.slower)


def test_stalls_reach_every_port() -> None:
    """A source or a sink that pauses nearly always is felt, whichever port the others are at."""
    for name in ("two_heads", "added"):
        _, built = made(name)
        flowing = built.simulate(6, "rtl")
        for stalls in (Stalls(source=0.95, seed=3), Stalls(sink=0.95, seed=3)):
            slow = built.simulate(6, "rtl", stalls=stalls)
            assert slow.passed and slow.cycles and flowing.cycles and slow.cycles.total > flowing.cycles.total


def test_the_project_says_all(tmp_path: Path) -> None:
    """Ports of the top levels, files of golden frames, the C header, and the port map, which reads back equal."""
    _, built = made("image_and_vector")
    project = built.write(tmp_path / "out").project
    assert project is not None
    top = (project / "rtl" / "image_and_vector.sv").read_text(encoding="utf-8")
    for port in ("s_axis_image", "s_axis_meta", "m_axis_output0", "m_axis_output1"):
        assert f" {port}_tvalid" in top
    assert "m_axis_output1_tlast" in top and "s_axis_tdata" not in top
    assert {path.name for path in (project / "hls" / "tb").glob("*.hex")} == {
        "input_image.hex", "input_meta.hex", "expected_output0.hex", "expected_output1.hex",
    }  # fmt: skip
    header = (project / "host" / "image_and_vector.h").read_text(encoding="utf-8")
    for function in ("pack_image", "pack_meta", "unpack_output0", "score_output1", "class_output0"):
        assert f"image_and_vector_{function}(" in header
    ports = parse_port_map((project / "host" / "ports.json").read_text(encoding="utf-8"), "ports")
    assert ports.to_json() == port_map_of(built.graph, built.design).to_json()
    opened = hwgen.open_project(project)
    assert opened.graph == built.graph and opened.design.ports == built.design.ports
    assert opened.design.digest == built.design.digest


@pytest.mark.parametrize("on", ["golden", "rtl"])
def test_driver(on: str, tmp_path: Path) -> None:
    """Inputs as arguments, a sequence or a mapping; outputs as a dictionary in the model's order."""
    module, built = made("image_and_vector")
    driver = hwgen.open_driver(built.write(tmp_path / "out").project or "", on)
    codes = built.codes(5)
    want = by_torch(module, NETWORKS["image_and_vector"], codes)
    for given in (codes, (codes,), (list(codes),), ({"meta": codes[1], "image": codes[0]},)):
        found = driver.infer(*given)
        assert isinstance(found, dict) and list(found) == ["output0", "output1"]
        kind, size = found.values()
        assert np.array_equal(kind, want[0]) and np.allclose(size, want[1], atol=1e-5)
    classes = driver.predict(*codes)
    assert classes["output0"].tolist() == want[0].tolist() and classes["output1"].shape == (5,)
    assert [each.shape for each in driver.outputs(*codes).values()][1] == (5, 1)
    throughput = driver.throughput_test(4)
    assert throughput.bytes_in == 4 * sum(port.frame_bytes for port in driver.ports.inputs)
    assert throughput.bytes_out == 4 * sum(port.frame_bytes for port in driver.ports.outputs)


def test_images_come_in_the_models_order(tmp_path: Path) -> None:
    module, built = made("detector")
    driver = hwgen.open_driver(built.write(tmp_path / "out").project or "")
    codes = built.codes(3)
    found = driver.infer(codes)
    assert {name: each.shape for name, each in found.items()} == {"fine": (3, 3, 6, 8), "coarse": (3, 5, 3, 4)}
    for want, each in zip(by_torch(module, NETWORKS["detector"], (codes,)), found.values(), strict=True):
        assert np.allclose(each, want, atol=1e-5)


WRONG: dict[str, tuple[Any, str]] = {
    "unknown": (
        ({"left": np.zeros((2, 10)), "rigth": np.zeros((2, 6))},),
        "images: must be given by the names of the inputs: left, right; found 'rigth'. Correct the names.",
    ),
    "missing": (
        ({"left": np.zeros((2, 10))},),
        "images: must be given by the names of the inputs: left, right; found nothing for 'right'. Correct the names.",
    ),
    "one": (
        (np.zeros((2, 10)),),
        "images: must be given for each of the inputs left, right; found 1 array. Give them as arguments, in a"
        " sequence, or in a mapping by name.",
    ),
    "three": (
        (np.zeros((2, 10)), np.zeros((2, 6)), np.zeros((2, 6))),
        "images: must be given for each of the inputs left, right; found 3 arrays. Give them as arguments, in a"
        " sequence, or in a mapping by name.",
    ),
    "shape": (
        (np.zeros((2, 10)), np.zeros((2, 7))),
        "images, right: frames must have 6 elements (6,); found frames of shape (7,). Give the images this network was"
        " built for.",
    ),
    "count": (
        (np.zeros((2, 10)), np.zeros((3, 6))),
        "images: must hold as many frames for each input; found 2 of left, 3 of right. Give pairs.",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_inputs_that_are_refused(name: str, tmp_path: Path) -> None:
    given, message = WRONG[name]
    driver = hwgen.open_driver(made("added")[1].write(tmp_path / "out").project or "")
    with pytest.raises(DataError) as caught:
        driver.predict(*given)
    assert str(caught.value) == message


def test_options_that_name_no_input() -> None:
    case = NETWORKS["added"]
    with pytest.raises(ModelError) as caught:
        hwgen.load(case.module(), tuple(map(torch.zeros, case.shapes.values())), input_type={"lft": "int4"})
    assert (
        str(caught.value) == "input_type: must name inputs of the network: left, right; found 'lft'. Correct the name."
    )
    with pytest.raises(ModelError, match="State it, for pixels --input-type right=uint8 --input-scale right=1/255"):
        hwgen.load(case.module(), tuple(map(torch.zeros, case.shapes.values())), input_type={"left": "int4"})


def test_what_takes_one_output_alone(tmp_path: Path) -> None:
    """A top-1 unit, a serial line, and Verilog of an HLS tool: each says so."""
    module, built = made("two_heads")
    graph = loaded(module.float(), NETWORKS["two_heads"], "two_heads")
    with pytest.raises(ConfigError, match="top1: the network must have one output; found 2: kind, box"):
        hwgen.compile(graph, top1=True)
    from hwgen.backends.board import board_of
    from hwgen.backends.board.emit import line_of

    with pytest.raises(ConfigError, match="two_heads: must have one input and one output behind a serial line"):
        line_of(built.design, board_of("icebreaker"))
    project = built.write(tmp_path / "out").project or ""

    class Silent:
        def write(self, data: bytes) -> int:
            return len(data)

        def read(self, size: int) -> bytes:
            return bytes(size)

        def send_break(self, duration: float) -> None: ...
        def reset_input_buffer(self) -> None: ...

    with pytest.raises(ConfigError, match="a PYNQ board must hold a design of one input and one output; found s_"):
        hwgen.open_driver(project, "pynq", bitfile="none.bit")
    driver = hwgen.open_driver(project, UartTransport(Silent(), 4, 4))
    with pytest.raises(ConfigError, match="transport: must carry 1 inputs and 2 outputs; found UartTransport"):
        driver.predict(built.codes(1))
