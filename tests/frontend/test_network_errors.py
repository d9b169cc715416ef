"""Messages about networks that cannot become hardware, word for word."""

from __future__ import annotations

import pytest

from hwgen.errors import ModelError
from hwgen.frontend.qonnx import import_qonnx
from hwgen.frontend.walk import HANDLERS
from hwgen.ir.types import IntType
from tests.frontend.error_cases import CASES

_SUPPORTED = f"Build the network from {', '.join(sorted(HANDLERS))}."

MESSAGES = {
    "unsupported_operator": "tangent (Tan): every operator must be one that hwgen can build; found Tan. " + _SUPPORTED,
    "unknown_domain": (
        "m (Magic): every operator must be ONNX's own or a QONNX quantiser; found Magic of domain 'acme'. Export"
        " the model with standard operators."
    ),
    "nan": (
        "bias (Add): every parameter must be finite, tensor 'c' is not; found NaN. Train or export the model again."
    ),
    "infinite": (
        "scale (Mul): every parameter must be finite, tensor 'c' is not; found infinity. Train or export the"
        " model again."
    ),
    "nan_weights": (
        "dense (MatMul): every parameter must be finite, tensor 'w' is not; found NaN. Train or export the model again."
    ),
    "nan_quantised_weights": (
        "wq (Quant): every parameter must be finite, tensor 'w' is not; found NaN. Train or export the model again."
    ),
    "float_network": (
        "tiny: the network must be quantised; found no quantiser in the file, float parameters such as 'w'."
        " Train it with Brevitas and export it with export_qonnx."
    ),
    "weights_off_the_grid": (
        "dense (MatMul): its weights 'w' must be quantised or whole numbers; found weights off the"
        " grid: 8 of 12, first 0.333333 at (out, in) = (0, 0). Quantise the layer, a first or last one too: "
        "brevitas.nn.QuantLinear(..., weight_bit_width=8)."
    ),
    "weights_not_as_annotated": (
        "dense (MatMul): its weights 'w' must be bipolar as the file says; found weights off the grid: values"
        " from -3 to 3. Correct the annotation or the weights."
    ),
    "unquantised_activation": (
        "second (MatMul): its input must be quantised; found an activation function with no quantiser behind it."
        " Quantise the activation."
    ),
    "tanh_at_the_input": (
        "d (MatMul): its input must be quantised; found an activation function with no quantiser behind it."
        " Quantise the activation."
    ),
    "input_scale_per_channel": (
        "dense (MatMul): its input must have one scale for all channels; found a scale for each channel."
        " Quantise its input per tensor."
    ),
    "zero_scale": "act (Quant): its quantiser's scale must be positive; found 0. Train or export again.",
    "negative_scale": "act (Quant): its quantiser's scale must be positive; found -0.5. Train or export again.",
    "too_wide": "act (Quant): an activation must have at most 16 bits; found 17 bits. Set bit_width.",
    "fractional_bits": "act (Quant): its bit width must be one whole number from 1 to 32; found 3.5. Set bit_width.",
    "rounding": (
        "act (Quant): its rounding mode must be one of ROUND, HALF_EVEN, FLOOR, CEIL, DOWN, ROUND_TO_ZERO, UP,"
        " HALF_UP, HALF_DOWN; found DICE. Choose another rounding."
    ),
    "run_time_scale": (
        "act (Quant): its scale must be constant; found a tensor computed at run time. Only chains with trained"
        " parameters become hardware."
    ),
    "parameter_shape": (
        "bias (Add): its parameter must broadcast to the tensor's shape (1, 3); found shape (2,). Give one"
        " value, or one for each channel."
    ),
    "norm_size": (
        "norm (BatchNormalization): it must have one parameter for each of the 3 channels; found 4. Check the"
        " model's layer sizes."
    ),
    "negative_variance": (
        "norm (BatchNormalization): variance + epsilon must be positive; found -0.99999. Train or export the"
        " model again."
    ),
    "norm_in_training": (
        "norm (BatchNormalization): it must run at inference; found training_mode = 1. Export the model in eval mode."
    ),
    "divide_by_zero": "div (Div): its divisor must not be zero; found 0. Train or export the model again.",
    "clip_bounds": "clip (Clip): its lower bound must not exceed its upper bound; found 2.0 and 1.0. Swap them.",
    "weights_at_run_time": (
        "attention (MatMul): its weights must be constant; found a tensor computed at run time. Only chains with"
        " trained parameters become hardware."
    ),
    "weights_first": (
        "dense (MatMul): its first operand must be the network's tensor and its second the weights; found a"
        " constant first. Write the layer as x @ W."
    ),
    "wrong_width": (
        "dense (MatMul): its input must be one vector of 3 elements; found shape (1, 4). Flatten the input, or"
        " correct the layer's size."
    ),
    "several_rows": (
        "dense (MatMul): its input must be one vector of 4 elements; found shape (1, 4, 5). Flatten the "
        "input, or correct the layer's size."
    ),
    "weight_zero_point": (
        "dense (MatMul): the zero point of its weights must be a whole number; found 0.5 beside one. Quantise the"
        " zero point of the weights, or use a symmetric weight quantiser."
    ),
    "scale_along_inputs": (
        "dense (MatMul): the scale of its weights must be one value, or one for each output channel; found"
        " scales that differ along the inputs. Quantise the weights per output channel."
    ),
    "transposed_input": "gemm (Gemm): its input must not be transposed; found transA = 1. Export with transA = 0.",
    "bipolar_behind_relu": (
        "sign (BipolarQuant): a bipolar quantiser must see numbers below zero; found a ReLU before it, so that"
        " it always gives +1. Brevitas writes a one-bit QuantReLU this way: import the module itself, or use two"
        " bits."
    ),
    "bipolar_zero_point": (
        "act (Quant): a one-bit signed quantiser must have zero point 0; found 1. Set the zero point."
    ),
    "threshold_table": (
        "mt (MultiThreshold): its thresholds must be a (1, L) or (C, L) table; found shape (3,). Correct the shape."
    ),
    "threshold_rows": (
        "mt (MultiThreshold): it must have one parameter for each of the 3 channels; found 2. Check the model's"
        " layer sizes."
    ),
    "activation_at_the_end": (
        "the network's output: the chain behind the last layer must have straight pieces, but for a sigmoid, tanh or"
        " softmax at its end; found another function with no quantiser behind it. Quantise the output, or leave the"
        " activation to the host."
    ),
    "after_softmax": "m (Mul): nothing may follow a softmax; found Mul. Move the softmax to the end.",
    "quantised_softmax": (
        "m (QuantizeLinear): nothing may follow a softmax; found QuantizeLinear. Leave the softmax out of the"
        " quantisation, as onnxruntime's nodes_to_exclude does."
    ),
    "top_5": "top (TopK): it must pick the one largest class; found k = 2, largest = 1. Set k = 1 and largest = 1.",
    "top_values": (
        "output 'y': it must be the scores, a quantised tensor or the index of the best class; found another"
        " result of the last operator. Export one of these."
    ),
    "class_axis": (
        "best (ArgMax): its axis must be the one that holds the classes; found axis 0 of shape (1, 3). Choose"
        " the class axis."
    ),
    "cast_to_integers": (
        "cut (Cast): it must not cut real numbers to integers; found a cast to integers. Use a quantiser instead."
    ),
    "operand_missing": (
        "act (Quant): its bit width must be constant; found none. Only chains with trained parameters become hardware."
    ),
    "input_unread": "input 'x2': an operator must read it; found none that does. Remove it from the network.",
    "inputs_of_other_batches": (
        "tiny: all inputs must have one batch size; found 1 at 'x', 4 at 'x2'. Export the model with batch size 1."
    ),
    "output_is_an_input": (
        "output 'x': a layer must compute it; found an input as it is. Take it from the input that you give."
    ),
    "two_networks": (
        "tiny: all outputs must belong to one network; found networks of their own for y and for y2. Build each by"
        " itself."
    ),
    "no_input": "tiny: the network must have an input; found none. Export the model with its input.",
    "unknown_size": (
        "input 'x': its shape must be known but for the batch size; found axes [1] unknown. Export the model"
        " with a fixed input size."
    ),
    "no_layer": "tiny: the network must have at least one layer; found none. Add a quantised layer.",
}


@pytest.mark.parametrize("name", CASES)
def test_networks_that_cannot_become_hardware(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        import_qonnx(CASES[name](), input_type=IntType(5, signed=True))
    assert str(caught.value) == MESSAGES[name]
