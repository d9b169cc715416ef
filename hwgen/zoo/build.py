"""From a network of the zoo to its accelerator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hwgen import flow
from hwgen.config import GOALS, Settings, settings
from hwgen.ir.graph import Graph
from hwgen.zoo.parameters import load
from hwgen.zoo.registry import Entry
from hwgen.zoo.training import require_torch


def imported(entry: Entry, checkpoint: Path | None = None, name: str | None = None) -> Graph:
    """The trained network as hwgen imports it; hardware receives pixels as bytes. Raises: ConfigError, ModelError."""
    require_torch()
    import torch

    model, kind = load(entry, checkpoint)
    return flow.load(model, torch.zeros(kind.example_shape), name=name or entry.name, **kind.hardware_input)


def starting_settings(entry: Entry, given: Mapping[str, Any]) -> Settings:
    """The entry's settings with those in `given` (None: not given); a goal among these replaces the entry's."""
    goals = {key for key in GOALS if given.get(key) is not None}
    return settings(**{key: value for key, value in entry.settings.items() if not goals or key not in GOALS})
