"""Reading an ONNX file safely: what is not a whole model, or reaches outside its folder, is refused."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hwgen.errors import ModelError

if TYPE_CHECKING:
    import onnx

_EXPORT = "Export the model again, or name another file"


def stem(path: Path) -> str:
    """The file's name without `.onnx` and `.gz`."""
    return path.name.removesuffix(".gz").removesuffix(".onnx")


def read_model(path: str | Path) -> onnx.ModelProto:
    """The model in a `.onnx` or `.onnx.gz` file, external data loaded.

    Raises: ModelError on a file that is missing, not ONNX, cut short, empty, or whose external data lies elsewhere.
    """
    path = Path(path)
    data = _contents(path)
    model = _parse(path, data)
    if not model.graph.node:
        raise ModelError(str(path.name), "the model must have at least one node", "an empty graph", _EXPORT)
    _load_external(path, model)
    return model


def _contents(path: Path) -> bytes:
    """The file's bytes, unpacked. Raises: ModelError."""
    if not path.name.endswith((".onnx", ".onnx.gz")):
        raise ModelError(path.name, "a model file must end in .onnx or .onnx.gz", f"{path.suffix or 'no'} suffix")
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix == ".gz" else data
    except FileNotFoundError:
        raise ModelError(path.name, "the model file must exist", "no such file", "Check the path") from None
    except (EOFError, zlib.error):
        raise ModelError(path.name, "the model must be whole", "a gzip file that is cut short", _EXPORT) from None
    except gzip.BadGzipFile:
        raise ModelError(path.name, "a .gz model must be gzip data", "another format", _EXPORT) from None
    except OSError as error:
        raise ModelError(path.name, "the model file must be readable", error.strerror or str(error)) from None


def _parse(path: Path, data: bytes) -> onnx.ModelProto:
    """The bytes as a model. Raises: ModelError."""
    import onnx
    from google.protobuf.message import DecodeError

    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        # An ONNX file begins with field 1, ir_version, as a small varint.
        looks = len(data) > 2 and data[0] == 0x08 and data[1] < 32
        found = "ONNX data that is cut short or damaged" if looks else "another format"
        raise ModelError(path.name, "the file must be a whole ONNX model", found, _EXPORT) from None
    if not model.ir_version or not model.HasField("graph"):
        found = "an empty file" if not data else "a model without a graph"
        raise ModelError(path.name, "the file must be a whole ONNX model", found, _EXPORT)
    return model


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from model.graph.initializer
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _load_external(path: Path, model: onnx.ModelProto) -> None:
    """Read external tensors from the model's own folder. Raises: ModelError."""
    from onnx import TensorProto, external_data_helper

    folder = path.resolve().parent
    for tensor in _tensors(model):
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        target = (folder / location).resolve()
        if not location or Path(location).is_absolute() or not target.is_relative_to(folder):
            raise ModelError(
                f"{path.name}, tensor {tensor.name!r}",
                "external data must lie in the model's own folder",
                f"location {location!r}",
                "Save the model with its data beside it, or inside it",
            )
        _require_bytes(path, tensor.name, target, entries)
        external_data_helper.load_external_data_for_tensor(tensor, str(folder))
        tensor.data_location = TensorProto.DEFAULT
        del tensor.external_data[:]


def _require_bytes(path: Path, tensor: str, target: Path, entries: dict[str, str]) -> None:
    """The data file must exist and be long enough. Raises: ModelError."""
    where = f"{path.name}, tensor {tensor!r}"
    if not target.is_file():
        raise ModelError(where, "its external data must exist", f"no file {target.name!r}", "Copy it beside the model")
    size, need = target.stat().st_size, int(entries.get("offset", "0")) + int(entries.get("length", "0"))
    if size < need:
        raise ModelError(where, f"{target.name!r} must hold {need} bytes", f"{size}", "Copy the whole file")
