"""Damaged models through the product: `python -m tests.frontend.hostile --seed 7 --count 2000`.

Prints a line of JSON for each mutant that ends in anything but a network or a `HwgenError`, and one of totals. Address
space is limited and each mutant has a time limit, so that a hang or a memory bomb ends the run with its number said.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import hwgen
from hwgen.ir.text import parse_graph, print_graph
from tests.frontend.hostile_nets import models, shared_models
from tests.frontend.mutate import mutant

SECONDS = 20
"""Of the processor that one mutant may take; a whole model takes a tenth."""

ADDRESS_SPACE = 5 << 30
RESIDENT = 2 << 30


OPTIONS: tuple[dict[str, Any], ...] = (
    {"input_type": "int5", "input_scale": 0.25},
    {},
    {"input_type": "uint8", "input_scale": 1 / 255},
    {"input_type": "bipolar"},
    {"input_type": "uint8", "input_scale": 1e30},
    {"input_type": "int6", "input_scale": 1e-44},
    {"input_type": "int9", "input_scale": [0.5, 1.0, 2.0, 0.25]},
)
OFTEN = (60, 15, 10, 5, 3, 4, 3)
"""How often the options of `OPTIONS` are taken."""


class Hang(BaseException):
    """No error class of anybody's: nothing may catch it."""


@contextmanager
def limited() -> Iterator[None]:
    """The block has `SECONDS`; code that no signal interrupts ends the process a while later."""

    def stop(*_: object) -> None:
        raise Hang

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    faulthandler.dump_traceback_later(20 * SECONDS, exit=True)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()


def run(path: Path, options: dict[str, Any]) -> str:
    """What becomes of a model file: "built", or the message of its error."""
    try:
        graph = hwgen.load(path, **options)
        again = parse_graph(print_graph(graph))
        assert again == graph, "a printed network must be read back"
        hwgen.compile(graph).estimate().to_json()
    except hwgen.HwgenError as error:
        text = str(error)
        assert text.isprintable() and len(text) < 2500, f"not one line: {text[:3000]!r}"
        return text
    return "built"


def _compile_once(path: Path, data: bytes) -> None:
    """Compile the functions of hwgen that a machine compiles once: the time of no mutant."""
    path.write_bytes(data)
    assert run(path, OPTIONS[0]) == "built"


def main() -> None:
    """Run the mutants that the arguments name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--shared", type=Path)
    parser.add_argument("--keep", type=Path, help="a folder for the files that fail")
    parser.add_argument("--say", action="store_true", help="print what becomes of each")
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    warnings.simplefilter("error")
    seeds = models() | (shared_models(given.shared) if given.shared else {})
    built = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        _compile_once(Path(folder) / "whole.onnx", seeds["channels_last"])
        for number in range(given.first, given.count):
            rng = Random(f"{given.seed} {number}")
            name = rng.choice(sorted(seeds))
            suffix, data = mutant(seeds[name], rng)
            path = Path(folder) / f"net{suffix}"
            path.write_bytes(data)
            options = rng.choices(OPTIONS, OFTEN)[0]
            found = ""
            try:
                with limited():
                    found = run(path, options)
                    built += found == "built"
            except BaseException as error:
                where = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
                failed += 1
                print(json.dumps({"number": number, "model": name, "error": repr(error)[:300], "at": where[-4:]}))
                if given.keep:
                    (given.keep / f"{given.seed}_{number}{suffix}").write_bytes(data)
            if given.say:
                print(number, name, found, flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    total = given.count - given.first
    print(json.dumps({"seed": given.seed, "mutants": total, "built": built, "failed": failed, "peak_mb": peak >> 20}))
    sys.stdout.flush()
    os._exit(failed > 0 or peak > RESIDENT)


if __name__ == "__main__":
    main()
