"""Networks that give images: segmentation, detection, super-resolution, autoencoders."""

from __future__ import annotations

from typing import Any

import brevitas.nn as qnn
import torch
from brought.images import block
from brought.layers import SHIFTS, Do, Net, Shapes, chain, conv, dense, fixed, norm, one, quant, relu, up
from torch import nn


def _stack(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(*layers)


def _unet(m: Any, x: Any) -> Any:
    a = m.a(m.q(x))
    b = m.b(m.pool(a))
    c = m.c(m.pool(b))
    b = m.d(torch.cat([m.up(c), b], dim=1))
    return m.out(m.e(torch.cat([m.up(b), a], dim=1)))


def _unet_transposed(m: Any, x: Any) -> Any:
    a = m.a(m.q(x))
    b = m.b(m.pool(a))
    return m.out(m.e(torch.cat([m.r(m.up(b)), a], dim=1)))


def _unet_sum(m: Any, x: Any) -> Any:
    a = m.a(m.q(x))
    b = m.b(m.pool(a))
    return m.out(m.r(m.p(m.up(b)) + m.p(a)))


def _detector(m: Any, x: Any) -> Any:
    a = m.a(m.q(x))
    b = m.b(a)
    fine = m.c(torch.cat([m.up(m.side(b)), a], dim=1))
    return m.coarse(b), m.fine(fine)


def _super(m: Any, x: Any) -> Any:
    return m.shuffle(m.c(m.b(m.a(m.q(x)))))


def _super_residual(m: Any, x: Any) -> Any:
    x = m.q(x)
    return m.shuffle(m.c(m.a(x))) + m.up(x)


def _ssd(m: Any, x: Any) -> Any:
    x = m.body(m.q(x))
    boxes, classes = m.boxes(x), m.classes(x)
    return boxes.permute(0, 2, 3, 1).reshape(len(x), -1, 4), classes.permute(0, 2, 3, 1).reshape(len(x), -1, 3)


def _heat(m: Any, x: Any) -> Any:
    x = m.body(m.q(x))
    return torch.sigmoid(m.centre(x)), m.size(x)


def _pyramid(m: Any, x: Any) -> Any:
    a = m.a(m.q(x))
    b = m.b(a)
    p2 = m.lb(b)
    p1 = m.q1(m.la(a)) + m.q1(m.up(p2))
    return m.h1(m.r1(p1)), m.h2(m.r2(p2))


def _skip_crop(m: Any, x: Any) -> Any:
    a = m.a(m.q(x))
    b = m.b(a)
    return m.out(torch.cat([a[:, :, 1:-1, 1:-1], b], dim=1))


@chain(1, 8, 8)
def _autoencoder() -> list[nn.Module]:
    down = [*block(1, 4, stride=2), *block(4, 8, stride=2)]
    return [quant(8), *down, up(8, 4), norm(4), relu(), up(4, 1)]


@chain(1, 8, 8)
def _autoencoder_odd() -> list[nn.Module]:
    return [quant(8), *block(1, 4, stride=2), up(4, 4, 3, padding=1, output_padding=1), relu(), conv(4, 1)]


@chain(1, 8, 8)
def _autoencoder_four() -> list[nn.Module]:
    return [quant(8), *block(1, 4, stride=2), up(4, 4, 4, padding=1), relu(), conv(4, 1)]


@chain(1, 8, 8)
def _autoencoder_nearest() -> list[nn.Module]:
    return [
        quant(8),
        *block(1, 4),
        nn.MaxPool2d(2),
        *block(4, 4),
        nn.Upsample(scale_factor=2),
        *block(4, 4),
        conv(4, 1),
    ]


@chain(1, 8, 8)
def _autoencoder_dense() -> list[nn.Module]:
    code = [nn.Flatten(), dense(64, 8), relu(), dense(8, 64), relu(), nn.Unflatten(1, (4, 4, 4))]
    return [quant(8), *block(1, 4, stride=2), *code, up(4, 1)]


@chain(16)
def _gan() -> list[nn.Module]:
    grow = [up(8, 4), norm(4), relu(), up(4, 1), qnn.QuantTanh(bit_width=8)]
    return [quant(8), dense(16, 32), relu(), nn.Unflatten(1, (8, 2, 2)), *grow]


@chain(3, 8, 8)
def _segmentation() -> list[nn.Module]:
    return [quant(8), *block(3, 8), *block(8, 8), conv(8, 3, 1)]


@chain(3, 8, 8)
def _segmentation_classes() -> list[nn.Module]:
    scores = conv(8, 3, 1, **SHIFTS)  # of powers of two, so that float32 sees equal scores where they are equal
    return [quant(8), conv(3, 8), norm(8), nn.ReLU(), fixed(4), scores, Do(lambda x: x.argmax(dim=1))]


@chain(3, 8, 8)
def _segmentation_softmax() -> list[nn.Module]:
    return [quant(8), *block(3, 8), conv(8, 3, 1), nn.Softmax(dim=1)]


@chain(3, 8, 8)
def _segmentation_upsampled() -> list[nn.Module]:
    return [quant(8), *block(3, 8, stride=2), conv(8, 3, 1), nn.Upsample(scale_factor=2)]


@chain(3, 8, 8)
def _segmentation_interpolated() -> list[nn.Module]:
    return [quant(8), *block(3, 8, stride=2), conv(8, 3, 1), nn.Upsample(scale_factor=2, mode="bilinear")]


@chain(3, 8, 8)
def _denoiser() -> list[nn.Module]:
    return [quant(8), conv(3, 8), relu(), *block(8, 8), *block(8, 8), conv(8, 3)]


@chain(3, 8, 8)
def _depth() -> list[nn.Module]:
    return [
        quant(8),
        *block(3, 8, stride=2),
        nn.Upsample(scale_factor=2),
        *block(8, 4),
        conv(4, 1),
        qnn.QuantSigmoid(bit_width=8),
    ]


@chain(2, 9)
def _signal_up() -> list[nn.Module]:
    wide = qnn.QuantConvTranspose1d(4, 2, 3, stride=2, padding=1, output_padding=1, weight_bit_width=4, bias=False)
    narrow = qnn.QuantConv1d(2, 4, 3, padding=1, weight_bit_width=4, bias=False)
    return [quant(8), narrow, relu(), wide]


@chain(4, 6, 6)
def _grouped_up() -> list[nn.Module]:
    return [quant(8), *block(4, 4), up(4, 4, 4, padding=1, groups=4), relu(), conv(4, 1)]


def _levels(out: int = 2) -> dict[str, nn.Module]:
    return {
        "q": quant(8),
        "a": _stack(*block(3, 4)),
        "pool": nn.MaxPool2d(2),
        "b": _stack(*block(4, 8)),
        "out": conv(12, out, 1),
    }


SHAPES: Shapes = {
    "U-Net, nearest upsampling": one(
        lambda: Net(
            _unet,
            q=quant(8),
            a=_stack(*block(3, 4)),
            b=_stack(*block(4, 8)),
            c=_stack(*block(8, 8)),
            d=_stack(*block(16, 8)),
            e=_stack(*block(12, 4)),
            pool=nn.MaxPool2d(2),
            up=nn.Upsample(scale_factor=2),
            out=conv(4, 2, 1),
        ),
        3,
        8,
        8,
    ),
    "U-Net, transposed convolutions": one(
        lambda: Net(
            _unet_transposed,
            q=quant(8),
            a=_stack(*block(3, 4)),
            pool=nn.MaxPool2d(2),
            b=_stack(*block(4, 8)),
            up=up(8, 4),
            r=relu(),
            e=_stack(*block(8, 4)),
            out=conv(4, 2, 1),
        ),
        3,
        8,
        8,
    ),
    "U-Net, sums for concatenations": one(
        lambda: Net(
            _unet_sum,
            q=quant(8),
            a=_stack(*block(3, 8)),
            pool=nn.MaxPool2d(2),
            b=_stack(*block(8, 8)),
            up=nn.Upsample(scale_factor=2),
            p=quant(),
            r=relu(),
            out=conv(8, 2, 1),
        ),
        3,
        8,
        8,
    ),
    "YOLO neck: upsample, concatenate, two heads": one(
        lambda: Net(
            _detector,
            q=quant(8),
            a=_stack(*block(3, 8, stride=2)),
            b=_stack(*block(8, 8, stride=2)),
            side=_stack(*block(8, 4, kernel=1)),
            up=nn.Upsample(scale_factor=2),
            c=_stack(*block(12, 8)),
            coarse=conv(8, 7, 1, bias=True),
            fine=conv(8, 7, 1, bias=True),
        ),
        3,
        8,
        8,
    ),
    "YOLO neck with LeakyReLU": one(
        lambda: Net(
            _detector,
            q=quant(8),
            a=_stack(conv(3, 8, stride=2), norm(8), nn.LeakyReLU(0.1), quant()),
            b=_stack(conv(8, 8, stride=2), norm(8), nn.LeakyReLU(0.1), quant()),
            side=_stack(conv(8, 4, 1), norm(4), nn.LeakyReLU(0.1), quant()),
            up=nn.Upsample(scale_factor=2),
            c=_stack(conv(12, 8), norm(8), nn.LeakyReLU(0.1), quant()),
            coarse=conv(8, 7, 1),
            fine=conv(8, 7, 1),
        ),
        3,
        8,
        8,
    ),
    "ESPCN: pixel shuffle at the end": one(
        lambda: Net(
            _super,
            q=quant(8),
            a=_stack(*block(1, 8, kernel=5)),
            b=_stack(*block(8, 4)),
            c=conv(4, 4),
            shuffle=nn.PixelShuffle(2),
        ),
        1,
        6,
        6,
    ),
    "super-resolution with a pixel shuffle inside": one(
        lambda: Net(
            _super,
            q=quant(8),
            a=_stack(*block(1, 8)),
            b=_stack(conv(8, 16), nn.PixelShuffle(2), relu()),
            c=conv(4, 1),
            shuffle=nn.Identity(),
        ),
        1,
        6,
        6,
    ),
    "super-resolution, nearest input added": one(
        lambda: Net(
            _super_residual,
            q=quant(8),
            a=_stack(*block(1, 8)),
            c=conv(8, 4),
            shuffle=nn.PixelShuffle(2),
            up=nn.Upsample(scale_factor=2),
        ),
        1,
        6,
        6,
    ),
    "SSD heads, permuted and reshaped": one(
        lambda: Net(_ssd, q=quant(8), body=_stack(*block(3, 8, stride=2)), boxes=conv(8, 8), classes=conv(8, 6)),
        3,
        8,
        8,
    ),
    "CenterNet: a sigmoid head and another": one(
        lambda: Net(_heat, q=quant(8), body=_stack(*block(3, 8)), centre=conv(8, 1, 1), size=conv(8, 2, 1)), 3, 8, 8
    ),
    "feature pyramid": one(
        lambda: Net(
            _pyramid,
            q=quant(8),
            a=_stack(*block(3, 8)),
            b=_stack(*block(8, 8, stride=2)),
            la=conv(8, 4, 1),
            lb=_stack(conv(8, 4, 1), quant()),
            q1=quant(),
            up=nn.Upsample(scale_factor=2),
            r1=relu(),
            r2=relu(),
            h1=conv(4, 2, 1),
            h2=conv(4, 2, 1),
        ),
        3,
        8,
        8,
    ),
    "a cropped skip connection": one(
        lambda: Net(
            _skip_crop, q=quant(8), a=_stack(*block(3, 4)), b=_stack(*block(4, 4, padding=0)), out=conv(8, 2, 1)
        ),
        3,
        8,
        8,
    ),
    "autoencoder, transposed convolutions": _autoencoder,
    "autoencoder, 3x3 transposed with output padding": _autoencoder_odd,
    "autoencoder, 4x4 transposed with padding": _autoencoder_four,
    "autoencoder, nearest upsampling": _autoencoder_nearest,
    "autoencoder, dense in the middle": _autoencoder_dense,
    "GAN generator": _gan,
    "segmentation, scores for each pixel": _segmentation,
    "segmentation, the class of each pixel": _segmentation_classes,
    "segmentation, softmax over channels": _segmentation_softmax,
    "segmentation, scores upsampled": _segmentation_upsampled,
    "DnCNN": _denoiser,
    "depth, upsampled inside": _depth,
    "segmentation, scores interpolated": _segmentation_interpolated,
    "a transposed convolution over time": _signal_up,
    "a depthwise transposed convolution": _grouped_up,
}
