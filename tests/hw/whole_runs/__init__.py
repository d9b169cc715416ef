"""The cycle model by runs of whole networks over many frames, every time kept: slow, and what the other is held to."""

from tests.hw.whole_runs.cycles import CycleModel, cycle_model, meets_interval, peak_occupancies
from tests.hw.whole_runs.runs import run_frames

__all__ = ["CycleModel", "cycle_model", "meets_interval", "peak_occupancies", "run_frames"]
