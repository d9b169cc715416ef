"""Verbs for the networks of the literature: zoo list, zoo train, zoo build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.build import compiled, say_renamed, show_built
from hwgen.cli.command import command
from hwgen.cli.common import AsJson, mind, out, print_json
from hwgen.cli.options import DesignOptions, takes_design
from hwgen.verify.progress import stage

app = typer.Typer(no_args_is_help=True, help="Networks of the literature: list them, train them, build them.")

NetworkName = Annotated[str, typer.Argument(help="A name that `hwgen zoo list` shows.", show_default=False)]


@app.command("list")
@command
def list_entries(as_json: AsJson = False) -> None:
    """Every network: where it comes from, its layers, its images, and its weights.

    Weights: "trained" ones come with hwgen, "random" ones are all there is where hwgen trains none; others are trained
    by `hwgen zoo train`.
    """
    from hwgen.zoo.registry import ENTRIES

    entries = [entry.to_json() for entry in ENTRIES]
    if as_json:
        print_json(entries, "zoo-list")
        return
    from hwgen.report.console import table

    rows = []
    for each in entries:
        images = f"{each['dataset']} or {each['folder']}" if each["trainable"] else each["folder"]
        weights = "trained" if each["stored"] else "" if each["trainable"] else "random"
        rows.append([each["name"], each["summary"], images, weights, each["paper"]])
    headings = ("network", "layers", "images", "weights", "paper")
    out.print(table(headings, rows, texts=len(headings)))


@app.command()
@command
def train(
    network: NetworkName,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The checkpoint: .pt or .npz.", show_default="NETWORK.pt")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of MNIST's IDX files or CIFAR-10's binary ones.", show_default="bundled images"),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs.", show_default="the network's")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, order and noise.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Train a network, keep its parameters, and say how many test images it gets right."""
    from dataclasses import replace

    from hwgen.zoo import accuracy, find, load_dataset
    from hwgen.zoo import train as run
    from hwgen.zoo.parameters import require_writable, save

    entry = find(network)
    checkpoint = output or Path(f"{entry.name}.pt")
    require_writable(checkpoint)
    entry.require_trainable()
    images = load_dataset(entry.folder if data else entry.dataset, data)
    recipe = replace(entry.recipe, epochs=epochs) if epochs else entry.recipe
    model = entry.network(images.kind, seed)
    with stage(f"training {entry.name}") as told:
        run(model, images, recipe, seed, lambda epoch, epochs, loss: told(epoch, epochs, f"loss {loss:.3f}"))
    save(checkpoint, entry, images.kind, model)
    share, tested = accuracy(model, images), len(images.test_labels)
    report = {"network": entry.name, "dataset": images.kind.name, "images": len(images.labels), "seed": seed}
    report |= {"epochs": recipe.epochs, "test_images": tested, "accuracy": share, "checkpoint": str(checkpoint)}
    if as_json:
        print_json(report, "zoo-train")
        return
    text = f"{checkpoint}: {share:.2%} of {tested} test images of {images.kind.name} right"
    out.print(text)


@app.command()
@command
@takes_design
def build(
    network: NetworkName,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the project.", show_default=False)],
    design: DesignOptions,
    checkpoint: Annotated[
        Path | None, typer.Option(help="What `hwgen zoo train` wrote.", show_default="the parameters in hwgen")
    ] = None,
    random: Annotated[
        int | None, typer.Option(min=0, help="Seed of random weights, in place of trained ones.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Turn a network of the zoo into an HLS C++ project and a SystemVerilog project.

    Its weights are trained ones, or random ones with --random and where hwgen trains none; these promise no accuracy.
    """
    from hwgen import config
    from hwgen.zoo import find
    from hwgen.zoo.build import imported, starting_settings

    entry, own = find(network), config.read_settings(design.settings) if design.settings else None
    given = design.given(own.memory if own else {})
    base = own or starting_settings(entry, given)
    with stage(f"building {entry.name}"):
        graph = imported(entry, checkpoint, design.name, random)
        built = compiled(graph, base.overridden(given), design).write(output)
    if random is not None or not entry.trainable:
        mind(f"Mind: the weights of {entry.name} are random, of seed {random or 0}: no accuracy is claimed.")
    say_renamed(design.name or entry.name, graph.name)
    show_built(built, as_json)
