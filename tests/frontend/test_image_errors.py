"""Messages about images that cannot become hardware, word for word."""

from __future__ import annotations

import pytest

from hwgen.errors import ModelError
from hwgen.frontend.qonnx import import_qonnx
from hwgen.frontend.walk import HANDLERS
from hwgen.ir.types import IntType
from tests.frontend.image_error_cases import CASES

_SUPPORTED = f"Build the network from {', '.join(sorted(HANDLERS))}."

MESSAGES = {
    "unknown": "norm (LRN): every operator must be one that hwgen can build; found LRN. " + _SUPPORTED,
    "channels_last_unknown": (
        "add (Add): every operator must be ONNX's own or a QONNX quantiser; found Add of domain "
        "'qonnx.custom_op.channels_last'. Export the model with standard operators."
    ),
    "groups": (
        "conv (Conv): its groups must divide its channels and outputs; found 3 groups of 4 channels and 5 "
        "outputs. Choose another number of groups."
    ),
    "group_channels": ("conv (Conv): its weights must have 2 channels; found 4. Check the model's layer sizes."),
    "weights_rank": (
        "conv (Conv): its weights must have 4 axes as its input has; found shape (4, 3, 3). Check the model's layers."
    ),
    "weights_off_the_grid": (
        "conv (Conv): its weights 'w' must be quantised or whole numbers; found weights off the grid: 103 "
        "of 180, first 0.666667 at (out, in, y, x) = (0, 0, 0, 0). Quantise the layer, a first or last one too: "
        "brevitas.nn.QuantConv2d(..., weight_bit_width=8)."
    ),
    "weights_at_run_time": (
        "conv (Conv): its weights must be constant; found a tensor computed at run time. Only chains with "
        "trained parameters become hardware."
    ),
    "kernel": ("conv (Conv): its weights must have the kernel (2, 2); found (3, 3). Check the model's layer sizes."),
    "padding_of_the_whole_window": (
        "conv (Conv): its padding must be less than its window; found padding (3, 1, 1, 1) of a window of "
        "3x3. Pad less."
    ),
    "window_too_large": (
        "conv (Conv): its window must fit its input; found 3x3, dilation 3x3 on 6x7. Give a larger input, or "
        "a smaller kernel."
    ),
    "window_axes": (
        "conv (Conv): its window must have one or two axes and be positive; found kernel (3, 3), strides "
        "(1,), dilations (1, 1), pads (0, 0, 0, 0). Correct the layer."
    ),
    "flat_input": (
        "conv (Conv): its input must be an image (1, C, H, W) or a signal (1, C, L); found shape (1, 4). Give"
        " the layer what it was trained on."
    ),
    "accumulator": (
        "two (Conv): its input must be quantised, or have at most 16 bits; found the accumulator of conv0, "
        "21 bits, with no quantiser behind it."
        " Quantise the activation."
    ),
    "scale_per_channel": (
        "conv (Conv): its input must have one scale for all channels; found a scale for each channel. "
        "Quantise its input per tensor."
    ),
    "parameter_per_pixel": (
        "bias (Add): its parameter must be the same at every pixel, as its tensor has more than 4,096 "
        "elements; found values that differ along the pixels of 30x30x5xint12. Give one value, or one for "
        "each channel."
    ),
    "padding_without_zero": (
        "conv (Conv): what it pads must have a code for 0; found padding of a tensor that has no code for 0, "
        "int5 with an offset. Quantise its input symmetrically, or without padding."
    ),
    "bipolar_padding_without_zero": (
        "conv (Conv): what it pads must have a code for 0; found padding of a tensor that has no code for 0, "
        "bipolar with an offset. Quantise its input symmetrically, or without padding."
    ),
    "bipolar_padded_with_minus_one": (
        "conv (Conv): its input must be padded with 0; found padding with -1 of a tensor of bipolar. Pad with zeros."
    ),
    "pad_mode": ("pad (Pad): its mode must be constant, edge, reflect or wrap; found 'odd'. Pad with zeros."),
    "pad_of_infinity": (
        "relu (Relu): the padding in front of it must be finite; found -inf. Let the layer itself pad."
    ),
    "pad_of_too_many": (
        "relu (Relu): it must give 1 to 67,108,864 numbers a frame; found 17,183,277,224, shape (1, 4, 65542, 65543). "
        "Correct its sizes."
    ),
    "pad_without_a_scale": (
        "relu (Relu): what it joins along rows or columns must be quantised, with one offset and a scale for all "
        "channels; found others behind move1 (relu) and the network's input. Quantise all branches with one shared "
        "quantiser."
    ),
    "resize_to_too_many": (
        "up (Resize): it must give 1 to 67,108,864 numbers a frame; found 10,800,000,000, shape (3, 60000, 60000). "
        "Correct its sizes."
    ),
    "pad_before_a_maximum": (
        "pool (MaxPool): padding before it must not be the largest number of a window; found padding with 0 "
        "of numbers that may be less. Let the pool itself pad."
    ),
    "pool_ceil_mode_of_padding": (
        "pool (MaxPool): its windows must see the image; found one of padding alone, 2x1, stride 2x1, "
        "padding (0, 0, 2, 0). Pad less, or set ceil_mode = False."
    ),
    "conv_of_a_volume": (
        "conv (Conv): its input must be an image (1, C, H, W) or a signal (1, C, L); found a volume of shape "
        "(1, 2, 4, 4, 4). Use a layer of two axes, as QuantConv2d is."
    ),
    "pool_of_padding": (
        "pool (MaxPool): its windows must see the image; found one of padding alone, 2x2, dilation 5x1, "
        "padding (5, 0, 4, 0). Pad less."
    ),
    "pool_not_monotone": (
        "pool (MaxPool): what it compares must rise or fall, not both, as the code grows; found an activation"
        " function that may do both. Put the activation behind the pool."
    ),
    "average_of_a_sigmoid": (
        "pool (AveragePool): what it averages must be quantised, or have an activation function of few straight"
        " pieces; found another function with no quantiser behind it. Quantise the activation before the pool."
    ),
    "average_padding_without_zero": (
        "pool (AveragePool): what it pads must have the code 0 for 0; found an input with an offset or a zero"
        " point. Quantise its input symmetrically, set count_include_pad = False, or pool without padding."
    ),
    "average_padded_with_one": (
        "pool (AveragePool): its input must be padded with 0; found padding with 1. Pad with zeros."
    ),
    "residual_shape": (
        "sum (Add): all its operands must have one shape; found (1, 4, 6, 7) from conv0_act (left_act) and "
        "(1, 4, 5, 6) from pool0 (maxpool). Bring both to one shape."
    ),
    "residual_tanh": (
        "sum (Add): its operands must be quantised, or have an activation function of few straight pieces; "
        "found another function with no quantiser behind it after conv0 (left). Quantise each branch before it."
    ),
    "concat_of_rows": (
        "cat (Concat): what it joins along rows or columns must be quantised, with one offset and a scale for"
        " all channels; found others behind conv0_act (left_act) and input_quant (in). Quantise all branches "
        "with one shared quantiser."
    ),
    "concat_of_sizes": (
        "cat (Concat): what it joins must have one shape but for the axis; found axis 1 of (1, 4, 6, 7) from "
        "conv0_act (left_act) and (1, 4, 5, 6) from pool0 (maxpool). Bring all to one shape."
    ),
    "concat_with_real_numbers": (
        "cat (Concat): the constant that it joins must be quantised, or whole multiples of a power of two; found"
        " numbers off the grid: 40 of 42, first 0.0243902 at (element, 0) = (1, 0). Quantise the constant, too:"
        " brevitas.nn.QuantIdentity."
    ),
    "concat_of_scales_before_a_pool": (
        "last (MatMul): the branches that its input joins must have one scale; found another scale for each branch of "
        "concat0 (cat). Quantise all branches with one shared quantiser."
    ),
    "trunc_of_other_numbers": (
        "cut (Trunc): its input must be whole multiples of its scale; found other numbers. Quantise the input"
        " with the scale that the truncation states."
    ),
    "trunc_of_a_relu": (
        "cut (Trunc): its input must be whole multiples of its scale; found an activation function with no "
        "quantiser before it. Quantise the input with the scale that the truncation states."
    ),
    "cycle": (
        "tiny: its nodes must not form a cycle; found back (Quant), sum (Add). Unroll the loop before the export."
    ),
    "branch_that_ends": (
        "forgotten (Relu): its output must be read by another node, or be the network's output; found a "
        "branch that ends here. Remove the branch, or export what it computes."
    ),
    "pad_reflects_too_far": (
        "pad (Pad): it must pad with elements that are there; found pads (6, 0) of 6 elements, mode "
        "'reflect'. Pad less."
    ),
    "crop_of_all": (
        "pad (Pad): it must give 1 to 67,108,864 numbers a frame; found 0, shape (1, 4, 0, 7). Correct its sizes."
    ),
    "accumulators_of_two_scales_moved": (
        "pool (MaxPool): what moves to one channel must have one scale and one offset; found channels of "
        "conv0 (conv) that differ in them, as (1, 2, 8, 5) of 4x5x4xint12. Quantise it with one scale for all"
        " channels before it moves."
    ),
    "transposed_of_nothing": (
        "up (ConvTranspose): it must give pixels; found kernel (3, 3) of (3, 3), strides (1, 1), dilations "
        "(1, 3), pads (2, 2, 2, 2), output_padding (0, 0) of (1, 3). Pad less."
    ),
    "transposed_reach": (
        "up (ConvTranspose): its output_shape must have 2 numbers, none above what its window reaches, (3, "
        "5); found (20, 3). State its pads instead."
    ),
    "transposed_auto_pad": (
        "up (ConvTranspose): its auto_pad must be NOTSET, SAME_UPPER, SAME_LOWER or VALID; found 'ODD'. State"
        " its pads instead."
    ),
    "transposed_window": (
        "up (ConvTranspose): its window must have 2 axes, the kernel of its weights and be positive; found "
        "kernel (3, 3) of (3, 3), strides (1, 0), dilations (1, 1), pads (0, 0, 0, 0), output_padding (0, 0)."
        " Correct the layer."
    ),
    "transposed_groups": (
        "up (ConvTranspose): its weights must have its channels, in whole groups; found 4 in 3 groups for 4 "
        "channels. Check the layers."
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_images_that_cannot_become_hardware(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        import_qonnx(CASES[name](), input_type=IntType(5, signed=True))
    assert str(caught.value) == MESSAGES[name]
