"""Damaged models end in a network or in one line; what each line says, word for word."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

import hwgen
from hwgen.errors import ModelError
from hwgen.frontend import model_file
from hwgen.frontend.model_file import read_model
from hwgen.frontend.walk import HANDLERS
from tests.frontend.error_cases import W
from tests.frontend.hostile_nets import models
from tests.frontend.onnx_nets import net, node
from tests.seeds import SEED
from tests.tiers import often

ROOT = Path(__file__).resolve().parents[2]
OPTIONS: dict[str, Any] = {"input_type": "int5"}


def _run(*words: str, seconds: float) -> list[dict[str, Any]]:
    """What `tests.frontend.hostile` prints: the mutants that ended wrong, and totals."""
    command = [sys.executable, "-m", "tests.frontend.hostile", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds, cwd=ROOT)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr[-3000:]}"
    return lines


def test_the_models_hold_every_operator() -> None:
    found = {each.op_type for data in models().values() for each in onnx.ModelProto.FromString(data).graph.node}
    assert set(HANDLERS) <= found


@pytest.mark.starts_process
def test_mutants() -> None:
    """Some hundreds; the long tier takes others by the thousand, and of trained networks too."""
    count = often(300, 150)
    (totals,) = _run("--seed", "14", "--count", str(count), seconds=600)
    assert totals["mutants"] == count and totals["built"] >= count // 15 and totals["peak_mb"] < 2048


@pytest.mark.long
def test_mutants_by_the_thousand(shared: Path) -> None:
    """Others each run, unless HWGEN_SEED says which."""
    seed = str(SEED)
    print(f"HWGEN_SEED={seed}")
    (totals,) = _run("--seed", seed, "--count", "3000", "--shared", str(shared), seconds=3600)
    assert totals["mutants"] == 3000 and totals["peak_mb"] < 2048


def _dense(*nodes: onnx.NodeProto, **constants: Any) -> onnx.ModelProto:
    return net([*nodes, node("MatMul", "x w", "y", name="dense")], **{"w": W, **constants})


def _changed(change: Callable[[onnx.ModelProto], Any], model: Callable[[], onnx.ModelProto] = _dense) -> Any:
    def build() -> onnx.ModelProto:
        made = model()
        change(made)
        return made

    return build


def _tensor(**fields: Any) -> Callable[[], onnx.ModelProto]:
    def change(model: onnx.ModelProto) -> None:
        for name, value in fields.items():
            target = model.graph.initializer[0]
            if isinstance(value, list):
                getattr(target, name)[:] = value
            else:
                setattr(target, name, value)

    return _changed(change)


def _of(op: str, *, opset: int = 14, **constants: Any) -> Callable[[], onnx.ModelProto]:
    """A node of constants, added to the layer's output."""
    names = " ".join(constants)
    nodes = [node("MatMul", "x w", "h", name="dense"), node(op, names, "c", name="const"), node("Add", "h c", "y")]
    return lambda: net(nodes, opset=opset, w=W, **constants)


def _text(old: str, new: bytes) -> Callable[[], onnx.ModelProto]:
    return lambda: onnx.ModelProto.FromString(_dense().SerializeToString().replace(old.encode(), new))


def _attribute(**fields: Any) -> Callable[[], onnx.ModelProto]:
    def change(model: onnx.ModelProto) -> None:
        model.graph.node[0].attribute.add(name="axis", **fields)

    return _changed(change)


_AGAIN = "Export the model again."
_FOLD = "Fold it before the export."
LARGE = 1 << 40
DAMAGED: dict[str, tuple[Callable[[], onnx.ModelProto], str]] = {
    "data": (
        _tensor(raw_data=bytes(7)),
        f"tensor 'w': its data must fit its dims (4, 3), 12 of FLOAT; found 7 bytes. {_AGAIN}",
    ),
    "no_data": (
        _changed(lambda m: m.graph.initializer[0].ClearField("raw_data")),
        f"tensor 'w': its data must fit its dims (4, 3), 12 of FLOAT; found 0 values. {_AGAIN}",
    ),
    "type": (_tensor(data_type=77), f"tensor 'w': its data type must be one of ONNX's; found 77. {_AGAIN}"),
    "no_type": (_tensor(data_type=0), f"tensor 'w': its data type must be one of ONNX's; found 0. {_AGAIN}"),
    "negative": (
        _tensor(dims=[-4, 3]),
        "tensor 'w': it must have at most 32 axes and 536,870,912 elements, and no size below 0; found dims (-4, 3)."
        f" {_AGAIN}",
    ),
    "huge": (
        _tensor(dims=[1 << 31, 1 << 31]),
        "tensor 'w': it must have at most 32 axes and 536,870,912 elements, and no size below 0; found dims"
        f" (2147483648, 2147483648). {_AGAIN}",
    ),
    "axes": (
        _tensor(dims=[1] * 40),
        "tensor 'w': it must have at most 32 axes and 536,870,912 elements, and no size below 0; found dims"
        f" (1, 1, 1, 1, 1, 1, 1, 1, ...). {_AGAIN}",
    ),
    "external_in_memory": (
        _tensor(data_location=TensorProto.EXTERNAL),
        "tensor 'w': its data must be in the model; found in another file. Load it with its data, or save it in one"
        " file.",
    ),
    "segment": (
        _changed(lambda m: m.graph.initializer[0].segment.SetInParent()),
        "tensor 'w': its data must be in the model; found in a segment. Load it with its data, or save it in one file.",
    ),
    "sparse": (
        _changed(lambda m: m.graph.sparse_initializer.add().values.__setattr__("name", "s")),
        "tensor 's': every tensor must be dense; found a sparse initializer. Export it dense.",
    ),
    "node_name": (
        _text("dense", b"d\xffnse"),
        f"tiny: graph.node[0].name must be UTF-8 text; found b'd\\xffnse'. {_AGAIN}",
    ),
    "operator_name": (
        _text("MatMul", b"Mat\xc3ul"),
        f"tiny: graph.node[0].op_type must be UTF-8 text; found b'Mat\\xc3ul'. {_AGAIN}",
    ),
    "reference": (
        _attribute(type=onnx.AttributeProto.INT, ref_attr_name="outer"),
        f"dense (MatMul): its attribute 'axis' must have a value; found a reference to 'outer'. {_AGAIN}",
    ),
    "kind": (
        _attribute(i=3),
        f"dense (MatMul): its attribute 'axis' must be of a known kind; found kind 0. {_AGAIN}",
    ),
    "attribute_text": (
        _attribute(type=onnx.AttributeProto.STRING, s=b"\xff"),
        f"dense (MatMul): its attribute 'axis' must be UTF-8 text; found b'\\xff'. {_AGAIN}",
    ),
    "attribute_tensor": (
        _attribute(type=onnx.AttributeProto.TENSOR, t=TensorProto(dims=[3], data_type=1)),
        f"dense (MatMul), attribute 'axis': its data must fit its dims (3), 3 of FLOAT; found 0 values. {_AGAIN}",
    ),
    "attribute_twice": (
        _changed(lambda m: [m.graph.node[0].attribute.add(name="a", i=1, type=2) for _ in range(2)]),
        f"dense (MatMul): its attributes must be given once; found 'a' again. {_AGAIN}",
    ),
    "no_output": (
        _changed(lambda m: m.graph.node[0].ClearField("output")),
        f"dense (MatMul): it must have an output; found none. {_AGAIN}",
    ),
    "tensor_twice": (
        _changed(lambda m: m.graph.initializer.append(m.graph.initializer[0])),
        f"tiny: every tensor must be given once; found 'w' twice. {_AGAIN}",
    ),
    "made_twice": (
        _changed(lambda m: m.graph.node.append(m.graph.node[0])),
        f"tiny: every tensor must be made once; found 'y' twice. {_AGAIN}",
    ),
    "input_twice": (
        _changed(lambda m: m.graph.input.append(m.graph.input[0])),
        f"tiny: every input of the network must be listed once; found 'x' twice. {_AGAIN}",
    ),
    "output_without_name": (
        _changed(lambda m: m.graph.output.add()),
        f"tiny: every output of the network must have a name; found none. {_AGAIN}",
    ),
    "opset": (
        _changed(lambda m: m.opset_import[0].__setattr__("version", 0)),
        f"tiny: its opset must be 1 or more; found 0. {_AGAIN}",
    ),
    "function": (
        _changed(lambda m: m.functions.add(name="MatMul", domain="")),
        f"dense (MatMul): it must be ONNX's own operator; found a function of the model's of that name. {_AGAIN}",
    ),
    "annotation": (
        lambda: net([node("MatMul", "x w", "y", name="dense")], types={"w": "INT0"}, w=W),
        "tensor 'w': its data type must be an integer of 1 to 64 bits; found INT0. Correct its finn_datatype.",
    ),
    "wide_annotation": (
        lambda: net([node("MatMul", "x w", "y", name="dense")], types={"y": "UINT999999999"}, w=W),
        "tensor 'y': its data type must be an integer of 1 to 64 bits; found UINT999999999. Correct its finn_datatype.",
    ),
    "input_of_text": (
        _changed(lambda m: m.graph.input[0].type.tensor_type.__setattr__("elem_type", TensorProto.STRING)),
        "input 'x': its elements must be real numbers; found data type 8. Export the model with an input of float32.",
    ),
    "frame": (
        _changed(lambda m: m.graph.input[0].type.tensor_type.shape.dim[1].__setattr__("dim_value", LARGE)),
        "input 'x': a frame must have at most 67,108,864 elements and 32 axes; found 1,099,511,627,776 and 2. Give it"
        " smaller frames.",
    ),
    "expanded": (
        _of("ConstantOfShape", c0=np.asarray([LARGE])),
        f"const (ConstantOfShape): its constants must be computable; found more than 512 MiB of memory. {_AGAIN}",
    ),
    "tiled": (
        _of("Tile", c0=np.ones(4, np.float32), c1=np.asarray([1 << 30])),
        f"const (Tile): its constants must be computable; found more than 512 MiB of memory. {_AGAIN}",
    ),
    "divided": (
        _of("Div", c0=np.asarray([4]), c1=np.asarray([0])),
        f"const (Div): its divisor must not be zero or overflow; found 0. {_FOLD}",
    ),
    "overflow": (
        _of("Div", c0=np.asarray([-(2**63)]), c1=np.asarray([-1])),
        f"const (Div): its divisor must not be zero or overflow; found -1. {_FOLD}",
    ),
    "branch": (
        _of("If", c0=np.asarray([1])),
        f"const (If): constants must be computed without branches and loops; found If. {_FOLD}",
    ),
    "empty": (
        _of("Identity", c0=np.zeros((0,), np.float32)),
        "add (Add): its constant 'c' must not be empty; found shape (0,). Correct the model.",
    ),
    "window": (
        lambda: net([node("MaxPool", "x", "y", name="pool", kernel_shape=[1 << 31, 2])], shape=(1, 2, 6, 6), w=W),
        "pool (MaxPool): no number of its window may be above 65,536; found kernel (2147483648, 2), strides (1, 1),"
        " dilations (1, 1), pads (0, 0, 0, 0). Correct the layer.",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_named(name: str) -> None:
    build, message = DAMAGED[name]
    with pytest.raises(ModelError) as caught:
        hwgen.load(build(), **OPTIONS)
    assert str(caught.value) == message


def _external(**entries: str) -> onnx.ModelProto:
    model = _dense()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": "w.bin", **entries}.items():
        tensor.external_data.add(key=key, value=value)
    return model


_OUTSIDE = "Save the model with its data beside it, or inside it."
EXTERNAL: dict[str, tuple[dict[str, str], str]] = {
    "negative_offset": (
        {"offset": "-48"},
        "the offset of its external data must be a whole number of bytes; found '-48'. Export the model again, or name"
        " another file.",
    ),
    "digits": ({"length": "9" * 5000}, "the length of its external data must be a whole number of bytes; found '999"),
    "script": (
        {"offset": "\u0661"},
        "the offset of its external data must be a whole number of bytes; found '\u0661'.",
    ),
    "far": ({"offset": str(1 << 50)}, f"'w.bin' must hold {1 << 50} bytes; found 48. Copy the whole file."),
    "beyond": ({"offset": "1", "length": "48"}, "'w.bin' must hold 49 bytes; found 48. Copy the whole file."),
    "short": ({"length": "44"}, "its external data must have 48 bytes, as its dims say; found 44."),
    "zero_in_name": (
        {"location": "w\0.bin"},
        f"external data must lie in the model's own folder; found location 'w\\x00.bin'. {_OUTSIDE}",
    ),
    "long_name": ({"location": "w" * 5000}, "external data must lie in the model's own folder; found location 'www"),
    "loop": ({"location": "loop"}, "its external data must exist; found no file 'loop'. Copy it beside the model."),
    "folder": ({"location": "."}, "its external data must exist; found no file "),
    "pipe": ({"location": "pipe"}, "its external data must exist; found no file 'pipe'. Copy it beside the model."),
}


@pytest.mark.parametrize("name", EXTERNAL)
def test_external_data_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    entries, message = EXTERNAL[name]
    (tmp_path / "w.bin").write_bytes(W.tobytes())
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "e.onnx").write_bytes(_external(**entries).SerializeToString())
    with pytest.raises(ModelError) as caught:
        read_model(tmp_path / "e.onnx")
    text = str(caught.value)
    assert text.startswith(f"e.onnx, tensor 'w': {message}") and text.isprintable() and len(text) < 1500


def test_a_file_that_unpacks_to_more_than_protobuf_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bomb.onnx.gz").write_bytes(gzip.compress(bytes(3 << 20)))
    (tmp_path / "plain.onnx").write_bytes(bytes(3 << 20))
    monkeypatch.setattr(model_file, "MAX_BYTES", 2 << 20)
    for name in ("bomb.onnx.gz", "plain.onnx"):
        with pytest.raises(ModelError) as caught:
            read_model(tmp_path / name)
        assert str(caught.value) == (
            f"{name}: a model must have less than 2 GiB; found more. Save its tensors as external data, or export a"
            " smaller model."
        )


@pytest.mark.parametrize("name", ["dense.onnx", "e.onnx"])
def test_a_model_that_does_not_fit_memory(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Foreseen, whether its weights lie in the file or beside it."""
    (tmp_path / "w.bin").write_bytes(W.tobytes())
    (tmp_path / "e.onnx").write_bytes(_external(location="w.bin").SerializeToString())
    (tmp_path / "dense.onnx").write_bytes(_dense().SerializeToString())
    read_model(tmp_path / name)
    monkeypatch.setattr(model_file, "_LITTLE", W.nbytes - 1)
    monkeypatch.setattr(model_file, "free_bytes", lambda: 3 * W.nbytes - 1 if name == "e.onnx" else 2 * W.nbytes)
    with pytest.raises(ModelError, match=rf"^{name}: a model must fit memory while it is read; found 0\.0 GiB to read"):
        read_model(tmp_path / name)


def test_a_model_that_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    (tmp_path / "folder.onnx").mkdir()
    for name in ("pipe.onnx", "folder.onnx"):
        with pytest.raises(ModelError) as caught:
            read_model(tmp_path / name)
        assert str(caught.value) == f"{name}: the model must be a file; found a folder or a device. Check the path."


def test_names_of_any_length_and_kind_make_one_short_line() -> None:
    model = _dense()
    model.graph.node[0].name = "a\nb\x1b[31m\u2028" + "n" * 100_000
    model.graph.node[0].op_type = "Magic"
    with pytest.raises(ModelError) as caught:
        hwgen.load(model, **OPTIONS)
    text = str(caught.value)
    assert text.startswith("a\\nb\\x1b[31m\\u2028nnn") and text.isprintable() and len(text) < 2500


def test_a_long_chain_in_reverse_is_ordered_soon() -> None:
    """Five thousand nodes, each behind its reader in the file."""
    names = ["x", *(f"t{index}" for index in range(5_000))]
    nodes = [node("Identity", f"{a}", f"{b}", name=f"n{b}") for a, b in pairwise(names)]
    chain = [*nodes, node("MatMul", f"{names[-1]} w", "y", name="dense")]
    assert len(hwgen.load(net(chain[::-1], w=W), **OPTIONS).nodes) == 1
    chain[0] = node("Identity", names[-1], names[1], name="first")
    with pytest.raises(ModelError, match=r"tiny: its nodes must not form a cycle; found .* and 4992 more\. Unroll"):
        hwgen.load(net(chain[::-1], w=W), **OPTIONS)


def test_a_model_without_opset_and_element_type_is_read() -> None:
    model = _dense()
    del model.opset_import[:]
    model.graph.input[0].type.tensor_type.elem_type = 0
    assert hwgen.load(model, **OPTIONS) == hwgen.load(_dense(), **OPTIONS)


_BUILD = """
import resource, sys
import hwgen
graph = hwgen.load(sys.argv[1], input_type="uint8", input_scale=1 / 255)
hwgen.compile(graph).write(sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
"""


@pytest.mark.long
def test_a_network_on_large_images_is_built_in_two_gigabytes(shared: Path, tmp_path: Path) -> None:
    """512 x 512 pixels of three channels: cycles, golden frames and their files."""
    model = shared / "models/separable_conv_model_ch_last.onnx"
    command = [sys.executable, "-c", _BUILD, str(model), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1200, cwd=ROOT)
    assert int(done.stdout.split()[-1]) < 2048


@pytest.mark.long
def test_a_small_file_that_unpacks_to_ten_gigabytes(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.onnx.gz", "wb", compresslevel=9) as file:
        for _ in range(9_600):
            file.write(bytes(1 << 20))
    script = (
        f"import hwgen\ntry: hwgen.load({str(tmp_path / 'bomb.onnx.gz')!r})\nexcept hwgen.HwgenError as e: print(e)"
    )
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n{script}"
    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.startswith("bomb.onnx.gz: a model must have less than 2 GiB; found more.")
