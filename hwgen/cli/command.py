"""The command of a verb: `-v` and `-q` on every one of them, with one meaning."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from inspect import Parameter
from typing import Annotated, Any, get_type_hints

import typer

from hwgen.cli.common import err
from hwgen.cli.progress import LOUDNESS, Loudness, Stages
from hwgen.errors import ConfigError
from hwgen.verify.progress import listening

_Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Write a line for each stage with its seconds, as a log of a long run."),
]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Write results and errors only: no stages, no warnings.")]


def command(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb with `--verbose` and `--quiet` behind its own options; what it does is shown accordingly.

    Raises, when it is called:
        ConfigError: both are given.
    """
    own = inspect.signature(verb, eval_str=True).parameters.values()
    hints = get_type_hints(verb, include_extras=True)
    parameters = [each.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[each.name]) for each in own]
    for name, kind in (("verbose", _Verbose), ("quiet", _Quiet)):
        parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, default=False, annotation=kind))

    @wraps(verb)
    def run(*, verbose: bool = False, quiet: bool = False, **given: Any) -> None:
        if verbose and quiet:
            raise ConfigError("--quiet", "must be without --verbose", "both", "Give one of them")
        loudness = Loudness.QUIET if quiet else Loudness.VERBOSE if verbose else Loudness.NORMAL
        token = LOUDNESS.set(loudness)
        try:
            with listening(Stages(err, loudness)):
                verb(**given)
        finally:
            LOUDNESS.reset(token)

    run.__annotations__ = {each.name: each.annotation for each in parameters}
    run.__dict__["__signature__"] = inspect.Signature(parameters)
    return run
