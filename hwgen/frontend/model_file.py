"""Reading an ONNX file safely: what is not a whole model, or reaches outside its folder, is refused."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hwgen.errors import ModelError
from hwgen.frontend.sound import bytes_of, require_text
from hwgen.host_memory import free_bytes

if TYPE_CHECKING:
    import onnx

_EXPORT = "Export the model again, or name another file"

MAX_BYTES = (1 << 31) - 1
"""Bytes of a model, unpacked, that protobuf reads."""

_BLOCK = 1 << 20

_TIMES, _LITTLE = 3, 1 << 26
"""Bytes taken for each byte of a model while it is read: the file, its tensors, and integers made of them; so many
bytes of which need no asking. Measured by the peak of `hwgen.load`: 2.7 of VGG-16, 3.0 of AlexNet."""


def stem(path: Path) -> str:
    """The file's name without `.onnx` and `.gz`."""
    return path.name.removesuffix(".gz").removesuffix(".onnx")


def read_model(path: str | Path) -> onnx.ModelProto:
    """The model in a `.onnx` or `.onnx.gz` file, external data loaded.

    Raises: ModelError on a file that is missing, not ONNX, cut short, empty, or whose external data lies elsewhere.
    """
    path = Path(path)
    data = _contents(path)
    model = parse(path, data)
    if not model.graph.node:
        raise ModelError(str(path.name), "the model must have at least one node", "an empty graph", _EXPORT)
    require_text(model, path.name)
    _load_external(path, model)
    return model


def _contents(path: Path) -> bytes:
    """The file's bytes, unpacked. Raises: ModelError."""
    if not path.name.endswith((".onnx", ".onnx.gz")):
        raise ModelError(path.name, "a model file must end in .onnx or .onnx.gz", f"{path.suffix or 'no'} suffix")
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        if path.exists() and not path.is_file():
            raise ModelError(path.name, "the model must be a file", "a folder or a device", "Check the path")
        size = 0
        with opened(path, "rb") as file:  # measured block by block: a small .gz file can unpack to any size
            while block := len(file.read(_BLOCK)):
                size += block
                if size > MAX_BYTES:
                    change = "Save its tensors as external data, or export a smaller model"
                    raise ModelError(path.name, "a model must have less than 2 GiB", "more", change)
        _must_fit(path, size)
        with opened(path, "rb") as file:
            return bytes(file.read(size))
    except FileNotFoundError:
        raise ModelError(path.name, "the model file must exist", "no such file", "Check the path") from None
    except (EOFError, zlib.error):
        raise ModelError(path.name, "the model must be whole", "a gzip file that is cut short", _EXPORT) from None
    except gzip.BadGzipFile:
        raise ModelError(path.name, "a .gz model must be gzip data", "another format", _EXPORT) from None
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise ModelError(path.name, "the model file must be readable", found) from None


def _must_fit(path: Path, size: int) -> None:
    """A model of `size` bytes must fit memory. Raises: ModelError."""
    taken = _TIMES * size
    if size > _LITTLE and taken > (free := free_bytes()):
        found = f"{taken / 2**30:,.1f} GiB to read {size / 2**30:,.1f} GiB of weights and {free / 2**30:,.1f} GiB left"
        raise ModelError(path.name, "a model must fit memory while it is read", found, "Use a computer with more")


def parse(path: Path, data: bytes) -> onnx.ModelProto:
    """The bytes as a model. Raises: ModelError."""
    import onnx
    from google.protobuf.message import DecodeError

    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except (DecodeError, UnicodeDecodeError):
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
    from onnx import TensorProto

    outside = [tensor for tensor in _tensors(model) if tensor.data_location == TensorProto.EXTERNAL]
    _must_fit(path, sum(bytes_of(tensor, f"{path.name}, tensor {tensor.name!r}") for tensor in outside))
    for tensor in outside:
        entries = {entry.key: entry.value for entry in tensor.external_data}
        where = f"{path.name}, tensor {tensor.name!r}"
        target = _beside(path, where, entries.get("location", ""))
        tensor.raw_data = _slice(target, where, entries, bytes_of(tensor, where))
        tensor.data_location = TensorProto.DEFAULT
        del tensor.external_data[:]


def _beside(path: Path, where: str, location: str) -> Path:
    """The file of external data, in the folder of the model `path`. Raises: ModelError."""
    folder = path.resolve().parent
    try:
        target = (folder / location).resolve()
        inside = bool(location) and not Path(location).is_absolute() and target.is_relative_to(folder)
        exists = inside and target.is_file()
    except RuntimeError:  # a link to itself, before Python 3.13
        target, inside, exists = folder / location, True, False
    except (OSError, ValueError):  # a name that is too long, or holds a zero
        inside = exists = False
    if not inside:
        raise ModelError(
            where,
            "external data must lie in the model's own folder",
            f"location {location!r}",
            "Save the model with its data beside it, or inside it",
        )
    if not exists:
        raise ModelError(where, "its external data must exist", f"no file {target.name!r}", "Copy it beside the model")
    return target


def _slice(target: Path, where: str, entries: dict[str, str], need: int) -> bytes:
    """The bytes of one tensor, `need` of them as its dims say. Raises: ModelError."""
    numbers = {key: entries[key] for key in ("offset", "length") if entries.get(key)}
    odd = next((key for key, text in numbers.items() if not re.fullmatch("[0-9]{1,18}", text)), None)
    if odd is not None:
        must = f"the {odd} of its external data must be a whole number of bytes"
        raise ModelError(where, must, repr(numbers[odd]), _EXPORT)
    start, size = int(numbers.get("offset", "0")), target.stat().st_size
    length = int(numbers["length"]) if "length" in numbers else max(0, size - start)
    if size < start + length:
        raise ModelError(where, f"{target.name!r} must hold {start + length} bytes", f"{size}", "Copy the whole file")
    if length != need:
        raise ModelError(where, f"its external data must have {need} bytes, as its dims say", f"{length}", _EXPORT)
    try:
        with target.open("rb") as file:
            file.seek(start)
            return file.read(length)
    except OSError as error:
        raise ModelError(where, f"{target.name!r} must be readable", error.strerror or str(error)) from None
