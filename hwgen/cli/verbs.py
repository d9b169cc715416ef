"""The verbs of the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from hwgen.cli import bitstream, build, check, compare, explore, formal, hls, layers, predict, prove, report, synth, zoo
from hwgen.cli.command import command
from hwgen.cli.common import out

app = typer.Typer(
    name="hwgen",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _say_version(asked: bool) -> None:
    if asked:
        from hwgen.config import VERSION

        out.print(f"hwgen {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Binarised and few-bit neural networks as streaming FPGA accelerators, proven bit for bit.

    Build a project, estimate it, explore its foldings, simulate it, measure its accuracy:

    \b
    hwgen check tfc.onnx --input-type uint8 --input-scale 1/255
    hwgen build tfc.onnx -o out --input-type uint8 --input-scale 1/255
    hwgen estimate out
    hwgen explore out -o results.jsonl
    hwgen simulate out --frames 100 --images t10k-images-idx3-ubyte.gz
    hwgen evaluate out --images t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz
    hwgen compare out --folding fast.json --published finn.toml
    hwgen roofline out
    hwgen report out

    Or take a network of the literature:

    \b
    hwgen zoo list
    hwgen zoo build tfc -o out
    """


for verb in (
    build.build,
    build.estimate,
    check.check,
    explore.explore,
    prove.simulate,
    layers.simulate_layers,
    prove.evaluate,
    predict.predict,
    compare.compare,
    compare.roofline,
    synth.synth,
    formal.prove,
    hls.hls,
    bitstream.bitstream,
    bitstream.program,
    bitstream.boards,
    report.report,
    report.schema,
    prove.doctor,
):
    app.command()(command(verb))
app.add_typer(zoo.app, name="zoo")
