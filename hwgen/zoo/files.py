"""The trained networks that hwgen brings as QONNX files: building one needs no PyTorch.

They are exports of the parameters in `trained/`, and made again from them:

    python -m hwgen.zoo.files
"""

from __future__ import annotations

import gzip
from importlib import resources
from pathlib import Path
from typing import Any

from hwgen.frontend.model_file import parse
from hwgen.zoo.datasets import KINDS, Kind
from hwgen.zoo.registry import TRAINED, Entry, find

_DATASET = "dataset"
"""Key of a model's property: the images that it was trained on."""


def stored_model(entry: Entry) -> tuple[Any, Kind]:
    """The QONNX model of a trained network that hwgen brings, and the images it takes."""
    packed = resources.files("hwgen.zoo") / "trained" / f"{entry.name}.onnx.gz"
    model = parse(Path(packed.name), gzip.decompress(packed.read_bytes()))
    return model, KINDS[next(each.value for each in model.metadata_props if each.key == _DATASET)]


def packed_model(entry: Entry) -> bytes:
    """The file of a trained network, from its parameters. Raises: ToolError without PyTorch and Brevitas."""
    import torch

    from hwgen.frontend.brevitas import export
    from hwgen.zoo.parameters import load

    module, kind = load(entry)
    model = export(module, torch.zeros(kind.example_shape), entry.name)
    model.metadata_props.add(key=_DATASET, value=kind.name)
    return gzip.compress(model.SerializeToString(deterministic=True), mtime=0)


if __name__ == "__main__":
    for network in sorted(TRAINED):
        path = Path(__file__).parent / "trained" / f"{network}.onnx.gz"
        path.write_bytes(packed_model(find(network)))
        print(f"{path.name}: {path.stat().st_size:,} bytes")
