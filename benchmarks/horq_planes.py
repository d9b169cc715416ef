"""LUTs and interval of HORQ at orders 1 to 4, planes side by side and one after another: estimate and Yosys.

The network is that of `examples/horq` for 8x8 digits, untrained, with the example's folding: two padded convolutions
and a dense layer. LUTs are of its three matrix-vector units alone and of the whole accelerator. Targets: the cycles
that the folding gives, times the order where planes are folded; an estimate of the whole within 15 % of Yosys (xc7);
and fewer LUTs in turn than side by side from order 3 on.

    python benchmarks/horq_planes.py --check
"""

from __future__ import annotations

from pathlib import Path

from common import Figure, finish, machine, parser

import hwgen
from hwgen.config import read_settings

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "horq"
LAYERS = ("conv0", "conv1", "fc2")
INTERVAL = 576
LIMIT = 0.15


def build(order: int, planes: str) -> hwgen.Accelerator:
    """The example's accelerator of an order."""
    import torch

    from hwgen.zoo.datasets import DIGITS
    from hwgen.zoo.horq import network

    torch.manual_seed(order)
    model = network(kind=DIGITS, order=order).eval()
    settings = read_settings(EXAMPLE / "settings.toml").model_dump()
    settings["planes"] = dict.fromkeys(LAYERS, planes) if order > 1 else {}
    graph = hwgen.load(model, torch.zeros(1, 1, 8, 8), name="horq", input_type="uint8", input_scale=1 / 16)
    return hwgen.compile(graph, **settings)


def figures_of(name: str, design: hwgen.Accelerator, wanted: int, most: float | None) -> list[Figure]:
    """Interval and LUTs of a design that should take `wanted` cycles, and at most `most` LUTs in its matrix units."""
    report = design.synthesise("xc7")
    units = [unit for unit in report.units if unit.name in LAYERS]
    model, found = report.model.lut, report.measured.lut
    return [
        Figure(f"{name}: interval", design.design.cycles.interval, "cycles", wanted + 1),
        Figure(f"{name}: matrix-vector units, estimate", sum(unit.model.lut for unit in units), "LUT"),
        Figure(f"{name}: matrix-vector units, Yosys", sum(unit.measured.lut for unit in units), "LUT", most),
        Figure(f"{name}: whole, estimate", model, "LUT"),
        Figure(f"{name}: whole, Yosys", found, "LUT"),
        Figure(f"{name}: estimate off by", abs(model / found - 1), "of Yosys", LIMIT),
    ]


def main() -> None:
    """Build, synthesise, report."""
    options = parser(__doc__)
    options.add_argument("--orders", type=int, nargs="+", default=(1, 2, 3, 4), help="orders (default: all)")
    chosen = options.parse_args()
    where, figures = machine(), []
    for order in chosen.orders:
        figures += figures_of(f"order {order}, parallel", build(order, "parallel"), INTERVAL, None)
        if order > 1:
            beside = next(each.value for each in reversed(figures) if each.name.endswith("units, Yosys"))
            most = beside if order > 2 else None
            figures += figures_of(f"order {order}, serial", build(order, "serial"), order * INTERVAL, most)
    finish("HORQ: planes side by side and one after another", where, figures, (), chosen)


if __name__ == "__main__":
    main()
