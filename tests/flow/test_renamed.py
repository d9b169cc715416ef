"""Keywords that have a new name: the old one is refused with one message that states the new one."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
import pytest

from hwgen import Accelerator, flow
from hwgen.errors import ConfigError
from tests.builders import random_network

ACCELERATOR = flow.compile(random_network(np.random.default_rng(0), (6, 4)))

OLD: dict[str, Callable[[], object]] = {
    "simulate": lambda: ACCELERATOR.simulate(2, "golden", pace=30),  # type: ignore[call-arg]
    "estimate": lambda: ACCELERATOR.estimate(pace=30),  # type: ignore[call-arg]
}


@pytest.mark.parametrize("verb", OLD)
def test_the_old_name_is_refused(verb: str) -> None:
    with pytest.raises(ConfigError) as error:
        OLD[verb]()
    assert str(error.value) == "pace: must be called input_interval; found pace=30. Write input_interval=30."


@pytest.mark.parametrize("verb", OLD)
def test_the_signature_has_the_new_name_alone(verb: str) -> None:
    parameters = inspect.signature(getattr(Accelerator, verb)).parameters
    assert "input_interval" in parameters and "pace" not in parameters


def test_other_keywords_are_python_s_to_refuse() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'speed'"):
        ACCELERATOR.estimate(speed=3)  # type: ignore[call-arg]


def test_the_new_name() -> None:
    assert ACCELERATOR.simulate(2, "golden", input_interval=30).input_interval == 30
    assert ACCELERATOR.estimate(input_interval=10**6).interval_cycles == 10**6
    assert ACCELERATOR.estimate(10**6) == ACCELERATOR.estimate(input_interval=10**6)
