"""What a rebuild replaces: what hwgen wrote and nothing else, whatever lies in the folder and whenever it stops."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.errors import HwgenError, OutputError
from hwgen.flow import Accelerator, open_project
from hwgen.flow import project as writing
from hwgen.flow.hls import run_hls, write_layer
from hwgen.flow.report import write_report
from tests.builders import random_network
from tests.flow.test_bitstream import Tools, tools

__all__ = ["tools"]
KEPT = "Nothing was changed: move that elsewhere, or build into another folder."


@cache
def compiled(seed: int) -> Accelerator:
    """One of two small networks."""
    return flow.compile(random_network(np.random.default_rng(seed), (12, 8, 4)))


def tree(folder: Path) -> dict[str, bytes | str | None]:
    """Everything in a folder: the bytes of files, where links lead, None for folders."""
    found: dict[str, bytes | str | None] = {}
    for path in sorted(folder.rglob("*")):
        kind = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[str(path.relative_to(folder))] = kind
    return found


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A project with records."""
    accelerator = compiled(0).write(tmp_path / "out")
    accelerator.record("simulate.json", accelerator.simulate(2, "golden").to_json())
    write_report(tmp_path / "out")
    return tmp_path / "out"


def put(path: Path, text: str = "mine") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


FOREIGN: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file": (lambda out: put(out / "thesis.txt"), "thesis.txt"),
    "a file among ours": (lambda out: put(out / "rtl" / "lib" / "mine.sv"), "rtl/lib/mine.sv"),
    "a folder": (lambda out: put(out / "notes" / "one" / "a.txt"), "notes/"),
    "an empty folder": (lambda out: (out / "hls" / "plans").mkdir(), "hls/plans/"),
    "an edited file": (lambda out: put(out / "rtl" / "net.sv", "module net;"), "rtl/net.sv (edited)"),
    "an edited record": (lambda out: put(out / "simulate.json", "{}"), "simulate.json (edited)"),
    "an edited page": (lambda out: put(out / "report.html", ""), "report.html (edited)"),
    "an edited manifest": (lambda out: put(out / "hwgen.json", "{}"), "hwgen.json (edited)"),
    "results": (lambda out: put(out / "results.jsonl"), "results.jsonl"),
    "a link": (lambda out: (out / "link").symlink_to("/etc/hosts"), "link"),
    "a link for a file": (
        lambda out: ((out / "network.txt").unlink(), (out / "network.txt").symlink_to("/etc/hosts")),
        "network.txt",
    ),
    "a link for a folder": (
        lambda out: ((out / "host").rename(out.parent / "h"), (out / "host").symlink_to(out.parent / "h")),
        "host",
    ),
    "a pipe": (lambda out: os.mkfifo(out / "pipe"), "pipe"),
    "a hidden file": (lambda out: put(out / ".git" / "config"), ".git/"),
    "a line feed": (lambda out: put(out / "a\nb"), "'a\\nb'"),
    "a project": (lambda out: compiled(1).write(out / "inner"), "inner/"),
    "many": (lambda out: [put(out / f"{n}.txt") for n in range(9)], "0.txt, 1.txt, 2.txt and 6 more"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_and_edited_files_are_kept(out: Path, name: str) -> None:
    """They stop a rebuild of the same network and of another, and nothing is changed."""
    change, found = FOREIGN[name]
    change(out)
    before = tree(out.parent)
    for accelerator in (compiled(0), compiled(1)):
        with pytest.raises(OutputError) as error:
            accelerator.write(out)
        assert str(error.value) == f"{out}: must hold only what hwgen wrote to be replaced; found {found}. {KEPT}"
    assert tree(out.parent) == before


def test_what_hwgen_wrote_makes_way(out: Path, tmp_path: Path) -> None:
    """Records too; files that were deleted do not matter."""
    shutil.rmtree(out / "rtl" / "lib")
    (out / "estimate.json").unlink()
    compiled(1).write(out)
    compiled(1).write(tmp_path / "fresh")
    assert tree(out) == tree(tmp_path / "fresh")


TOOLS = (
    "vivado/build/synth/timing.rpt", "vivado/build/system/system.xpr", "vivado/ip/component.xml", "vivado/net.xsa",
    "vivado/.Xil/x", "vivado/vivado.log", "vivado/vivado.jou", "vivado/vivado_123.backup.log", "hls/vitis_net/hls/a",
    "hls/vitis_net_csynth.log", "hls/vitis_hls.log", "hls/build/net_tb", "build/hwgen_nn_net_0/x", "obj_dir/Vnet.cpp",
    "host/__pycache__/x.pyc", "bitstream/icebreaker.work/yosys.log",
)  # fmt: skip


def test_what_tools_made_is_kept(out: Path) -> None:
    """At its place where the same is built again; aside where another design comes, by the old one's digest."""
    for path in TOOLS:
        put(out / path, path)
    compiled(0).write(out)
    assert {path for path in TOOLS if (out / path).read_text() == path} == set(TOOLS)
    compiled(1).write(out)
    aside = out / "previous" / compiled(0).design.digest
    assert {path for path in TOOLS if (aside / path).read_text() == path} == set(TOOLS)
    assert not any((out / path).exists() for path in TOOLS)
    put(out / "vivado" / "build" / "x")
    compiled(0).write(out)
    put(out / "vivado" / "build" / "y")
    compiled(1).write(out)
    digests = (compiled(0).design.digest, compiled(1).design.digest, f"{compiled(0).design.digest}.2")
    assert sorted(path.name for path in (out / "previous").iterdir()) == sorted(digests)
    assert (out / "previous" / digests[2] / "vivado" / "build" / "y").is_file()


def test_tools_output_is_never_removed_with_the_old_project(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where it cannot be moved: then it stays beside the project."""
    put(out / "vivado" / "build" / "x")

    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OutputError, match="No space left on device"):
        compiled(1).write(out)
    monkeypatch.undo()
    assert open_project(out).design.digest == compiled(1).design.digest
    assert [path.read_text() for path in out.parent.rglob("build/x")] == ["mine"]


def test_projects_without_a_list(out: Path) -> None:
    """Those of an earlier hwgen, and folders that only have a file of that name."""
    (out / "hwgen.sha256").unlink()
    before = tree(out)
    with pytest.raises(OutputError) as error:
        compiled(0).write(out)
    must = "must have a list of its files (hwgen.sha256)"
    assert str(error.value) == f"{out}: {must}; found a project without. Move it away, or build into another folder."
    assert tree(out) == before
    opened = open_project(out)
    opened.record("simulate.json", {"frames": 1})
    assert not (out / "hwgen.sha256").exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no list\n", b"x" * 70 + b"\n"])
def test_a_damaged_list(out: Path, content: bytes) -> None:
    (out / "hwgen.sha256").write_bytes(content)
    before = tree(out)
    with pytest.raises(OutputError):
        compiled(1).write(out)
    assert tree(out) == before


def test_lists_that_lie(out: Path) -> None:
    """Paths in a list lead nowhere: only what lies in the folder is looked at."""
    put(out.parent / "target", "mine")
    line = writing.line_of("../target", b"mine")
    (out / "hwgen.sha256").write_text((out / "hwgen.sha256").read_text() + line + "\n\n" + line.replace("../", "/"))
    compiled(1).write(out)
    assert (out.parent / "target").read_text() == "mine"


def test_a_layer_is_written_again(out: Path, tmp_path: Path) -> None:
    write_layer(open_project(out), "fc0", tmp_path / "layer")
    first = tree(tmp_path / "layer")
    put(tmp_path / "layer" / "vitis_net" / "log")
    write_layer(open_project(out), "fc0", tmp_path / "layer")
    assert {**first, "vitis_net": None, "vitis_net/log": b"mine"} == tree(tmp_path / "layer")
    put(tmp_path / "layer" / "mine")
    with pytest.raises(OutputError, match="found mine"):
        write_layer(open_project(out), "fc0", tmp_path / "layer")


def test_a_bitstream_is_a_part_of_its_project(out: Path, tools: Tools) -> None:
    """It is listed there: it is made again, and makes way with the project, unless it was edited."""
    tools()
    for _ in range(2):
        flow.bitstream(open_project(out), "icebreaker")
    board = out / "bitstream" / "icebreaker"
    put(board / "mine")
    with pytest.raises(OutputError, match="found mine"):
        flow.bitstream(open_project(out), "icebreaker")
    (board / "mine").unlink()
    shutil.rmtree(out / "bitstream" / "icebreaker.work")
    compiled(1).write(out)
    assert not (out / "bitstream").exists()


@pytest.mark.parametrize("link", ["bitstream", "bitstream/icebreaker", "bitstream/icebreaker.work"])
def test_links_that_lead_out_of_a_project_are_not_followed(out: Path, tools: Tools, link: str) -> None:
    tools()
    (out.parent / "outside").mkdir()
    (out / link).parent.mkdir(exist_ok=True)
    (out / link).symlink_to(out.parent / "outside")
    with pytest.raises(OutputError) as error:
        flow.bitstream(open_project(out), "icebreaker")
    found = f"a link to {out.parent}/outside"
    assert str(error.value) == f"{out}/{link}: must be a folder of its own; found {found}. Remove it."
    assert not list((out.parent / "outside").iterdir())


def test_no_tool_runs_in_a_linked_folder(out: Path) -> None:
    (out / "hls").rename(out.parent / "hls")
    (out / "hls").symlink_to(out.parent / "hls")
    with pytest.raises(OutputError, match="must be a folder of its own"):
        run_hls(open_project(out), "csim")


@pytest.mark.parametrize("name", ["report.html", "evaluate.json", "hwgen.sha256"])
def test_planted_links_are_not_followed(out: Path, name: str) -> None:
    """Neither those of a file's own name nor those of a temporary one."""
    victim = out.parent / "victim"
    victim.write_text("of somebody's")
    (out / name).unlink(missing_ok=True)
    for each in (name, f".{name}.part", f"{name}.part", f".{name}.tmp", f"{name}.tmp"):
        (out / each).symlink_to(victim)
    opened = open_project(out)
    report = {"backend": "golden", "frames": 2, "correct": 1}
    for write in (lambda: opened.record("evaluate.json", report), lambda: write_report(out)):
        try:
            write()
        except HwgenError as error:
            assert name == "hwgen.sha256" and "must be writable" in str(error)
    assert victim.read_text() == "of somebody's" and not (out / "report.html").is_symlink()


def test_a_device_is_not_replaced(out: Path) -> None:
    os.mkfifo(out.parent / "pipe")
    with pytest.raises(OutputError) as error:
        write_report(out, out.parent / "pipe")
    assert str(error.value) == (f"{out.parent}/pipe: must be a file; found a pipe or a device. Give another path.")


def die(at: str, real: Callable[..., bool]) -> Callable[..., bool]:
    """The exchange of two folders, and the end of the process before or after it."""

    def exchange(one: Path, other: Path) -> bool:
        if at == "before":
            os._exit(9)
        done = real(one, other)
        os._exit(9 if done else 8)

    return exchange


@pytest.mark.parametrize("at", ["before", "after"])
def test_killed_in_the_exchange(out: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """The old project is there or the new one, whole; and is built again."""
    put(out / "vivado" / "build" / "x")
    monkeypatch.setattr(writing, "_exchanged", die(at, writing._exchanged))
    child = os.fork()
    if child == 0:
        compiled(1).write(out)
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    monkeypatch.undo()
    expected = compiled(0) if at == "before" else compiled(1)
    assert open_project(out).design.digest == expected.design.digest
    assert [path.read_text() for path in out.parent.rglob("build/x")] == ["mine"]
    assert open_project(compiled(1).write(out).project or out).design.digest == compiled(1).design.digest


@pytest.mark.parametrize("after", range(0, 60, 6))
def test_a_full_disk(out: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    before, real, count = tree(out.parent), Path.write_text, []

    def full(self: Path, *args: object, **options: object) -> int:
        count.append(self)
        if len(count) > after:
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return real(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match=r"must be writable; found .* No space left on device"):
        compiled(1).write(out)
    assert tree(out.parent) == before


def test_an_empty_folder_is_filled_and_stays_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that stands in it still does; one that fails half-way leaves it empty."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    inode, real, count = os.stat(".").st_ino, Path.replace, []

    def failing(self: Path, target: Path) -> Path:
        count.append(self)
        if len(count) == 4:
            raise OSError("disk")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OutputError, match="disk"):
        compiled(0).write(".")
    assert os.listdir(".") == [] and os.listdir("..") == ["here"]
    compiled(0).write(".")
    assert os.stat(".").st_ino == inode and os.listdir("..") == ["here"]
    compiled(1).write(".")
    assert open_project(".").design.digest == compiled(1).design.digest


@pytest.mark.parametrize("where", ["/", "~", "rtl", "hwgen.json", "loop", "null", "long"])
def test_folders_that_are_none_of_ours(out: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    (out.parent / "home").mkdir()
    put(out.parent / "home" / "letters")
    (out.parent / "loop").symlink_to("loop")
    named = {"/": Path("/"), "~": out.parent / "home", "loop": out.parent / "loop", "null": Path("/dev/null")}
    target = named.get(where, out / (where if where != "long" else "x" * 300))
    before = tree(out.parent)
    with pytest.raises(OutputError):
        compiled(1).write(target)
    assert tree(out.parent) == before


def test_the_list_is_what_sha256sum_reads(out: Path) -> None:
    lines = (out / "hwgen.sha256").read_text().splitlines()
    files = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} - {"hwgen.sha256"}
    assert {line[66:] for line in lines} == files and all(line[64:66] == "  " for line in lines)
    assert json.loads((out / "hwgen.json").read_text())["format"] == 3


def test_a_fresh_accelerator_is_bound_to_its_folder(tmp_path: Path) -> None:
    written: Accelerator = compiled(0).write(tmp_path / "out")
    assert written.project == tmp_path / "out"
