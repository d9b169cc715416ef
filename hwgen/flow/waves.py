"""Files of waves: all signals of an RTL simulation in every cycle, for a viewer such as Surfer or GTKWave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hwgen.errors import ConfigError
from hwgen.flow.project import copy_whole


@contextmanager
def written_waves(waves: str | Path | None, backend: str, build: Path) -> Iterator[str]:
    """The kind of waves that a run in the folder `build` is to write, empty for none; `waves` gets what it wrote.

    Of a design that hangs, too.

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
