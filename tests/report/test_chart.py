"""The roofline's picture: heights in order, everything inside the axes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hwgen.report.chart import Chart, chart
from hwgen.report.figures import Figure, Origin
from hwgen.report.roofline import Roofline

TFC = Roofline(
    name="tfc",
    part="xc7z020clg400-1",
    device="xc7z020",
    clock_mhz=200.0,
    luts=53_200,
    operations=118_016,
    input_bytes=784,
    bandwidth=9.8e9,
    bandwidth_of="input stream",
    lut_per_operation=1.7,
    folded=396.8e9,
    achieved=Figure(368.8e9, Origin.PREDICTED),
)
VARIED = {
    "input bound": TFC,
    "compute bound": replace(TFC, bandwidth=1e13),
    "slow": replace(TFC, achieved=Figure(1e3, Origin.MEASURED), folded=2e3),
    "slow board": replace(TFC, bandwidth=1e3),
    "beyond the part": replace(TFC, luts=1000),
    "few operations": replace(TFC, operations=3),
}


def drawn(roofline: Roofline) -> Chart:
    found = chart(roofline)
    assert found is not None
    return found


@pytest.mark.parametrize("name", VARIED)
def test_everything_is_inside(name: str) -> None:
    found = drawn(VARIED[name])
    assert found.left <= found.x <= found.right
    points = [tuple(map(float, point.split(","))) for point in found.roof.split()]
    heights = [found.achieved_y, found.folded_y, found.attainable_y, found.published_y, *(y for _, y in points)]
    assert all(found.top <= y <= found.bottom for y in heights)
    assert all(found.left <= x <= found.right for x, _ in points)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert points[1][1] == points[2][1] <= points[0][1]


def test_heights_are_in_order() -> None:
    found = drawn(TFC)
    assert found.attainable_y < found.folded_y < found.achieved_y


def test_ticks_are_decades() -> None:
    found = drawn(TFC)
    assert [tick.label for tick in found.x_ticks] == ["10", "100", "1,000", "10,000"]
    assert [tick.label for tick in found.y_ticks] == ["100 G", "1 T", "10 T"]
    assert found.x_ticks[0].at == found.left and found.x_ticks[-1].at == found.right


def test_no_operations_no_picture() -> None:
    assert chart(replace(TFC, operations=0)) is None
