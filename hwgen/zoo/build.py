"""From a network of the zoo to its accelerator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hwgen import flow
from hwgen.config import GOALS, Settings, settings
from hwgen.errors import ConfigError
from hwgen.ir.graph import Graph
from hwgen.zoo.datasets import KINDS
from hwgen.zoo.files import stored_model
from hwgen.zoo.parameters import load, randomise
from hwgen.zoo.registry import Entry
from hwgen.zoo.training import require_torch

_PIXELS: Mapping[str, Any] = {"input_type": "uint8", "input_scale": 1 / 255}
"""What the hardware receives where hwgen does not train the network."""


def imported(entry: Entry, checkpoint: Path | None = None, name: str | None = None, seed: int | None = None) -> Graph:
    """The network as hwgen imports it, with trained parameters or random ones; hardware receives pixels as bytes.

    Args:
        checkpoint: of its parameters, instead of those that hwgen brings.
        seed: of random parameters instead; 0 where hwgen does not train the network.

    Raises:
        ConfigError: there are no parameters, or both kinds are asked for.
        ModelError: the checkpoint is missing, damaged, or another network's.
        ToolError: PyTorch or Brevitas is missing, for a network that hwgen brings no file of.
    """
    if checkpoint is not None and (seed is not None or not entry.trainable):
        with_what = "a network of random weights only" if not entry.trainable else "--random"
        change = "Leave one of them out" if entry.trainable else "Leave it out"
        raise ConfigError("--checkpoint", f"must not come with {with_what}", checkpoint.name, change)
    if not entry.trainable:
        return flow.load(entry.drawn(seed or 0).model(entry.name), name=name or entry.name, **_PIXELS)
    if entry.stored and checkpoint is None and seed is None:
        model, kind = stored_model(entry)
        return flow.load(model, name=name or entry.name, **kind.hardware_input)
    require_torch()
    import torch

    if seed is None:
        module, kind = load(entry, checkpoint)
    else:
        kind = KINDS[entry.folder]
        module = entry.network(kind, seed)
        randomise(module, seed)
    return flow.load(module.eval(), torch.zeros(kind.example_shape), name=name or entry.name, **kind.hardware_input)


def starting_settings(entry: Entry, given: Mapping[str, Any]) -> Settings:
    """The entry's settings with those in `given` (None: not given); a goal among these replaces the entry's."""
    goals = {key for key in GOALS if given.get(key) is not None}
    return settings(**{key: value for key, value in entry.settings.items() if not goals or key not in GOALS})
