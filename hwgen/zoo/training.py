"""One training loop for every network: Adam, the rate falling along half a cosine, weights clipped after each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import ToolError
from hwgen.zoo.datasets import Bytes, Dataset, Kind

if TYPE_CHECKING:
    from torch import Tensor, nn

Progress = Callable[[int, int, float], None]
"""Told after each epoch: how many are done, of how many, the mean loss."""

_AT_ONCE = 500
"""Images in one forward pass that only computes scores."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        rate: learning rate of the first epoch; it falls to zero along half a cosine.
        loss: "cross_entropy" or "squared_hinge".
        clip: matrices and kernels are kept within this bound, where a straight-through gradient still moves them;
            None leaves them free.
        slower: parts of parameters' names, and by what factor these parameters learn slower.
        gate_price: what open gates of low-cost collaborative layers cost in the loss; it rises from nothing, while the
            network learns what is worth computing, to 1.4 times as much.
    """

    epochs: int = 20
    rate: float = 0.01
    batch: int = 50
    loss: str = "squared_hinge"
    clip: float | None = 1.0
    slower: tuple[tuple[str, float], ...] = ()
    gate_price: float = 0.0

    def price(self, epoch: int) -> float:
        """What open gates cost in an epoch, the first being 0."""
        return self.gate_price * max(0.0, 2 * epoch / self.epochs - 0.6)


def require_torch() -> None:
    """PyTorch and Brevitas must be there. Raises: ToolError."""
    try:
        import brevitas  # noqa: F401
    except ImportError as error:
        change = "pip install 'hwgen[train]'"
        raise ToolError("PyTorch and Brevitas", "must be installed to train a network", str(error), change) from error


def pixels(images: Bytes, kind: Kind, like: nn.Module) -> Tensor:
    """What the network `like` sees of bytes (N, height, width, channels): numbers in [0, 1], channels first."""
    import torch

    return torch.from_numpy(np.moveaxis(images, -1, 1)).to(next(like.parameters()).dtype) / kind.peak


def train(model: nn.Module, data: Dataset, recipe: Recipe, seed: int = 0, progress: Progress = lambda *_: None) -> None:
    """Train `model` and leave it in evaluation mode. On a CPU the same seed gives the same parameters."""
    import torch

    from hwgen.nn import gate_penalty

    loss_of = _loss(recipe.loss)
    targets = torch.from_numpy(data.labels)
    order = np.random.default_rng(seed)
    optimiser = torch.optim.Adam(_groups(model, recipe), lr=recipe.rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, recipe.epochs))
    matrices = [parameter for parameter in model.parameters() if parameter.ndim >= 2]
    torch.manual_seed(seed)
    with _one_thread():
        for epoch in range(recipe.epochs):
            model.train()
            total = 0.0
            for chosen in _batches(order.permutation(len(targets)), recipe.batch):
                optimiser.zero_grad()
                error = loss_of(model(pixels(data.images[chosen], data.kind, model)), targets[chosen])
                if recipe.gate_price:
                    error = error + recipe.price(epoch) * gate_penalty(model)
                error.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                _clip(matrices, recipe.clip)
                total += error.item() * len(chosen)
            schedule.step()
            progress(epoch + 1, recipe.epochs, total / len(targets))
    model.eval()


def scores(model: nn.Module, images: Bytes, kind: Kind) -> npt.NDArray[Any]:
    """The network's own forward pass in evaluation mode, (N, classes), in the precision of its parameters."""
    import torch

    model.eval()
    with torch.no_grad(), _one_thread():
        starts = range(0, len(images), _AT_ONCE)
        parts = [model(pixels(images[start : start + _AT_ONCE], kind, model)) for start in starts]
    found: npt.NDArray[Any] = torch.cat(parts).numpy()
    return found


def accuracy(model: nn.Module, data: Dataset) -> float:
    """Share of the test images whose highest score is their label's."""
    return float((scores(model, data.test_images, data.kind).argmax(1) == data.test_labels).mean())


def _groups(model: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """The parameters by their rates."""
    rates: dict[float, list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        factor = next((factor for part, factor in recipe.slower if part in name), 1.0)
        rates.setdefault(recipe.rate / factor, []).append(parameter)
    return [{"params": parameters, "lr": rate} for rate, parameters in rates.items()]


def _loss(name: str) -> Callable[[Tensor, Tensor], Tensor]:
    from torch import nn

    from hwgen.nn.binarynet import squared_hinge

    losses: dict[str, Callable[[Tensor, Tensor], Tensor]]
    losses = {"cross_entropy": nn.CrossEntropyLoss(), "squared_hinge": squared_hinge}
    return losses[name]


def _batches(order: npt.NDArray[np.int64], size: int) -> Iterator[npt.NDArray[np.int64]]:
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _clip(matrices: list[nn.Parameter], bound: float | None) -> None:
    if bound is not None:
        for matrix in matrices:
            matrix.data.clamp_(-bound, bound)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums come out the same on every machine, and small tensors are faster so."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
