"""Networks on images: classifiers as they are taught, published and deployed."""

from __future__ import annotations

from typing import Any

import brevitas.nn as qnn
import torch
from brought.layers import (
    SHIFTS,
    Do,
    Net,
    Shapes,
    binary,
    chain,
    conv,
    dense,
    fixed,
    head,
    norm,
    one,
    quant,
    relu,
    sign,
)
from torch import nn


def block(inputs: int, outputs: int, bits: int = 4, **options: Any) -> list[nn.Module]:
    """Convolution, batch norm and quantised ReLU."""
    return [conv(inputs, outputs, bits=bits, **options), norm(outputs), relu(bits)]


@chain(1, 14, 14)
def _lenet() -> list[nn.Module]:
    pooled = [nn.MaxPool2d(2), conv(4, 8), relu(), nn.MaxPool2d(2)]
    return [quant(8), conv(1, 4, 5), relu(), *pooled, nn.Flatten(), dense(72, 24), relu(), dense(24, 10)]


@chain(3, 16, 16)
def _vgg() -> list[nn.Module]:
    layers: list[nn.Module] = [quant(8)]
    for inputs, outputs in ((3, 8), (8, 8), (8, 16), (16, 16)):
        layers += block(inputs, outputs)
        layers += [nn.MaxPool2d(2)] if inputs == outputs else []
    return [*layers, *head(256)]


@chain(3, 12, 12)
def _cnv() -> list[nn.Module]:
    layers: list[nn.Module] = [quant(8)]
    for inputs, outputs in ((3, 8), (8, 8), (8, 16)):
        layers += [binary(qnn.QuantConv2d, inputs, outputs, 3), norm(outputs), sign()]
    dense_layers = [binary(qnn.QuantLinear, 144, 16), norm(16, flat=True), sign(), binary(qnn.QuantLinear, 16, 10)]
    return [*layers, nn.MaxPool2d(2), nn.Flatten(), *dense_layers]


def pair(inputs: int, outputs: int, stride: int = 1, bits: int = 4) -> list[nn.Module]:
    """Depthwise and pointwise convolution, each with batch norm and ReLU."""
    depthwise = block(inputs, inputs, bits, groups=inputs, stride=stride)
    return [*depthwise, *block(inputs, outputs, bits, kernel=1)]


@chain(3, 24, 24)
def _mobilenet() -> list[nn.Module]:
    pairs = [*pair(4, 8), *pair(8, 16, 2), *pair(16, 16)]
    return [quant(8), *block(3, 4, stride=2), *pairs, nn.AdaptiveAvgPool2d(1), quant(8), *head(16)]


@chain(1, 25, 10)
def _ds_cnn() -> list[nn.Module]:
    first = [conv(1, 8, (10, 4), stride=2, padding=(5, 1)), norm(8), relu()]
    return [quant(8), *first, *pair(8, 8), *pair(8, 8), nn.AdaptiveAvgPool2d(1), quant(8), *head(8, 12)]


@chain(3, 15, 15)
def _odd() -> list[nn.Module]:
    return [quant(8), *block(3, 8), nn.MaxPool2d(2), *block(8, 8), nn.AvgPool2d(2), quant(4), *head(72)]


@chain(3, 13, 13)
def _ceiling() -> list[nn.Module]:
    return [quant(8), *block(3, 8), nn.MaxPool2d(2, ceil_mode=True), *block(8, 8), *head(392)]


@chain(3, 10, 10)
def _mean_of_taps() -> list[nn.Module]:
    pool = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
    return [quant(8), *block(3, 6), pool, quant(4), *head(150)]


@chain(3, 11, 11)
def _ceiling_means() -> list[nn.Module]:
    return [quant(8), *block(3, 6), nn.AvgPool2d(2, ceil_mode=True), quant(4), *head(216)]


@chain(3, 10, 10)
def _adaptive() -> list[nn.Module]:
    return [quant(8), *block(3, 6), nn.AdaptiveAvgPool2d(5), quant(4), *head(150)]


@chain(3, 10, 10)
def _adaptive_uneven() -> list[nn.Module]:
    return [quant(8), *block(3, 6), nn.AdaptiveAvgPool2d(3), quant(4), *head(54)]


@chain(3, 10, 10)
def _adaptive_maximum() -> list[nn.Module]:
    return [quant(8), *block(3, 6), nn.AdaptiveMaxPool2d(4), *head(96)]


@chain(3, 8, 8)
def _bias_and_leaky() -> list[nn.Module]:
    return [
        quant(8),
        conv(3, 8, bias=True),
        nn.LeakyReLU(0.1),
        quant(6),
        conv(8, 8, bias=True),
        nn.Hardtanh(),
        quant(4),
        *head(512),
    ]


@chain(3, 8, 8)
def _relu6() -> list[nn.Module]:
    return [quant(8), conv(3, 8), norm(8), nn.ReLU6(), quant(6), *head(512)]


@chain(3, 8, 8)
def _dilated() -> list[nn.Module]:
    return [quant(8), conv(3, 6, dilation=2, padding=2), relu(), conv(6, 6, dilation=3, padding=3), relu(), *head(384)]


@chain(4, 8, 8)
def _grouped() -> list[nn.Module]:
    return [quant(8), *block(4, 8, groups=2), *block(8, 8, groups=4), *head(512)]


@chain(3, 9, 7)
def _asymmetric() -> list[nn.Module]:
    return [
        quant(8),
        conv(3, 4, (1, 5), padding=(0, 2)),
        relu(),
        conv(4, 4, (5, 1), padding=(2, 0)),
        relu(),
        *head(252),
    ]


@chain(3, 8, 8)
def _padded_apart() -> list[nn.Module]:
    return [quant(8), nn.ZeroPad2d((1, 2, 1, 2)), conv(3, 4, padding=0), relu(), *head(324)]


@chain(3, 8, 8)
def _reflected() -> list[nn.Module]:
    return [quant(8), nn.ReflectionPad2d(1), conv(3, 4, padding=0), relu(), *head(256)]


@chain(3, 8, 8)
def _replicated() -> list[nn.Module]:
    return [quant(8), nn.ReplicationPad2d(1), conv(3, 4, padding=0), relu(), *head(256)]


@chain(3, 8, 8)
def _fixed_point() -> list[nn.Module]:
    return [
        fixed(),
        conv(3, 6, bits=8, **SHIFTS),
        nn.ReLU(),
        fixed(),
        conv(6, 6, bits=8, **SHIFTS),
        fixed(),
        *head(384),
    ]


@chain(3, 8, 8)
def _fully_convolutional() -> list[nn.Module]:
    return [quant(8), *block(3, 8), conv(8, 5, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()]


@chain(3, 8, 8)
def _mean_into_dense() -> list[nn.Module]:
    return [quant(8), *block(3, 8), Do(lambda x: x.mean(dim=(2, 3))), dense(8, 5)]


@chain(3, 8, 8)
def _maximum_into_dense() -> list[nn.Module]:
    return [quant(8), *block(3, 8), Do(lambda x: x.amax(dim=(2, 3))), dense(8, 5)]


@chain(3, 8, 8)
def _wide() -> list[nn.Module]:
    return [quant(16), conv(3, 4, bits=16), relu(16), *head(256, bits=16)]


@chain(8, 8)
def _image_of_vectors() -> list[nn.Module]:
    return [quant(8), Do(lambda x: x.unsqueeze(1)), *block(1, 4), *head(256)]


@chain(64)
def _vector_to_image() -> list[nn.Module]:
    return [quant(8), nn.Unflatten(1, (1, 8, 8)), *block(1, 4), *head(256)]


@chain(24)
def _generator() -> list[nn.Module]:
    return [quant(8), dense(24, 64), relu(), nn.Unflatten(1, (4, 4, 4)), *block(4, 4), conv(4, 1)]


@chain(8, 8, 3, channels_last=True)
def _channels_last() -> list[nn.Module]:
    return [quant(8), Do(lambda x: x.permute(0, 3, 1, 2)), *block(3, 4), *head(256)]


@chain(3, 8, 6)
def _rows_and_columns() -> list[nn.Module]:
    return [
        quant(8),
        *block(3, 4),
        Do(lambda x: x.transpose(2, 3)),
        conv(4, 4, (3, 1), padding=0),
        relu(),
        *head(4 * 4 * 8),
    ]


@chain(3, 8, 8)
def _cropped() -> list[nn.Module]:
    return [quant(8), *block(3, 4), Do(lambda x: x[:, :, 1:-1, 2:-2]), *block(4, 4), *head(96)]


@chain(3, 8, 8)
def _sampled() -> list[nn.Module]:
    return [quant(8), *block(3, 4), Do(lambda x: x[:, :, ::2, ::2]), *block(4, 4), *head(64)]


@chain(3, 8, 8)
def _space_to_depth() -> list[nn.Module]:
    return [quant(8), nn.PixelUnshuffle(2), *block(12, 8), *head(128)]


def _focus(m: Any, x: Any) -> Any:
    x = m.q(x)
    return m.layers(torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], dim=1))


def _sequence(m: Any, x: Any) -> Any:
    x = m.layers(m.q(x)).flatten(2).transpose(1, 2)
    return m.end(m.r(m.a(x)).mean(dim=1))


def _with_vector(m: Any, image: Any, vector: Any) -> Any:
    pixels = m.layers(m.q(image)).flatten(1)
    return m.end(torch.cat([pixels, m.r(m.a(m.p(vector)))], dim=1))


def _patches(m: Any, x: Any) -> Any:
    x = m.embed(m.q(x)).flatten(2).transpose(1, 2)
    return m.end(m.r(m.a(m.p(x))).flatten(1))


SHAPES: Shapes = {
    "LeNet": _lenet,
    "VGG with batch norm": _vgg,
    "CNV-like, signs": _cnv,
    "MobileNetV1-like": _mobilenet,
    "DS-CNN of keywords": _ds_cnn,
    "pools that leave a row over": _odd,
    "maximum with ceil_mode": _ceiling,
    "mean with count_include_pad=False": _mean_of_taps,
    "mean with ceil_mode": _ceiling_means,
    "adaptive mean that divides": _adaptive,
    "adaptive mean that does not divide": _adaptive_uneven,
    "adaptive maximum that does not divide": _adaptive_maximum,
    "biases, LeakyReLU, hard tanh": _bias_and_leaky,
    "ReLU6": _relu6,
    "dilated convolutions": _dilated,
    "grouped convolutions": _grouped,
    "1x5 and 5x1 convolutions": _asymmetric,
    "ZeroPad2d in front": _padded_apart,
    "ReflectionPad2d": _reflected,
    "ReplicationPad2d": _replicated,
    "power-of-two scales": _fixed_point,
    "fully convolutional with a mean at the end": _fully_convolutional,
    "a mean straight into a dense layer": _mean_into_dense,
    "amax over space": _maximum_into_dense,
    "16-bit codes": _wide,
    "a matrix as an image": _image_of_vectors,
    "a vector as an image": _vector_to_image,
    "a generator: dense, unflatten, convolutions": _generator,
    "channels last at the input": _channels_last,
    "rows and columns swapped": _rows_and_columns,
    "a crop": _cropped,
    "every second pixel": _sampled,
    "PixelUnshuffle in front": _space_to_depth,
    "YOLO's focus: four slices concatenated": one(
        lambda: Net(_focus, q=quant(8), layers=nn.Sequential(*block(12, 8), *head(128))), 3, 8, 8
    ),
    "an image as a sequence of pixels": one(
        lambda: Net(
            _sequence, q=quant(8), layers=nn.Sequential(*block(3, 6)), a=dense(6, 8), r=relu(), end=dense(8, 4)
        ),
        3,
        6,
        6,
    ),
    "patches, then a layer for each": one(
        lambda: Net(
            _patches,
            q=quant(8),
            embed=conv(3, 8, 4, stride=4, padding=0),
            p=quant(8),
            a=dense(8, 8),
            r=relu(),
            end=dense(32, 4),
        ),
        3,
        8,
        8,
    ),
}
