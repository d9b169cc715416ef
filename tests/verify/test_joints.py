"""Streams of a project's top level: each joins its two units, whole, in order and alone."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

import hwgen
from hwgen.backends import rtl
from hwgen.hw.design import Design
from hwgen.ir.types import IntType
from hwgen.verify.formal import Sources, joints_of, kept_contents
from hwgen.verify.formal.sources import Contents, Nets
from tests.builders import Geometry, ImageBuilder

pytestmark = pytest.mark.starts_process

Instances = dict[str, dict[str, Nets]]


def residual() -> Design:
    """A fork, a sum of two branches, FIFOs and converters."""
    int3 = IntType(3, signed=True)
    net = ImageBuilder(np.random.default_rng(0), (4, 4, 3), int3)
    first = net.even(net.conv(net.input, 4, Geometry((1, 1)), int3), int3)
    other = net.even(net.conv(first, 4, Geometry((1, 1)), int3), int3)
    net.dense(net.even(net.sum(first, other), int3), 5, int3)
    return hwgen.compile(net.graph(), folding={"conv0": {"pe": 2}, "conv1": {"simd": 4}}).design


@pytest.fixture(scope="module")
def design() -> Design:
    return residual()


def contents(design: Design, edit: Callable[[str], str] = str) -> Contents:
    """What the files of a design hold, its top level edited."""
    files = {name: text for name, text in rtl.emit(design).items() if name.endswith(".sv")}
    files[f"{design.name}.sv"] = edit(files[f"{design.name}.sv"])
    texts = {name.rpartition("/")[2]: text for name, text in files.items()}
    library = frozenset(name.removeprefix("lib/") for name in files if name.startswith("lib/"))
    memories = {name[4:]: text.encode() for name, text in rtl.emit(design).items() if name.startswith("mem/")}
    return kept_contents(Sources(design.name, texts, library, memories))


@pytest.fixture(scope="module")
def found(design: Design) -> Contents:
    return contents(design)


def test_every_stream_is_there(design: Design, found: Contents) -> None:
    joints = joints_of(design, found)
    assert [each.message for each in joints] == [""] * len(design.streams)
    assert {each.stream for each in joints} == set(design.streams)
    named = {each.stream: (each.writer, each.reader) for each in joints}
    assert named["source"] == ("the edge", "u_conv0") and named[design.output.name][1] == "the edge"
    assert {"u_conv0_fork", "u_sum0"} <= {end for ends in named.values() for end in ends}, named
    of_source = joints[0]
    assert (of_source.bits, of_source.lanes, of_source.beats) == (3, 1, 48)


def swapped_bits(instances: Instances) -> None:
    nets = instances["u_conv1"]["s_data_i"]
    nets[0], nets[1] = nets[1], nets[0]


def swapped_inputs(instances: Instances) -> None:
    """The data of a sum's operands, not their handshakes."""
    nets = instances["u_sum0"]["s_data_i"]
    nets[:] = nets[len(nets) // 2 :] + nets[: len(nets) // 2]


def swapped_handshakes(instances: Instances) -> None:
    instances["u_conv0_fork"]["m_valid_o"].reverse()


def always_ready(instances: Instances) -> None:
    instances["u_conv0"]["m_ready_i"][:] = ["1"]


def a_bit_too_few(instances: Instances) -> None:
    instances["u_conv1"]["s_data_i"][-1] = "0"


def wider(instances: Instances) -> None:
    instances["u_conv1"]["s_data_i"].append("0")


def taken_twice(instances: Instances) -> None:
    """By a unit that is not the stream's reader, too."""
    instances["u_other"] = {"s_valid_i": list(instances["u_conv1"]["s_valid_i"])}


def not_there(instances: Instances) -> None:
    del instances["u_conv1"]


@pytest.mark.parametrize(
    ("mistake", "streams", "told"),
    [
        (swapped_bits, 1, "must be joined by all bits of data, in order; found others."),
        (swapped_inputs, 2, "must be joined by all bits of data, in order; found others."),
        (swapped_handshakes, 2, "must be joined by all bits of valid, in order; found others."),
        (always_ready, 1, "must be joined by all bits of ready, in order; found others."),
        (a_bit_too_few, 1, "must be joined by all bits of data, in order; found others."),
        (wider, 1, "must be joined by all bits of data, in order; found others."),
        (taken_twice, 1, "found another end or a constant."),
        (not_there, 2, "must be joined by all bits of data, in order; found others."),
    ],
)
def test_a_mistake_is_seen(
    mistake: Callable[[Instances], None], streams: int, told: str, design: Design, found: Contents
) -> None:
    instances = deepcopy({name: dict(ports) for name, ports in found.instances.items()})
    mistake(instances)
    messages = [each.message for each in joints_of(design, replace(found, instances=instances)) if each.message]
    assert len(messages) == streams and all(told in message for message in messages), messages


def test_ends_that_see_other_beats(design: Design, found: Contents) -> None:
    """A reader of the same bits that believes in more beats a frame."""
    stream = design.streams["conv0"]
    unit = next(unit for unit in design.units if stream.name in [each.name for each in unit.inputs])
    reader = replace(unit, inputs=(replace(unit.inputs[0], vectors=stream.vectors + 1),))
    other = replace(design, units=tuple(reader if each is unit else each for each in design.units))
    messages = [each.message for each in joints_of(other, found) if each.message]
    assert len(messages) == 1 and "must agree in beats; found" in messages[0], messages


def test_a_line_of_the_file(design: Design) -> None:
    """Yosys fills up what is too narrow; the nets show it."""

    def edit(text: str) -> str:
        edited = text.replace(".s_data_i(sum0_data)", ".s_data_i(sum0_data[0])", 1)
        assert edited != text
        return edited

    messages = [each.message for each in joints_of(design, contents(design, edit)) if each.message]
    assert messages and all("stream sum0" in message for message in messages), messages
