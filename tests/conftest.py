"""Fixtures: the folder of real models and data, where it is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", derandomize=True, print_blob=True, deadline=None)
settings.load_profile("house")  # the same examples in every run; --hypothesis-profile=default tries others


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real models and data: $HWGEN_SHARED_DATA, or shared/data beside the repository."""
    root = Path(__file__).resolve().parents[1]
    candidates = [Path(os.environ["HWGEN_SHARED_DATA"])] if "HWGEN_SHARED_DATA" in os.environ else []
    candidates += [root.parent / "shared/data"]
    for folder in candidates:
        if (folder / "models").is_dir():
            return folder
    pytest.fail("real models are missing: set HWGEN_SHARED_DATA")
