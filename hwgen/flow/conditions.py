"""What one back end alone is told of a simulation: depths of pipelines, and a file of waves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hwgen.errors import ConfigError
from hwgen.flow.project import copy_whole


def depths_for(backend: str, depths: Sequence[int]) -> tuple[int, ...]:
    """Depths of the pipelines of an HLS project. Raises: ConfigError."""
    if depths and (backend != "csim" or not all(1 <= depth <= 1024 for depth in depths)):
        found = f"{', '.join(map(str, depths))} for {backend}"
        raise ConfigError("pipeline_depths", "must be depths of 1 to 1024 stages, for csim", found)
    return tuple(depths)


@contextmanager
def written_waves(waves: str | Path | None, backend: str, build: Path) -> Iterator[str]:
    """The kind of file that a run in the folder `build` is to write all signals to, empty for none; `waves` gets it.

    It is for a viewer such as Surfer or GTKWave, and comes of a design that hangs, too.

    Raises:
        ConfigError: no such kind of file, or a back end other than rtl.
        OutputError: it cannot be written.
    """
    if waves is None:
        yield ""
        return
    from hwgen.verify.bench import WAVES_FILE
    from hwgen.verify.simulator import WAVES

    path, kind = Path(waves), Path(waves).suffix[1:].lower()
    if kind not in WAVES:
        raise ConfigError("waves", f"must name a file {' or '.join(f'.{each}' for each in WAVES)}", str(waves))
    if backend != "rtl":
        raise ConfigError("waves", "must be of the back end rtl, whose signals they are", backend)
    if not path.absolute().parent.is_dir():
        raise ConfigError("waves", "must lie in a folder that is there", str(waves))
    run = build / "run" / WAVES_FILE
    run.unlink(missing_ok=True)
    try:
        yield kind
    finally:
        if run.exists():
            copy_whole(path, run)
