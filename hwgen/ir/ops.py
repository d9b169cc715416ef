"""The operations of the integer network: one frozen dataclass each, arrays read-only.

A network arrives with Activation nodes still in the model's own floating-point terms and leaves the threshold pass
with Threshold nodes in their place, integers throughout. Images are (H, W, C), channel innermost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.ir.arrays import Arrays
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import CodeArray, DType, FloatArray, IntArray


class Rounding(Enum):
    """How a quantiser turns a real number into an integer."""

    HALF_EVEN = "half_even"
    FLOOR = "floor"
    CEIL = "ceil"
    TO_ZERO = "to_zero"
    FROM_ZERO = "from_zero"
    HALF_UP = "half_up"
    HALF_DOWN = "half_down"
    HALF_ODD = "half_odd"


def _no_numbers() -> IntArray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Mul(Arrays):
    """x * factor."""

    factor: FloatArray


@dataclass(frozen=True, eq=False)
class Add(Arrays):
    """x + term."""

    term: FloatArray


@dataclass(frozen=True, eq=False)
class Div(Arrays):
    """x / divisor, with no zero in `divisor`."""

    divisor: FloatArray


@dataclass(frozen=True, eq=False)
class BatchNorm(Arrays):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, per channel."""

    gamma: FloatArray
    beta: FloatArray
    mean: FloatArray
    variance: FloatArray
    epsilon: float


@dataclass(frozen=True, eq=False)
class Clip(Arrays):
    """min(max(x, low), high): ReLU is Clip(0, inf), hard-tanh Clip(-1, 1)."""

    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, eq=False)
class LeakyRelu(Arrays):
    """x where x >= 0, slope * x elsewhere."""

    slope: FloatArray


class FunctionKind(Enum):
    """Functions of one real number; all of them rise, but for the sine and the cosine."""

    COS = "cos"
    EXP = "exp"
    LOG = "log"
    SIGMOID = "sigmoid"
    SIN = "sin"
    TANH = "tanh"
    SOFTPLUS = "softplus"
    ERF = "erf"
    SQRT = "sqrt"


@dataclass(frozen=True)
class Function:
    """exp, log, sigmoid, tanh, log(1 + exp(x)), erf, sine, cosine or the square root of x."""

    function: FunctionKind


@dataclass(frozen=True, eq=False)
class Compare(Arrays):
    """1 where x >= bound, or x > bound where `strict`, and 0 elsewhere."""

    bound: FloatArray
    strict: bool


class Operator(Enum):
    """How two numbers become one."""

    ADD = "add"
    MUL = "mul"
    DIV = "div"
    MAX = "max"
    MIN = "min"


@dataclass(frozen=True, eq=False)
class Combine(Arrays):
    """left(x) and right(x), two chains of steps of the same x, added, multiplied and so on: x * sigmoid(x) is SiLU."""

    operator: Operator
    left: tuple[Step, ...]
    right: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class Sign(Arrays):
    """The bipolar quantiser: +1 where x >= 0, -1 elsewhere."""


@dataclass(frozen=True, eq=False)
class Quantise(Arrays):
    """The uniform quantiser: clamp(round(x / scale + zero_point), low, high)."""

    scale: FloatArray
    zero_point: FloatArray
    low: int
    high: int
    rounding: Rounding


@dataclass(frozen=True, eq=False)
class Levels(Arrays):
    """The multi-threshold quantiser: base + step * sum_i [x >= levels_i]; `levels` is (1, L) or (C, L), ascending."""

    levels: FloatArray
    base: int
    step: int


Step = Mul | Add | Div | BatchNorm | Clip | LeakyRelu | Function | Compare | Combine | Sign | Quantise | Levels
"""One elementwise step of an activation, parameters per channel or for the whole tensor."""


def arrays_of(step: Step) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """The parameters of a step with their names, those of the chains that it combines among them."""
    if isinstance(step, Combine):
        for part in (*step.left, *step.right):
            yield from arrays_of(part)
        return
    yield from ((name, value) for name, value in vars(step).items() if isinstance(value, np.ndarray))


def for_channels(steps: tuple[Step, ...], channels: IntArray) -> tuple[Step, ...]:
    """The steps for channels that are others: new channel i is what channel `channels[i]` was."""
    return tuple(_for_channels(step, channels) for step in steps)


def _for_channels(step: Step, channels: IntArray) -> Step:
    if isinstance(step, Combine):
        return replace(step, left=for_channels(step.left, channels), right=for_channels(step.right, channels))
    wide: dict[str, Any] = {name: array[channels] for name, array in arrays_of(step) if array.ndim and len(array) > 1}
    changed: Step = replace(step, **wide)
    return changed


@dataclass(frozen=True, eq=False)
class MatMul(Arrays):
    """out[j] = sum_i weights[j, i] * in[i]; `weights` is (out, in) codes of `weight_type`.

    Over the last axis, or, where `in` is the number of all elements, over the whole tensor in C order.

    Attributes:
        planes: (K,) factors of residual binary planes, first plane first (`hwgen.ir.planes`): the input's codes then
            stand for sums of these. Empty for an input whose codes are numbers.
        rows: (out,) the model's row of each output, where outputs are permuted so that the chip can rank them. Empty
            where they are in the model's order.
    """

    weights: CodeArray
    weight_type: DType
    planes: IntArray = field(default_factory=_no_numbers)
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Conv(Arrays):
    """A convolution: (H, W, C) to (OH, OW, out) accumulators.

    out[y, x, j] = sum over ky, kx and i of weights[j, ky, kx, i] * in[y*stride + ky*dilation - top, ..., g + i] where
    g is the first channel of j's group.

    Attributes:
        weights: (out, kernel height, kernel width, C / groups) codes of `weight_type`.
        groups: equal parts of channels and outputs; part n of the outputs depends on part n of the channels alone.
        pad: the code that a padded tap holds, the one that stands for zero. Where it is 0 (also in a bipolar tensor,
            which has no code 0) a padded tap adds nothing. Of `planes` it is 0 and no code: a padded tap adds nothing.
        planes, rows: as in `MatMul`.
    """

    weights: CodeArray
    weight_type: DType
    geometry: Geometry
    groups: int
    pad: int
    planes: IntArray = field(default_factory=_no_numbers)
    rows: tuple[int, ...] = ()

    @property
    def is_depthwise(self) -> bool:
        """One channel a group and one output a channel."""
        return bool(self.weights.shape[3] == 1 and self.groups == self.weights.shape[0])


class PoolKind(Enum):
    """What a pool makes of the codes in its window."""

    MAX = "max"
    SUM = "sum"


@dataclass(frozen=True, eq=False)
class Pool(Arrays):
    """Per channel the largest code of each window, the smallest where `minimum`, or their sum.

    Padded taps are left out of a maximum and add nothing to a sum.

    Attributes:
        minimum: (C,) or (1,) of 0/1; all 0 for a sum. A channel whose real value falls as its code rises has its
            largest value at its smallest code.
    """

    geometry: Geometry
    kind: PoolKind
    minimum: IntArray


@dataclass(frozen=True, eq=False)
class Sum(Arrays):
    """The elementwise sum of tensors of one shape, each times a whole number: a residual connection.

    Of one tensor it is that tensor on a finer grid.

    Attributes:
        gains: (1, inputs) factors, none of them 0; of one tensor also (C, 1), or (elements, 1), not all 0. Empty where
            all are 1.
    """

    gains: IntArray = field(default_factory=_no_numbers)

    @classmethod
    def of(cls, gains: IntArray) -> Sum:
        """The sum with these gains, ones left out."""
        return cls(gains) if np.any(gains != 1) else cls()

    def gains_of(self, inputs: int) -> IntArray:
        """`gains`, ones written out, for so many inputs."""
        return self.gains if self.gains.size else np.ones((1, inputs), dtype=np.int64)

    def of_elements(self, channels: int) -> bool:
        """Whether each element of a tensor of so many channels has a gain of its own."""
        return len(self.gains) not in (0, 1, channels)


@dataclass(frozen=True)
class Magnitude:
    """The sum of |x| over `elements`: the channels of each pixel, (..., C) to (..., 1), or the whole tensor, to (1,).

    With a sum pool behind it, XNOR-Net's K without its divisor (Rastegari et al. 2016, section 3.2).
    """

    elements: int


@dataclass(frozen=True)
class Scale:
    """The channels of each pixel, (..., C), times a number of that pixel, (..., 1), or each by its own, (..., C).

    The second input is XNOR-Net's K, or the gate of a low-cost collaborative layer (Dong et al. 2017, equation 2).
    """


@dataclass(frozen=True)
class Concat:
    """Tensors side by side along an axis, counted from the last, which is -1: of images -1 joins channels, -3 rows."""

    axis: int = -1


@dataclass(frozen=True, eq=False)
class Gather(Arrays):
    """An index map: out.flat[i] = in.flat[places[i]], in C order of both shapes.

    It moves, repeats and leaves out: crops, flips, transposes, nearest upsampling, pixel shuffle.

    Attributes:
        places: (elements of the output,) positions in the input.
    """

    places: IntArray


@dataclass(frozen=True)
class Activation:
    """A chain of elementwise steps on integers whose last step is a quantiser (Sign, Quantise or Levels).

    The output value's type says which codes the quantiser gives.
    """

    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class Line(Arrays):
    """clip((factor * (x + start) + rest) >> shift, low, high); `factor`, `start` and `rest` are (C,) or (1,).

    Attributes:
        to_even: whether an odd result whose shifted-out bits are all 0 is one less: what rounds ties to even.
    """

    factor: IntArray
    start: IntArray
    rest: IntArray
    shift: int
    low: int
    high: int
    to_even: bool


@dataclass(frozen=True, eq=False)
class Threshold(Arrays):
    """base + step * n with n = sum_i [x >= thresholds_i], or L - n in channels where `descending`.

    `thresholds` is (C, L) or (1, L), ascending along L; `descending` is (C,) or (1,) of 0/1.

    Attributes:
        codes: (L + 1,) the code of each n, where the codes rise and fall: then `base` is the least of them and `step`
            their distance. Empty where they only rise.
        grid: scale and offset of the output's codes, one pair or one for each channel, where this is a quantiser of
            the network's input that rounds to the nearest code, as a host can; empty elsewhere.
        line: the line that gives the same codes at every integer that can arrive, where one was looked for and found.
    """

    thresholds: IntArray
    descending: IntArray
    base: int
    step: int
    grid: tuple[float, ...] = ()
    codes: IntArray = field(default_factory=_no_numbers)
    line: Line | None = None

    @property
    def table(self) -> IntArray:
        """(L + 1,) the code of each n."""
        steps = np.arange(self.thresholds.shape[1] + 1, dtype=np.int64)
        return self.codes if self.codes.size else self.base + self.step * steps


@dataclass(frozen=True)
class ArgMax:
    """The index of the largest channel, the lowest index where several are equal."""


Join = Sum | Scale | Concat
"""Operations on several tensors."""

Product = MatMul | Conv
"""Operations that multiply by weights and leave accumulators."""

Op = MatMul | Conv | Pool | Magnitude | Sum | Scale | Concat | Gather | Activation | Threshold | ArgMax
