"""Compatibility of torch and Brevitas."""

from __future__ import annotations

import warnings


def prepare_torch() -> None:
    """Make Brevitas 0.13 run on torch 2.13, which has no named tensors, without its warning about pkg_resources.

    Brevitas calls `tensor.rename(None)` in every layer, which drops the names of a tensor's axes. Where torch has no
    such method it is added as the identity. Importing `hwgen.nn` calls this function.
    """
    import torch

    warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
    if not hasattr(torch.Tensor, "rename"):

        def rename(self: torch.Tensor, names: None = None) -> torch.Tensor:
            return self

        torch.Tensor.rename = rename  # type: ignore[attr-defined]
