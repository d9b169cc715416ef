"""Fixtures of the frontend tests: real models where they are at hand, Brevitas made to run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real models and data: $HWGEN_SHARED_DATA, or shared/data beside the repository."""
    root = Path(__file__).resolve().parents[2]
    candidates = [Path(os.environ["HWGEN_SHARED_DATA"])] if "HWGEN_SHARED_DATA" in os.environ else []
    candidates += [root.parent / "shared/data", root.parents[1] / "shared/data"]
    for folder in candidates:
        if (folder / "models").is_dir():
            return folder
    pytest.fail("real models are missing: set HWGEN_SHARED_DATA")
