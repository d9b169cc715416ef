"""Messages about files, inputs, modules and checkpoints, word for word."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from hwgen import flow
from hwgen.errors import ModelError
from hwgen.frontend import load
from hwgen.frontend.brevitas import import_module, load_checkpoint
from hwgen.frontend.qonnx import import_qonnx, read_model
from hwgen.ir.types import IntType
from tests.frontend.brevitas_nets import activation, linear
from tests.frontend.error_cases import W
from tests.frontend.onnx_nets import net, node

INT5 = IntType(5, signed=True)


def _dense() -> onnx.ModelProto:
    return net([node("MatMul", "x w", "y", name="dense")], w=W)


INPUTS: dict[str, tuple[dict[str, Any], str]] = {
    "no_type": (
        {},
        "input 'x': the integer type that the hardware receives must be known; found no type in the file. State it,"
        " for pixels --input-type uint8 --input-scale 1/255.",
    ),
    "negative_scale": (
        {"input_type": INT5, "input_scale": -0.5},
        "input 'x': its scale must be positive and finite; found -0.5. Give another input scale.",
    ),
    "infinite_offset": (
        {"input_type": INT5, "input_offset": np.inf},
        "input 'x': its offset must be finite; found inf. Give another input offset.",
    ),
    "wrong_size": (
        {"input_type": INT5, "input_scale": [1.0, 2.0, 3.0]},
        "input 'x': its scale must be one value, or one for each channel of shape (1, 4); found shape (3,). Give"
        " another input scale.",
    ),
    "per_channel": (
        {"input_type": INT5, "input_scale": [1.0, 2.0, 3.0, 4.0]},
        "dense (MatMul): its input must have one scale for all channels; found a scale for each channel. Quantise its"
        " input per tensor.",
    ),
}


@pytest.mark.parametrize("name", INPUTS)
def test_inputs_that_do_not_fit(name: str) -> None:
    options, message = INPUTS[name]
    with pytest.raises(ModelError) as caught:
        import_qonnx(_dense(), **options)
    assert str(caught.value) == message


def _external(location: str) -> Callable[[], bytes]:
    def build() -> bytes:
        model = _dense()
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in {"location": location, "offset": "0", "length": "48"}.items():
            tensor.external_data.add(key=key, value=value)
        return bytes(model.SerializeToString())

    return build


def _empty_graph() -> bytes:
    model = _dense()
    del model.graph.node[:]
    return bytes(model.SerializeToString())


_AGAIN = "Export the model again, or name another file."
FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "missing": ("no.onnx", bytes, "no.onnx: the model file must exist; found no such file. Check the path."),
    "suffix": ("net.pb", _empty_graph, "net.pb: a model file must end in .onnx or .onnx.gz; found .pb suffix."),
    "empty": ("e.onnx", bytes, f"e.onnx: the file must be a whole ONNX model; found an empty file. {_AGAIN}"),
    "text": (
        "t.onnx",
        lambda: b"This is not a network.",
        f"t.onnx: the file must be a whole ONNX model; found another format. {_AGAIN}",
    ),
    "cut": (
        "c.onnx",
        lambda: bytes(_dense().SerializeToString()[:-40]),
        f"c.onnx: the file must be a whole ONNX model; found ONNX data that is cut short or damaged. {_AGAIN}",
    ),
    "not_gzip": (
        "g.onnx.gz",
        lambda: bytes(_dense().SerializeToString()),
        f"g.onnx.gz: a .gz model must be gzip data; found another format. {_AGAIN}",
    ),
    "cut_gzip": (
        "g.onnx.gz",
        lambda: gzip.compress(_dense().SerializeToString())[:-20],
        f"g.onnx.gz: the model must be whole; found a gzip file that is cut short. {_AGAIN}",
    ),
    "empty_graph": (
        "n.onnx",
        _empty_graph,
        f"n.onnx: the model must have at least one node; found an empty graph. {_AGAIN}",
    ),
    "outside": (
        "o.onnx",
        _external("../secret.bin"),
        "o.onnx, tensor 'w': external data must lie in the model's own folder; found location '../secret.bin'. Save the"
        " model with its data beside it, or inside it.",
    ),
    "absolute": (
        "o.onnx",
        _external("/etc/hostname"),
        "o.onnx, tensor 'w': external data must lie in the model's own folder; found location '/etc/hostname'. Save the"
        " model with its data beside it, or inside it.",
    ),
    "no_data": (
        "o.onnx",
        _external("w.bin"),
        "o.onnx, tensor 'w': its external data must exist; found no file 'w.bin'. Copy it beside the model.",
    ),
    "short_data": (
        "o.onnx",
        _external("short.bin"),
        "o.onnx, tensor 'w': 'short.bin' must hold 48 bytes; found 8. Copy the whole file.",
    ),
    "link": (
        "o.onnx",
        _external("link.bin"),
        "o.onnx, tensor 'w': external data must lie in the model's own folder; found location 'link.bin'. Save the"
        " model with its data beside it, or inside it.",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_no_model(name: str, tmp_path: Path) -> None:
    file, content, message = FILES[name]
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "short.bin").write_bytes(bytes(8))
    (tmp_path / "far.bin").write_bytes(bytes(48))
    (folder / "link.bin").symlink_to(tmp_path / "far.bin")
    if name != "missing":
        (folder / file).write_bytes(content())
    with pytest.raises(ModelError) as caught:
        read_model(folder / file)
    assert str(caught.value) == message


def test_external_data_beside_the_model_is_read(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(W.tobytes())
    (tmp_path / "My net-1.onnx").write_bytes(_external("w.bin")())
    graph = import_qonnx(tmp_path / "My net-1.onnx", input_type=INT5)
    assert graph.name == "my_net_1"
    np.testing.assert_array_equal(graph.nodes[0].op.weights, W.T)


def _module(*layers: Any) -> torch.nn.Module:
    return torch.nn.Sequential(*layers)


def test_a_module_without_brevitas() -> None:
    with pytest.raises(ModelError) as caught:
        import_module(_module(torch.nn.Linear(4, 3)), torch.zeros(1, 4), input_type=INT5)
    assert str(caught.value) == (
        "Sequential: the network must be quantised with Brevitas; found no Brevitas layer. Build it from brevitas.nn"
        " layers such as QuantLinear and QuantReLU."
    )


def test_a_float_layer_among_brevitas_layers() -> None:
    torch.manual_seed(0)
    with pytest.raises(ModelError, match=r"its weights '1.weight' must be quantised or whole numbers; found"):
        import_module(_module(activation("int4"), torch.nn.Linear(4, 3)), torch.zeros(1, 4), input_type=INT5)


def test_an_example_of_the_wrong_shape() -> None:
    with pytest.raises(ModelError) as caught:
        import_module(_module(linear("int3", 4, 3, bias=True)), torch.zeros(1, 5), input_type=INT5)
    assert str(caught.value) == (
        "Sequential: the example input must run through the network; found mat1 and mat2 shapes cannot be multiplied"
        " (1x5 and 4x3) for shape (1, 5). Give an example of shape (1, ...) as the network receives it."
    )


def test_a_module_without_an_example() -> None:
    with pytest.raises(ModelError) as caught:
        load(_module(linear("int3", 4, 3, bias=True)), input_type=INT5)
    assert str(caught.value) == (
        "Sequential: a module must come with an example of its input; found none. Give a tensor of shape (1, ...) as"
        " example_input."
    )


def test_checkpoints_that_do_not_load(tmp_path: Path) -> None:
    module = _module(linear("int3", 4, 3, bias=True))
    torch.save({"when": Path("here")}, tmp_path / "objects.pt")
    torch.save([torch.zeros(2)], tmp_path / "list.pt")
    torch.save({"1.weight": torch.zeros(2)}, tmp_path / "other.pt")
    (tmp_path / "text.pt").write_text("not a checkpoint")
    tensors_only = (
        "a checkpoint must hold tensors only; found Python objects, or another format. Save it with"
        " torch.save(module.state_dict(), path)."
    )
    wanted = {
        "gone.pt": "gone.pt: the checkpoint must exist; found no such file. Check the path.",
        "objects.pt": f"objects.pt: {tensors_only}",
        "text.pt": f"text.pt: {tensors_only}",
        "list.pt": "list.pt: a checkpoint must hold a state dict; found list. Save state_dict().",
    }
    for name, message in wanted.items():
        with pytest.raises(ModelError) as caught:
            load_checkpoint(tmp_path / name, module)
        assert str(caught.value) == message
    with pytest.raises(ModelError, match=r"^other.pt: the checkpoint must fit Sequential; found Error\(s\) in loading"):
        load_checkpoint(tmp_path / "other.pt", module)


@pytest.mark.starts_process
def test_importing_the_frontend_is_light(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(_dense().SerializeToString())
    script = (
        "import sys, hwgen.frontend.qonnx, hwgen.frontend.brevitas\n"
        "heavy = {'onnx', 'qonnx', 'onnxruntime', 'torch', 'brevitas'}\n"
        "assert not heavy & set(sys.modules)\n"
        "from hwgen.frontend import load\n"
        "from hwgen.ir.types import IntType\n"
        f"load({str(path)!r}, input_type=IntType(5, True))\n"
        "assert not {'torch', 'brevitas'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).resolve().parents[2])


WIDE = {
    "sums": (
        np.full((4, 3), 2.0**40),
        IntType(30, signed=True),
        "dense (MatMul): every number that it can give must fit an integer of 63 bits; found [-2361183241434822606848,"
        " 2361183237036776095744]. Use fewer bits for weights or activations.",
    ),
    "weights": (
        np.full((4, 3), 2.0**62),
        IntType(1, signed=False),
        "dense (MatMul): every number that it can give must fit an integer of 63 bits; found [0,"
        " 18446744073709551616]. Use fewer bits for weights or activations.",
    ),
    "running sums": (
        np.full((4, 3), 2.0**60),
        IntType(1, signed=False),
        "fc0 (dense): every number that it can give must fit an integer of 63 bits; found [-1, 9223372036854775807]."
        " Use fewer bits for weights or activations.",
    ),
}


@pytest.mark.parametrize("name", WIDE)
def test_sums_that_no_integer_type_holds(name: str) -> None:
    weights, kind, message = WIDE[name]
    with pytest.raises(ModelError) as error:
        flow.compile(
            import_qonnx(net([node("MatMul", "x w", "y", name="dense")], w=weights), name="n", input_type=kind)
        )
    assert str(error.value) == message
