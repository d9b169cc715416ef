"""FPGAs: found by part, package and board; public figures; what is said about others."""

from __future__ import annotations

import pytest

from hwgen.errors import ConfigError
from hwgen.hw.device import BOARDS, DEVICES, STAND_IN, Device, Family, device_of, part_of
from hwgen.hw.resources import Resources

PARTS = [
    # as users write it, the device, its family, LUTs, memory blocks of 36 kbit, multipliers
    ("xc7z020clg400-1", "xc7z020", Family.XC7, 53_200, 140, 220),
    ("Pynq-Z1", "xc7z020", Family.XC7, 53_200, 140, 220),
    ("pynq-z2", "xc7z020", Family.XC7, 53_200, 140, 220),
    ("zc706", "xc7z045", Family.XC7, 218_600, 545, 900),
    ("xc7a35tcpg236-1", "xc7a35t", Family.XC7, 20_800, 50, 90),
    ("ultra96", "xczu3eg", Family.XCUP, 70_560, 216, 360),
    ("xczu3eg-sbva484-1-e", "xczu3eg", Family.XCUP, 70_560, 216, 360),
    ("zcu104", "xczu7ev", Family.XCUP, 230_400, 312, 1_728),
    ("kv260", "xck26", Family.XCUP, 117_120, 144, 1_248),
    ("xck26-sfvc784-2LV-c", "xck26", Family.XCUP, 117_120, 144, 1_248),
    ("xcu250-figd2104-2L-e", "xcu250", Family.XCUP, 1_728_000, 2_688, 12_288),
    ("u55c", "xcu55c", Family.XCUP, 1_303_680, 2_016, 9_024),
    ("xcku5p", "xcku5p", Family.XCUP, 216_960, 480, 1_824),
    ("LFE5U-25F-6BG256C", "lfe5u-25f", Family.ECP5, 24_288, 28, 28),
    ("LFE5U-45F-6BG381C", "lfe5u-45f", Family.ECP5, 43_848, 54, 72),
    ("LFE5U-85F-6BG381C", "lfe5u-85f", Family.ECP5, 83_640, 104, 156),
    ("lfe5um5g-85f-8bg554", "lfe5um5g-85f", Family.ECP5, 83_640, 104, 156),
]


@pytest.mark.parametrize(("part", "name", "family", "lut", "bram", "dsp"), PARTS, ids=[each[0] for each in PARTS])
def test_a_known_part(part: str, name: str, family: Family, lut: int, bram: float, dsp: int) -> None:
    device = device_of(part)
    assert (device.name, device.family) == (name, family)
    assert (device.capacity.lut, device.capacity.bram, device.capacity.dsp) == (lut, bram, dsp)


def test_names_are_unique_and_lower_case() -> None:
    names = [*BOARDS, *(device.name for device in DEVICES)]
    assert len(set(names)) == len(names)
    assert names == [name.lower() for name in names]


def test_every_device_is_whole_and_cited() -> None:
    for device in DEVICES:
        capacity = device.capacity
        assert capacity.lut and capacity.bram and capacity.dsp and device.source, device.name
        assert capacity.ff == capacity.lut * (1 if device.family is Family.ECP5 else 2), device.name


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            "xc7z099clg400-1",
            "part: must be a known FPGA or board; found xc7z099clg400-1. "
            "The closest names are xczu9cg, xc7z100, xc7z045.",
        ),
        (
            "U96",
            "part: must be a known FPGA or board; found U96. The closest names are ultra96, ultra96-v2, zcu106.",
        ),
        (
            "xc7z020[exec sh]",
            "part: must be a known FPGA or board; found 'xc7z020[exec sh]'. "
            "The closest names are xc7z020, xc7z012s, xc7z007s.",
        ),
        (
            "xc7z020\nexit",
            "part: must be a known FPGA or board; found 'xc7z020\\nexit'. "
            "The closest names are xc7z020, xc7z100, xc7z030.",
        ),
    ],
)
def test_an_unknown_part(part: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        device_of(part)
    assert str(error.value) == message


FULL_NAMES = [
    # as users write it, as AMD writes it
    ("XC7Z020CLG400-1", "xc7z020clg400-1"),
    ("xc7z020clg484-3", "xc7z020clg484-3"),
    ("xc7a35ticsg324-1l", "xc7a35ticsg324-1L"),
    ("xc7k325tlffg900-2L", "xc7k325tlffg900-2L"),
    ("XCZU7EV-FFVC1156-2-E", "xczu7ev-ffvc1156-2-e"),
    ("xczu9eg-ffvb1156-2-i-es2", "xczu9eg-ffvb1156-2-i-es2"),
    ("xcu250-figd2104-2l-e", "xcu250-figd2104-2L-e"),
    ("XCK26-SFVC784-2LV-C", "xck26-sfvc784-2LV-c"),
    ("xczu28dr-ffvg1517-2lvi-i", "xczu28dr-ffvg1517-2LVI-i"),
]


@pytest.mark.parametrize(("given", "name"), FULL_NAMES)
def test_a_full_name_is_kept_as_amd_writes_it(given: str, name: str) -> None:
    part = part_of(given)
    assert (part.name, part.vitis, part.completed, part.stood_in) == (name, name, False, False)
    assert name.startswith(part.device.name)


def test_every_board_has_a_full_part_of_its_device() -> None:
    amd = [name for name in BOARDS if device_of(name).family is not Family.ECP5]
    assert (len(amd), len(BOARDS)) == (45, 53)
    for board, name in BOARDS.items():
        part = part_of(board)
        assert (part.name, part.completed) == (name, False)
        assert part.device is device_of(name) and part.stood_in == (board not in amd)
        assert (part.name == part.device.name) == part.stood_in  # the package of a Lattice board is nextpnr's to know
        assert part_of(name).name == name and part_of(board.upper()).name == name


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_a_device_alone_gets_a_default_package_and_grade(device: Device) -> None:
    part, full = part_of(device.name.upper()), part_of(device.default_part)
    assert part.device is full.device is device and part.name == full.name == device.default_part
    assert part.completed == (device.family is not Family.ECP5) and not full.completed


def test_vitis_gets_a_part_of_amd_for_one_of_lattice() -> None:
    for given in ("ulx3s-85f", "lfe5um-25f", "LFE5U-25F-6BG256C"):
        part = part_of(given)
        assert part.stood_in and part.vitis == STAND_IN and part_of(STAND_IN).name == STAND_IN
    assert part_of("lfe5u-25f-6bg256c").name == "LFE5U-25F-6BG256C"


MALFORMED = [
    # one of them, the part in full that the message shows
    ("xc7z020clg400", "xc7z020clg400-1"),
    ("xc7z020-1", "xc7z020clg400-1"),
    ("xc7z020clg400-", "xc7z020clg400-1"),
    ("xc7z020clg400-4", "xc7z020clg400-1"),
    ("xc7z020clg400-1x", "xc7z020clg400-1"),
    ("xc7z020clg400-1-e", "xc7z020clg400-1"),
    ("xc7z020-clg400-1", "xc7z020clg400-1"),
    ("xc7z020x", "xc7z020clg400-1"),
    ("XC7A35T-1CSG324C", "xc7a35tcpg236-1"),
    ("xczu7ev-ffvc1156", "xczu7ev-ffvc1156-1-e"),
    ("xczu7ev-ffvc1156-2", "xczu7ev-ffvc1156-1-e"),
    ("xczu7evffvc1156-2-e", "xczu7ev-ffvc1156-1-e"),
    ("xczu7ev-ffvc1156-2-e-x", "xczu7ev-ffvc1156-1-e"),
    ("xck26-sfvc784-2VL-c", "xck26-sfvc784-2LV-c"),
    ("LFE5U-25F-BG256C", "LFE5U-25F-6BG381C"),
    ("lfe5u-25f6", "LFE5U-25F-6BG381C"),
]


@pytest.mark.parametrize(("part", "example"), MALFORMED)
def test_a_malformed_part(part: str, example: str) -> None:
    with pytest.raises(ConfigError) as error:
        part_of(part)
    device = next(each.name for each in DEVICES if example.lower().startswith(each.name))
    must = "part: must name the package and the speed grade behind the device, as the vendor does, or neither"
    assert str(error.value) == f"{must}; found {part}. Write {example}, say, or {device}."


def test_resources_add_and_multiply() -> None:
    one = Resources(lut=3, ff=2, bram18=1, bram36=2, dsp=4, uram=5)
    assert one + one == one * 2 == Resources(lut=6, ff=4, bram18=2, bram36=4, dsp=8, uram=10)
    assert (one.bram, one * 0) == (2.5, Resources())
