"""Parameters: checkpoints that a user keeps, the small ones that hwgen brings, and random ones.

A checkpoint is a PyTorch file (`.pt`), or a numpy archive (`.npz`) of a tenth of its size: there, weights that are -1
and +1 are bits and other whole weights are bytes. Neither is ever executed. Both give the same network, bit for bit.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import ConfigError, ModelError, OutputError
from hwgen.verify import signals
from hwgen.zoo.datasets import KINDS, Kind
from hwgen.zoo.registry import Entry

if TYPE_CHECKING:
    from torch import nn

Arrays = dict[str, npt.NDArray[Any]]

_SHAPE = ".shape"
"""Suffix of the key of a tensor's shape, where its bits are kept."""

_FORMATS = (".pt", ".npz")


def require_writable(path: Path) -> None:
    """A checkpoint can be written to `path`. Raises: OutputError."""
    if path.suffix not in _FORMATS:
        raise OutputError(str(path), "a checkpoint must end in .pt or .npz", f"{path.suffix or 'no suffix'}")
    if not path.parent.is_dir():
        raise OutputError(str(path), "its folder must exist", "none", f"Make {path.parent}")
    if path.is_dir():
        raise OutputError(str(path), "a checkpoint must be a file", "a folder", "Give another name")


def save(path: Path, entry: Entry, kind: Kind, model: nn.Module) -> None:
    """Keep a trained network, with its name and the images it was trained on. Raises: OutputError."""
    import torch

    require_writable(path)
    about = {"network": entry.name, "dataset": kind.name}
    content = io.BytesIO()
    if path.suffix == ".npz":
        arrays = {**_packed(model), **{name: np.asarray(text) for name, text in about.items()}}
        np.savez_compressed(content, allow_pickle=False, **arrays)
    else:
        torch.save({**about, "state_dict": model.state_dict()}, content)
    try:
        with signals.held():
            path.write_bytes(content.getvalue())
    except OSError as error:
        raise OutputError(str(path), "must be writable", str(error.strerror)) from error


def load(entry: Entry, checkpoint: Path | None = None) -> tuple[nn.Module, Kind]:
    """The trained network in evaluation mode, and the images it takes.

    Without a checkpoint, the parameters that hwgen brings. A plain state dict is taken for the published images.

    Raises:
        ConfigError: hwgen brings none for this network.
        ModelError: the checkpoint is missing, damaged, or another network's.
    """
    if checkpoint is None:
        if not entry.stored:
            change = f"Run `hwgen zoo train {entry.name} -o {entry.name}.pt` and give --checkpoint {entry.name}.pt"
            change += ", or --random 0 for random ones"
            raise ConfigError(f"network {entry.name}", "must have a checkpoint", "no parameters in hwgen", change)
        with resources.as_file(resources.files("hwgen.zoo") / "trained" / f"{entry.name}.npz") as path:
            return _restored(entry, path)
    return _restored(entry, checkpoint)


def randomise(model: nn.Module, seed: int) -> None:
    """Random weights and batch norms, descending ones among them, as unusual as after training.

    The batch norms of LCCL's gates stay as training starts: gates that are open for most pixels.
    """
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(seed)

    def normal(like: torch.Tensor, mean: float, deviation: float) -> torch.Tensor:
        return torch.randn(like.shape, generator=generator) * deviation + mean

    inputs = 1
    with torch.no_grad():
        for name, layer in model.named_modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                inputs = layer.weight[0].numel()
                layer.weight.copy_(torch.rand(layer.weight.shape, generator=generator) * 2 - 1)
            elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) and not name.endswith("gate_norm"):
                layer.weight.copy_(normal(layer.weight, 1.0, 0.5))
                layer.bias.copy_(normal(layer.bias, 0.0, 0.5))
                assert layer.running_mean is not None and layer.running_var is not None
                layer.running_mean.copy_(normal(layer.running_mean, 0.0, inputs**0.5))
                layer.running_var.copy_((torch.rand(layer.running_var.shape, generator=generator) + 0.5) * inputs)


def _restored(entry: Entry, path: Path) -> tuple[nn.Module, Kind]:
    from hwgen.frontend.brevitas import fill, read_checkpoint

    found = _unpacked(path) if path.suffix == ".npz" else read_checkpoint(path)
    about = {key: str(found.pop(key)) for key in ("network", "dataset") if key in found}
    name, dataset = about.get("network", entry.name), about.get("dataset", entry.folder)
    if name != entry.name:
        raise ModelError(path.name, f"the checkpoint must be of {entry.name}", name, f"Build {name}, or train again")
    if dataset not in KINDS:
        raise ModelError(path.name, f"its images must be one of {', '.join(KINDS)}", repr(dataset), "Train again")
    model = entry.network(KINDS[dataset])
    fill(model, found.get("state_dict", found), path.name)
    return model.eval(), KINDS[dataset]


def _packed(model: nn.Module) -> Arrays:
    """The state dict in few bytes: bits where all weights are -1 and +1, bytes where they are whole.

    A weight that its layer quantises to -1, 0 or +1 is kept as that: it quantises to itself.
    """
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    state.update(_codes(model))
    packed: Arrays = {}
    for name, array in state.items():
        whole = array.ndim >= 2 and np.array_equal(array, np.clip(np.rint(array), -127, 127))
        if whole and np.all(np.abs(array) == 1):
            packed[name], packed[name + _SHAPE] = np.packbits(array.ravel() > 0), np.asarray(array.shape)
        else:
            packed[name] = array.astype(np.int8) if whole else array
    return packed


def _codes(model: nn.Module) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Weights that may be kept as their layer quantises them: those that then quantise to themselves."""
    import torch

    for name, layer in model.named_modules():
        if not hasattr(layer, "quant_weight"):
            continue
        given = layer.weight.data
        with torch.no_grad():
            quantised = _plain(layer.quant_weight())
            layer.weight.data = quantised.clone()
            stays = torch.equal(_plain(layer.quant_weight()), quantised)
            layer.weight.data = given
        if stays:
            yield f"{name}.weight", quantised.numpy()


def _plain(weight: Any) -> Any:
    """The tensor of a Brevitas QuantTensor, or of itself."""
    return getattr(weight, "value", weight).detach()


def _unpacked(path: Path) -> dict[str, Any]:
    """The state dict and the description in a numpy archive. Raises: ModelError."""
    import torch

    if not path.is_file():
        raise ModelError(path.name, "the checkpoint must exist", "no such file", "Check the path")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays: Mapping[str, npt.NDArray[Any]] = {name: archive[name] for name in archive.files}
        found: dict[str, Any] = {}
        for name, array in arrays.items():
            if name in ("network", "dataset"):
                found[name] = array.item()
            elif name + _SHAPE in arrays:
                shape = tuple(arrays[name + _SHAPE])
                bits = np.unpackbits(array, count=int(np.prod(shape))).reshape(shape)
                found[name] = torch.from_numpy(bits * np.float32(2) - np.float32(1))
            elif not name.endswith(_SHAPE):
                found[name] = torch.from_numpy(array.astype(np.float32) if array.dtype == np.int8 else array)
    except Exception as error:  # from zip, zlib or numpy's reader of headers, on a damaged archive
        raise ModelError(path.name, "the checkpoint must be whole", type(error).__name__, "Train again") from error
    return found
