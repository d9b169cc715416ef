"""The dataflow graph as a picture: a card for each layer, arrows with the widths and FIFOs of their streams.

It grows downwards, so that it fits a narrow screen; branches stand side by side. All lengths are in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from hwgen.hw.design import Design, Port
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.report.estimate import Estimate, LayerEstimate, UnitEstimate
from hwgen.report.layout import DiagramLayout

CARD, LANE, BETWEEN, GAP, MARGIN = 232, 72, 16, 38, 6
"""Widths of a column with cards, of one without and of the space between; height between rows; space around."""

HEIGHTS = {"end": 26, "fork": 10, "plain": 52, "windowed": 70}
"""Of a card by its kind."""

LINE, BEND = 13, 9
"""Between the baselines of a label; the radius of an arrow's bends."""

START, END = "(start)", "(end)"
"""Names of the two ends of the chip; no unit has such a name."""


@dataclass(frozen=True)
class Card:
    """A layer, a fork, an end of the chip or an external memory, its top left corner at (x, y).

    Attributes:
        kind: a key of `HEIGHTS`; `windowed` is a layer with a sliding window unit in front.
        busy: width of the bar that shows its utilisation.
    """

    name: str
    kind: str
    title: str
    detail: str = ""
    cycles: str = ""
    window: str = ""
    busy: float = 0.0
    mark: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float = CARD

    @property
    def height(self) -> int:
        return HEIGHTS[self.kind]


@dataclass(frozen=True)
class Arrow:
    """The connection of two cards: a stream, its converters and FIFOs.

    Attributes:
        label: lines of text, their middle at (label_x, label_y).
        path, tip: as SVG draws the line and the arrow's head.
        anchor: `start` or `end` of the label at its point.
    """

    source: str
    target: str
    label: tuple[str, ...]
    path: str = ""
    tip: str = ""
    anchor: str = "end"
    label_x: float = 0.0
    label_y: float = 0.0

    @property
    def lines(self) -> tuple[tuple[float, str], ...]:
        """Each line of the label with its baseline."""
        first = self.label_y + 4 - LINE / 2 * (len(self.label) - 1)
        return tuple((first + LINE * number, text) for number, text in enumerate(self.label))


@dataclass(frozen=True)
class Diagram:
    """The picture, laid out."""

    width: float
    height: float
    cards: tuple[Card, ...]
    arrows: tuple[Arrow, ...]


def diagram(design: Design, report: Estimate) -> Diagram:
    """The dataflow graph of a design."""
    cards = _cards(design, report)
    arrows = _arrows(design, report, {card.name for card in cards})
    layout = DiagramLayout([card.name for card in cards], [(arrow.source, arrow.target) for arrow in arrows])
    return _Drawing(cards, layout).of(arrows)


def folding(layer: LayerEstimate) -> str:
    """The folding of a layer in words."""
    return f"PE {layer.pe}" + ("" if layer.simd is None else f" × SIMD {layer.simd}")


def _cards(design: Design, report: Estimate) -> list[Card]:
    """In topological order."""
    figures = {layer.name: layer for layer in report.layers}
    found = [
        Card(name, "end", f"{port.name}, {_codes(port.stream)}") for name, port in _named(START, design.inputs).items()
    ]
    for unit in design.units:
        if not unit.is_adapter:
            found.append(_layer_card(figures[unit.name], report.interval_cycles, unit.name == report.slowest_layer))
        elif unit.memory_port is not None:
            found.append(Card(unit.name, "end", f"external memory, {unit.memory_port.frame_bytes:,} B"))
        elif len(unit.outputs) > 1:
            found.append(Card(unit.name, "fork", title="", width=HEIGHTS["fork"]))
    leaving = _named(END, design.outputs).items()
    return [*found, *(Card(name, "end", f"{port.name}, {_codes(port.stream)}") for name, port in leaving)]


def _named(kind: str, ports: Sequence[Port]) -> dict[str, Port]:
    """The ports of a kind by the names of their cards."""
    return {kind if len(ports) == 1 else f"{kind}{index}": port for index, port in enumerate(ports)}


def _codes(stream: Stream) -> str:
    return f"{stream.size:,} × {stream.dtype}"


def _layer_card(layer: LayerEstimate, interval: int, is_slowest: bool) -> Card:
    return Card(
        layer.name,
        "windowed" if layer.window_cycles else "plain",
        title=layer.name,
        detail=f"{layer.kind}, {folding(layer)}",
        cycles=f"{layer.cycles:,} cycles",
        window=f"window unit, {layer.window_cycles:,} cycles" if layer.window_cycles else "",
        busy=round(CARD * min(1.0, max(layer.cycles, layer.window_cycles) / interval), 1),
        mark="bottleneck" if is_slowest else "",
    )


def _arrows(design: Design, report: Estimate, cards: set[str]) -> list[Arrow]:
    """An arrow for each stream that a card reads."""
    writers = {stream.name: unit for unit in design.units for stream in unit.outputs}
    starts = {port.stream.name: name for name, port in _named(START, design.inputs).items()}
    ends = [(name, port.stream) for name, port in _named(END, design.outputs).items()]
    figures = {unit.name: unit for unit in report.units}
    read = [(unit.name, stream) for unit in design.units if unit.name in cards for stream in unit.inputs]
    return [_arrow(writers, figures, name, stream, starts, cards) for name, stream in [*read, *ends]]


def _arrow(
    writers: Mapping[str, Unit],
    figures: Mapping[str, UnitEstimate],
    target: str,
    stream: Stream,
    starts: Mapping[str, str],
    cards: set[str],
) -> Arrow:
    """The arrow that ends with `stream`, traced upstream through adapters."""
    width = stream.width
    fifos: list[str] = []
    while (unit := writers.get(stream.name)) is not None and unit.name not in cards:
        assert unit.is_adapter and len(unit.inputs) == 1, "forks, layers and memories have cards"
        stream = unit.input
        if unit.fifo_depth is not None:
            figure = figures[unit.name]
            fifos.append(f"FIFO {figure.depth}" + (f", holds {figure.held}" if figure.held != figure.depth else ""))
        elif unit.lines is not None:
            width = stream.width  # as the window unit reads it
    bits = f"{width} bit" if stream.width == width else f"{stream.width} → {width} bit"
    return Arrow(unit.name if unit else starts[stream.name], target, (bits, *reversed(fifos)))


class _Drawing:
    """Cards in the rows and columns of a layout, in pixels."""

    def __init__(self, cards: Sequence[Card], layout: DiagramLayout) -> None:
        self.layout = layout
        by_row = [
            [card for card in cards if layout.rows[card.name] == row] for row in range(max(layout.rows.values()) + 1)
        ]
        self.tops = [float(MARGIN)]
        self.bottoms: list[float] = []
        for row in by_row:
            self.bottoms.append(self.tops[-1] + max(card.height for card in row))
            self.tops.append(self.bottoms[-1] + GAP)
        self.centres = self._centres(cards)
        self.cards = {card.name: self._placed(card) for card in cards}

    def of(self, arrows: Sequence[Arrow]) -> Diagram:
        right = max(card.x + card.width for card in self.cards.values())
        drawn = tuple(self._drawn(number, arrow) for number, arrow in enumerate(arrows))
        labels = (arrow.label_x + LANE for arrow in drawn if arrow.anchor == "start")
        return Diagram(max(right, *labels, 0.0) + MARGIN, self.bottoms[-1] + MARGIN, tuple(self.cards.values()), drawn)

    def _centres(self, cards: Sequence[Card]) -> list[float]:
        """The middle of each column."""
        columns = self.layout.columns
        wide = {columns[card.name] for card in cards if card.kind != "fork"}
        widths = [CARD if column in wide else LANE for column in range(max(columns.values()) + 1)]
        return [MARGIN + sum(widths[:column]) + BETWEEN * column + width / 2 for column, width in enumerate(widths)]

    def _placed(self, card: Card) -> Card:
        """In the middle of its row."""
        row, column = self.layout.rows[card.name], self.layout.columns[card.name]
        middle = (self.tops[row] + self.bottoms[row]) / 2
        return replace(card, x=self.centres[column] - card.width / 2, y=middle - card.height / 2)

    def _drawn(self, number: int, arrow: Arrow) -> Arrow:
        """Straight down the rows, bent between them."""
        source, target = self.cards[arrow.source], self.cards[arrow.target]
        passages = self.layout.passages(number)
        first = self.layout.rows[source.name]
        xs = [self.centres[self.layout.columns[place]] for place in (source.name, *passages, target.name)]
        path = f"M{xs[0]:g} {source.y + source.height:g}"
        for row, (here, below) in enumerate(pairwise(xs), first):
            path += f"V{self.bottoms[row]:g}{_bend(here, below, (self.bottoms[row] + self.tops[row + 1]) / 2)}"
        x, y, right = xs[-1], target.y, max(xs) > self.centres[0]
        bent = not passages and xs[0] != x
        return replace(
            arrow,
            label=(", ".join(arrow.label),) if bent else arrow.label,
            path=f"{path}V{y:g}",
            tip=f"M{x - 4:g} {y - 7:g}L{x:g} {y:g}L{x + 4:g} {y - 7:g}Z",
            anchor="start" if right else "end",
            label_x=max(xs) + (7 if right else -7),
            label_y=self._middle(first, len(passages)) + (GAP / 4 * (1 if x > xs[0] else -1) if bent else 0),
        )

    def _middle(self, row: int, passed: int) -> float:
        """Half-way down the gap below a row, or beside the cards of the rows that an arrow passes."""
        top, bottom = self.bottoms[row], self.tops[row + 1]
        if passed:
            top, bottom = bottom, self.bottoms[row + passed]
        return (top + bottom) / 2


def _bend(here: float, there: float, y: float) -> str:
    """Down, across at height `y` and down again, with round corners; nothing where the way is straight."""
    if here == there:
        return ""
    step = BEND if there > here else -BEND
    into = f"V{y - BEND:g}Q{here:g} {y:g} {here + step:g} {y:g}"
    return f"{into}H{there - step:g}Q{there:g} {y:g} {there:g} {y + BEND:g}"
