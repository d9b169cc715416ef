"""The form of a port map: what `host/ports.json` of a project must hold. The file may come from elsewhere.

Checked without pydantic: a board reads it with numpy alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from hwgen.ir.foreign import MOST_ELEMENTS, MOST_PORTS, is_name, is_port_name

Form = Any
"""A test of one value, or a dictionary of forms by key."""

_MOST = 1 << 48


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _whole(low: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= _MOST


def _real(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e300 and math.isfinite(value)


def _reals(value: Any) -> bool:
    """One for all channels, or one for each."""
    return all(map(_real, value)) if isinstance(value, list) else _real(value)


def _shape(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_COUNT, value)) and math.prod(value) <= MOST_ELEMENTS


def _ends(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_NUMBER, value))


_COUNT, _NATURAL, _NUMBER = _whole(1), _whole(0), _whole(-_MOST)
_COUNTS = {
    "port": ("vectors", "elements", "lanes"),
    "weights": ("groups", "mh", "taps", "channels", "pe", "simd"),
    "threshold_map": ("channels", "levels", "lanes", "fan_in"),
}
_PORT: Form = {
    "name": lambda value: _text(value) and is_port_name(value),
    "axis": lambda value: _text(value) and is_name(value),
    "type": _text,
    "shape": _shape,
    "scale": _reals,
    "offset": _reals,
    "ranked": _flag,
}
_PORT |= dict.fromkeys(_COUNTS["port"], _COUNT)
_REGION: Form = {"base": _NATURAL, "words": _COUNT, "width": _COUNT}
_WEIGHTS: Form = {"dtype": _text, "memory": _REGION, **dict.fromkeys(_COUNTS["weights"], _COUNT)}
_THRESHOLD_MAP: Form = {
    "type": _text,
    "accumulator": {"slope": _NUMBER, "offset": _NUMBER},
    "thresholds": _REGION,
    "descending": _REGION,
    **dict.fromkeys(_COUNTS["threshold_map"], _COUNT),
}
_PORTS: Form = {
    "name": lambda value: _text(value) and is_name(value),
    "digest": _text,
    "clock_mhz": lambda value: _real(value) and value > 0,
    "structure": _text,
}


def require_sound(found: Any) -> None:
    """`found` must have the form of a port map, and sizes that go together. Raises: ValueError, KeyError."""
    _require(_PORTS, found, "")
    for kind in ("inputs", "outputs"):
        _require_ports(kind, found[kind])
    control = found["control"]
    if control is not None:
        _require({"address_bits": _COUNT, "identity": _NATURAL}, control, "control.")
        for name, layer in _mapping(control["layers"], "control.layers").items():
            _require_layer(f"control.layers.{name[:80]}.", layer)


def _require(form: Mapping[str, Form], found: Any, where: str) -> None:
    """`found` must be a dictionary with a value of its form at each key."""
    values = _mapping(found, where.rstrip(".") or "the port map")
    for key, test in form.items():
        if isinstance(test, dict):
            _require(test, values[key], f"{where}{key}.")
        elif not test(values[key]):
            raise ValueError(f"{where}{key}, {str(values[key])[:80]!r}")


def _mapping(found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValueError(f"{where}, {str(found)[:80]!r}")
    return found


def _require_ports(kind: str, ports: Any) -> None:
    """One port or more, each with a name of its own."""
    if not isinstance(ports, list) or not 1 <= len(ports) <= MOST_PORTS:
        raise ValueError(f"{kind}, {str(ports)[:80]!r}")
    for index, port in enumerate(ports):
        _require(_PORT, port, f"{kind}.{index}.")
        _require_port(f"{kind}.{index}", port)
    for key in ("name", "axis"):
        if len({port[key] for port in ports}) < len(ports):
            raise ValueError(f"{kind}, two of one {key}")


def _require_port(name: str, port: Mapping[str, Any]) -> None:
    size, channels = math.prod(port["shape"]), port["shape"][-1]
    if size != port["vectors"] * port["elements"] or port["lanes"] > port["elements"]:
        parts = f"{port['vectors']} vectors of {port['elements']} in {port['lanes']} lanes"
        raise ValueError(f"{name}, a shape of {size} elements as {parts}")
    for each in (port["scale"], port["offset"]):
        if isinstance(each, list) and len(each) not in (1, channels):
            raise ValueError(f"{name}, {len(each)} scales or offsets for {channels} channels")


def _require_layer(where: str, layer: Any) -> None:
    _require({"weights": _WEIGHTS, "inputs": _ends}, layer, where)
    if layer["accumulators"] is not None and not _ends(layer["accumulators"]):
        raise ValueError(f"{where}accumulators, {str(layer['accumulators'])[:80]!r}")
    if layer["thresholds"] is not None:
        _require({"thresholds": _THRESHOLD_MAP}, layer, where)
