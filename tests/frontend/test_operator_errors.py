"""Messages about what no handler reads, word for word."""

from __future__ import annotations

import pytest

from hwgen.errors import ModelError
from hwgen.frontend.qonnx import import_qonnx
from hwgen.ir.types import IntType
from tests.frontend.operator_error_cases import CASES

MESSAGES = {
    "unknown_attribute": (
        "odd (LeakyRelu): its attributes must be among alpha; found beta = 2.0. Leave it out, or export the "
        "model again with a newer opset."
    ),
    "no_attributes": (
        "odd (Relu): it must have no attributes; found slope = 0.5. Leave it out, or export the model again "
        "with a newer opset."
    ),
    "flag_attribute": "odd (ReduceMean): its attribute keepdims must be 0 or 1; found 2. Export the model again.",
    "text_for_weights": ("odd (BipolarQuant): tensor 't' must hold real numbers; found text. Export the model again."),
    "real_attribute": (
        "odd (LeakyRelu): its attribute alpha must be a real number; found nan. Export the model again."
    ),
    "whole_attribute": "odd (Flatten): its attribute axis must be a whole number; found one. Export the model again.",
    "list_attribute": (
        "odd (MaxPool): its attribute kernel_shape must be whole numbers; found 2. Export the model again."
    ),
    "text_attribute": "odd (MaxPool): its attribute auto_pad must be text; found 1. Export the model again.",
    "not_at_inference": "odd (Dropout): its attribute is_test must be 1; found 0. Export the model in eval mode.",
    "training_by_default": "odd (Dropout): its attribute is_test must be 1; found 0. Export the model in eval mode.",
    "too_many_operands": "odd (Relu): it must have at most 1 operands; found 2: 'h', 'w'. Export the model again.",
    "too_many_outputs": (
        "odd (BatchNormalization): it must have at most 1 outputs; found 3: 'e', 'm', 'n'. Export the model again."
    ),
    "training_mode": (
        "odd (Dropout): it must run at inference; found training_mode = 1. Export the model in eval mode."
    ),
    "cast_to_text": (
        "odd (Cast): it must cast to one of float32, uint8, int8, uint16, int16, int32, int64, bool, float16,"
        " float64, uint32, uint64, bfloat16, float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, uint4,"
        " int4; found element type 8. Cast to float32."
    ),
    "cast_to_nothing": (
        "odd (Cast): it must cast to one of float32, uint8, int8, uint16, int16, int32, int64, bool, float16,"
        " float64, uint32, uint64, bfloat16, float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, uint4,"
        " int4; found no type. Cast to float32."
    ),
    "out_of_the_type": "odd (Cast): its numbers must all be of its type uint8; found -93. Compute in float32.",
    "out_of_half_precision": (
        "odd (Cast): its numbers must all be of its type float8e4m3fn; found -93. Compute in float32."
    ),
    "too_many_numbers": (
        "odd (Cast): its numbers must all be of its type int64; found more than 65536 numbers. Compute in float32."
    ),
    "input_out_of_its_type": "input 'x': its numbers must all be of its type uint8; found -16. Compute in float32.",
    "shape_of_fractions": (
        "odd (Reshape): its target shape must be whole numbers; found 167.5. Export the model again."
    ),
    "axis": "odd (Flatten): its axis must be one of 4; found axis 7. Choose an axis that its input has.",
    "axes_twice": "odd (Transpose): it must name each axis once; found axes (0, 1, 1, 2). Correct its axes.",
    "perm": "odd (Transpose): its perm must name all 4 axes; found (0, 1). Correct perm.",
    "nothing_reduced": (
        "odd (ReduceMean): it must name the axes that it reduces; found no axes, noop_with_empty_axes = 1. "
        "Leave the operator out."
    ),
    "two_streams": (
        "odd (Max): all its operands must have one shape; found (1, 3) from fc0 (dense) and (1, 4) from the network's "
        "input. Bring both to one shape."
    ),
    "infinite_bound": "odd (Clip): its results must be finite; found infinity as a bound. Train or export again.",
    "slope_axes": (
        "odd (PRelu): its slope must have no more axes than its input; found shape (1, 1, 3) for a tensor of "
        "shape (1, 3). Reshape the slope."
    ),
    "not_per_channel": (
        "odd (BatchNormalization): it must normalise per channel, axis 1; found spatial = 0. Export with a newer opset."
    ),
    "no_axis": "odd (Concat): it must state its axis; found none. Export the model again.",
    "concat_ranks": (
        "odd (Concat): what it joins must have one shape but for the axis; found axis 2 of (1, 1, 4) from the"
        " network's input and (1, 4) from the network's input. Bring all to one shape."
    ),
    "window_axes": (
        "odd (MaxPool): its kernel_shape must have 2 axes as its input has; found kernel_shape (2,). Correct the layer."
    ),
    "padding_sizes": (
        "odd (Pad): it must have 8 numbers of padding and one value; found 2 numbers and 1 values. Correct the Pad."
    ),
    "auto_pad": (
        "odd (MaxPool): its auto_pad must be NOTSET, SAME_UPPER, SAME_LOWER or VALID; found 'SAME'. State its"
        " pads instead."
    ),
    "conv_bias": (
        "odd (Conv): its bias must have one number for each of the 4 outputs; found 3. Check the model's layer sizes."
    ),
    "conv_kernel_axes": (
        "odd (Conv): its weights must have the kernel (3,); found (3, 3). Check the model's layer sizes."
    ),
    "out_bias": (
        "odd (MultiThreshold): its out_bias must be at most 2**16 steps of out_scale; found out_scale 1, "
        "out_bias 1e+30. Put an Add behind it."
    ),
    "too_wide_results": (
        "odd (Mul): every number that it can give must fit an integer of 63 bits; found "
        "[-7480520100000000000000000000, 7480520100000000000000000000]. Use fewer bits for weights or activations."
    ),
    "text": "odd (Add): tensor 't' must hold real numbers; found text. Export the model again.",
    "complex": (
        "odd (Add): tensor 't' must hold real numbers; found elements of type complex64. Export the model again."
    ),
    "beyond_float64": (
        "odd (Add): the whole numbers of tensor 't' must be numbers of float64; found 9007199254740993. "
        "Export numbers of at most 53 bits."
    ),
    "nan_bound": (
        "odd (Max): every parameter must be finite, tensor 'n' is not; found NaN. Train or export the model again."
    ),
    "random": "odd (RandomNormal): it must give the same each time; found RandomNormal. Export the model again.",
    "training_of_constants": (
        "odd (Dropout): its input must come from the network's input; found a constant. Fold constants before export."
    ),
    "attribute_of_a_plane": (
        "odd (BipolarQuant): it must have no attributes; found narrow = 1. Leave it out, or export the model again with"
        " a newer opset."
    ),
    "constants_with_channels_last": (
        "odd (Conv): its input must come from the network's input; found a constant. Fold constants before export."
    ),
}


def test_every_case_has_a_message() -> None:
    assert set(CASES) == set(MESSAGES)


@pytest.mark.parametrize("name", CASES)
def test_messages(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        import_qonnx(CASES[name](), input_type=IntType(5, signed=True))
    assert str(caught.value) == MESSAGES[name]
