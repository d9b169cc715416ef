"""The estimate of every cut of a network: nothing is lost, nothing is counted twice, and the best is the best."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen import config, flow
from hwgen.hw.cost import edge_resources
from hwgen.hw.cut import cut_points
from hwgen.hw.cuts import best_cut
from hwgen.hw.device import device_of
from hwgen.ir.graph import Graph
from tests.builders import concat_net, mobilenet_like, moving_net, resnet_like, signal_net
from tests.gated_networks import gated_network
from tests.tiers import tiered

PART = "xc7z020"
NETWORKS = {each.__name__: each for each in (concat_net, mobilenet_like, moving_net, resnet_like, signal_net)}
NETWORKS["gated_network"] = gated_network


@pytest.mark.parametrize("name", tiered(NETWORKS, *NETWORKS.keys() - {"gated_network"}))
def test_each_unit_is_on_one_side(name: str) -> None:
    accelerator = flow.compile(NETWORKS[name](np.random.default_rng(0)), part=PART, target_interval=2000)
    cuts, design = flow.cuts_of(accelerator), accelerator.design
    assert [cut.link.after for cut in cuts] == [*cut_points(accelerator.graph)]
    whole = accelerator.estimate().resources + edge_resources(design, device_of(PART).family)
    assert {cut.taken[0] + cut.taken[1] for cut in cuts} == {whole}
    assert [cut.taken[0].lut for cut in cuts] == sorted(cut.taken[0].lut for cut in cuts)
    best = best_cut(cuts)
    assert best.largest == min(max(cut.shares) for cut in cuts)


def test_a_larger_device_takes_more() -> None:
    accelerator = flow.compile(resnet_like(np.random.default_rng(0)), part=PART, target_interval=2000)
    ends = {parts: best_cut(flow.cuts_of(accelerator, parts)) for parts in ((PART, "zcu104"), ("zcu104", PART))}
    small, large = (each.taken[0].lut for each in ends.values())
    assert small < large


def graph() -> Graph:
    return resnet_like(np.random.default_rng(0))


GOALS: dict[str, dict[str, int]] = {"target": {"target_interval": 2000}, "budget": {"max_lut": 6000}, "none": {}}


@pytest.mark.parametrize("name", tiered(GOALS, "target", "none"))
def test_the_goal_is_kept(name: str) -> None:
    """The devices of the best of all cuts keep the goal that it was chosen for."""
    goal = GOALS[name]
    chosen = config.settings(part=PART, **goal)
    best = best_cut(flow.possible_cuts(graph(), (PART, PART), chosen))
    devices = flow.compile_devices(graph(), [best.link.after], (PART, PART), chosen)
    told = devices.estimate()
    assert told.interval_cycles == max(part.design.bound for part in devices.parts)
    assert told.interval_cycles <= goal.get("target_interval", 1 << 30)
    assert all(part.estimate().resources.lut <= goal.get("max_lut", 1 << 30) for part in devices.parts)
