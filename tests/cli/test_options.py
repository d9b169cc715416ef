"""The same option means the same on every verb; old names stay."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from hwgen.cli import app

ALIASES = {("predict", "--on"): "--backend", ("evaluate", "--output"): "--class-output"}
ALIASES |= {("simulate", "--top"): "--top-module"}
"""Names of before, and what they are called now."""

SAID_AGAIN = {"--folding"}
"""Options that one verb takes once and another several times."""


def options() -> Iterator[tuple[str, Any, Any]]:
    """Every option of every verb, with the type of what it takes."""
    top: Any = get_command(app)
    for name, verb in {**top.commands, **top.commands["zoo"].commands}.items():
        if name != "zoo":
            hints = inspect.signature(verb.callback, eval_str=True).parameters
            for each in verb.params:
                if each.param_type_name == "option" and each.name in hints:
                    yield name, each, hints[each.name].annotation


def kind(annotation: Any) -> str:
    """What a value is: of a choice, that it is one."""
    found = str(getattr(annotation, "__origin__", annotation)).replace(" | None", "")
    origin = getattr(annotation, "__origin__", None)
    return "choice" if inspect.isclass(origin) and issubclass(origin, Enum) else found.split("'")[-2:][0]


def test_an_option_takes_the_same_everywhere() -> None:
    kinds: defaultdict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for verb, option, annotation in options():
        for name in (each for each in option.opts if (verb, each) not in ALIASES):
            kinds[name][kind(annotation)].add(verb)
    assert len(kinds) > 50
    assert {name: dict(found) for name, found in kinds.items() if len(found) > 1 and name not in SAID_AGAIN} == {}


def test_choices_are_named_alike() -> None:
    """A back end has one name on all verbs; a verb has those that it can do. Layouts are the same on all."""
    found = {(name, verb): annotation for verb, option, annotation in options() for name in option.opts}
    back_ends = [{each.value for each in kept.__origin__} for (name, _), kept in found.items() if name == "--backend"]
    assert len(back_ends) == 4 and set.union(*back_ends) == {"golden", "csim", "rtl", "dpi", "hls-rtl", "pynq"}
    for shared in ("--layout", "--real"):
        assert len({str(kept) for (name, _), kept in found.items() if name == shared}) == 1


@pytest.mark.parametrize("old", ALIASES, ids=" ".join)
def test_names_of_before_stay(old: tuple[str, str]) -> None:
    verb, name = old
    (option,) = (each for found, each, _ in options() if found == verb and name in each.opts)
    assert option.opts[0] == ALIASES[old]


def test_a_choice_that_a_verb_lacks_is_a_wrong_usage() -> None:
    done = CliRunner().invoke(app, ["predict", "out", "--images", "x.npy", "--backend", "csim"])
    assert done.exit_code == 2


def test_every_verb_prints_json() -> None:
    """But for `schema`, which prints nothing else."""
    verbs = {verb for verb, _, _ in options()}
    assert verbs - {verb for verb, option, _ in options() if "--json" in option.opts} == {"schema"}
