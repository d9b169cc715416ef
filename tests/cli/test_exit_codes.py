"""Exit codes tell an error, a mismatch and a missing tool apart; what asks for no work ends well."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from hwgen import cli
from hwgen.cli import verbs
from hwgen.config import VERSION
from hwgen.errors import ConfigError, HwgenError, MismatchError, ModelError, ToolError
from hwgen.verify import signals


@pytest.mark.parametrize(("kind", "code"), [(ConfigError, 1), (ModelError, 1), (MismatchError, 3), (ToolError, 4)])
def test_errors(
    kind: type[HwgenError], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise kind("here", "must hold", "pip's", "pip install 'hwgen[sim]'")

    monkeypatch.setattr(verbs, "app", fails)
    monkeypatch.setattr(signals, "obey", lambda: None)
    monkeypatch.setattr(signals, "disregard", lambda: None)
    with pytest.raises(SystemExit) as done:
        cli.main()
    assert done.value.code == code
    assert capsys.readouterr().err == "error: here: must hold; found pip's. pip install 'hwgen[sim]'.\n"


def test_the_version() -> None:
    done = CliRunner().invoke(verbs.app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"hwgen {VERSION}\n")


@pytest.mark.parametrize("words", [["-h"], ["build", "-h"], ["zoo", "train", "-h"]])
def test_the_short_option_of_help(words: list[str]) -> None:
    short, long = (CliRunner().invoke(verbs.app, [*words[:-1], option]) for option in ("-h", "--help"))
    assert short.exit_code == long.exit_code == 0 and short.stdout == long.stdout
