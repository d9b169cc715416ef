"""Networks with branches: residual blocks, concatenations, gates, several inputs and outputs."""

from __future__ import annotations

from typing import Any

import brevitas.nn as qnn
import torch
from brought.images import block
from brought.layers import Net, Shape, Shapes, binary, conv, dense, fixed, head, norm, one, quant, relu, sign
from torch import nn


def _stack(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(*layers)


def _common(bits: int = 4, size: int = 8) -> dict[str, nn.Module]:
    return {
        "stem": _stack(quant(8), *block(3, size, bits)),
        "body": _stack(*block(size, size, bits), conv(size, size, bits=bits), norm(size)),
        "end": _stack(*head(size * 36)),
    }


def _shared(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.q(m.body(x)) + m.q(x)))


def _torchvision(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.qa(m.body(x)) + m.qb(x)))


def _plain(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.body(x) + x))


def _projected(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.body(x) + m.side(x)))


def _difference(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.body(x) - x))


def _from_constant(m: Any, x: Any) -> Any:
    return m.end(m.r(1.0 - m.body(m.stem(x))))


def _three_way(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.body(x) + m.side(x) + x))


def _average(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r((m.body(x) + m.side(x)) / 2))


def _maximum(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(torch.maximum(m.q(m.body(x)), m.q(m.side(x))))


def _minimum(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(torch.minimum(m.q(m.body(x)), m.q(m.side(x))))


def _into_layer(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.next(m.q(m.body(x)) + x)))


def _preactivated(m: Any, x: Any) -> Any:
    x = m.stem(x)
    y = x + m.b(m.r1(m.n1(x)))
    return m.end(m.r2(m.n2(y)))


def _bireal(m: Any, x: Any) -> Any:
    x = m.n0(m.c0(m.q(x)))
    x = m.n1(m.c1(m.s1(x))) + x
    x = m.n2(m.c2(m.s2(x))) + x
    return m.end(m.s3(x))


def _densenet(m: Any, x: Any) -> Any:
    x = m.stem(x)
    x = torch.cat([x, m.a(x)], dim=1)
    x = torch.cat([x, m.b(x)], dim=1)
    return m.end(m.r(m.c(x)))


def _densenet_separate(m: Any, x: Any) -> Any:
    x = m.stem(x)
    y = torch.cat([x, m.a(m.q1(x))], dim=1)
    return m.end(m.r(m.c(m.q2(y))))


def _inception(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(torch.cat([m.one(x), m.three(x), m.five(x), m.pool(x)], dim=1))


def _fire(m: Any, x: Any) -> Any:
    x = m.squeeze(m.stem(x))
    return m.end(torch.cat([m.one(x), m.three(x)], dim=1))


def _cat_of_accumulators(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(torch.cat([m.body(x), m.side(x)], dim=1)))


def _inverted(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.q(m.q(m.project(m.depth(m.expand(x)))) + m.q(x)))


def _excited(m: Any, x: Any) -> Any:
    x = m.stem(x)
    gate = m.gate(m.up(m.r(m.down(m.mean(x)))))
    return m.end(m.q(x * gate))


def _spatial_gate(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.q(x * m.gate(m.side(x))))


def _product(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.q(m.body(x)) * m.p(m.side(x))))


def _broadcast_row(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.q(m.body(x)) + m.p(m.side(x).mean(dim=2, keepdim=True))))


def _shuffle(m: Any, x: Any) -> Any:
    x = m.stem(x)
    n, c, h, w = x.shape
    x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
    return m.end(m.r(m.c(x)))


def _shuffle_v2(m: Any, x: Any) -> Any:
    left, right = m.stem(x).chunk(2, dim=1)
    return m.end(torch.cat([left, m.a(right)], dim=1))


def _ghost(m: Any, x: Any) -> Any:
    x = m.stem(x)
    y = m.a(x)
    return m.end(torch.cat([y, m.cheap(y)], dim=1))


def _csp(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.c(torch.cat([m.a(x), m.b(m.side(x))], dim=1))))


def _spp(m: Any, x: Any) -> Any:
    x = m.stem(x)
    p1 = m.pool(x)
    p2 = m.pool(p1)
    return m.end(m.r(m.c(torch.cat([x, p1, p2], dim=1))))


def _two_exits(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.early(x), m.end(m.r(m.body(x)))


def _siamese(m: Any, a: Any, b: Any) -> Any:
    return m.end(m.r(m.q(m.stem(a)) - m.q(m.stem(b))))


def _two_inputs(m: Any, a: Any, b: Any) -> Any:
    return m.end(torch.cat([m.r1(m.a(m.qa(a))), m.r2(m.b(m.qb(b)))], dim=1))


def _sum_of_heads(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(x) + m.early(x)


def _scaled_branch(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(0.5 * m.body(x) + x))


def _neg(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(torch.cat([m.q(-x), m.q(x)], dim=1)))


def _crelu(m: Any, x: Any) -> Any:
    x = m.c(m.stem(x))
    return m.end(torch.cat([m.r(x), m.r(-x)], dim=1))


def _maxout(m: Any, x: Any) -> Any:
    x = m.q(m.c(m.stem(x)))
    n, c, h, w = x.shape
    return m.end(x.view(n, c // 2, 2, h, w).amax(dim=2))


def _side() -> nn.Module:
    return _stack(conv(8, 8, 1), norm(8))


SIZE = (3, 6, 6)

SHAPES: Shapes = {
    "residual block, one shared quantiser": one(lambda: Net(_shared, **_common(), q=quant(), r=relu()), *SIZE),
    "residual block, torchvision style, two quantisers": one(
        lambda: Net(_torchvision, **_common(), qa=quant(), qb=quant(), r=relu()), *SIZE
    ),
    "residual block, 8 bits, power-of-two scales": one(
        lambda: Net(_torchvision, **_common(8), qa=fixed(), qb=fixed(), r=relu(8)), *SIZE
    ),
    "residual block, no quantiser in front of the sum": one(lambda: Net(_plain, **_common(), r=relu()), *SIZE),
    "residual block with a projection": one(lambda: Net(_projected, **_common(), side=_side(), r=relu()), *SIZE),
    "a difference of branches": one(lambda: Net(_difference, **_common(), r=relu()), *SIZE),
    "a constant less a stream": one(lambda: Net(_from_constant, **_common(), r=relu()), *SIZE),
    "a three-way sum": one(lambda: Net(_three_way, **_common(), side=_side(), r=relu()), *SIZE),
    "the mean of two branches": one(lambda: Net(_average, **_common(), side=_side(), r=relu()), *SIZE),
    "the maximum of two branches": one(lambda: Net(_maximum, **_common(), side=_side(), q=quant()), *SIZE),
    "the minimum of two branches": one(lambda: Net(_minimum, **_common(), side=_side(), q=quant()), *SIZE),
    "a sum straight into a convolution": one(
        lambda: Net(_into_layer, **_common(), q=quant(), next=conv(8, 8), r=relu()), *SIZE
    ),
    "a pre-activated residual block": one(
        lambda: Net(
            _preactivated,
            stem=_stack(quant(8), conv(3, 8), quant(8)),
            n1=norm(8),
            r1=relu(),
            b=conv(8, 8),
            n2=norm(8),
            r2=relu(),
            end=_stack(*head(288)),
        ),
        *SIZE,
    ),
    "Bi-Real: signs with real shortcuts": one(
        lambda: Net(
            _bireal,
            q=quant(8),
            c0=conv(3, 8),
            n0=norm(8),
            s1=sign(),
            c1=binary(qnn.QuantConv2d, 8, 8, 3, padding=1),
            n1=norm(8),
            s2=sign(),
            c2=binary(qnn.QuantConv2d, 8, 8, 3, padding=1),
            n2=norm(8),
            s3=sign(),
            end=_stack(*head(288)),
        ),
        *SIZE,
    ),
    "DenseNet": one(
        lambda: Net(
            _densenet,
            stem=_stack(quant(8), *block(3, 4)),
            a=_stack(*block(4, 4)),
            b=_stack(*block(8, 4)),
            c=conv(12, 8, 1),
            r=relu(),
            end=_stack(*head(288)),
        ),
        *SIZE,
    ),
    "DenseNet, a quantiser after each concatenation": one(
        lambda: Net(
            _densenet_separate,
            stem=_stack(quant(8), *block(3, 4)),
            q1=quant(),
            a=_stack(*block(4, 4)),
            q2=quant(),
            c=conv(8, 8, 1),
            r=relu(),
            end=_stack(*head(288)),
        ),
        *SIZE,
    ),
    "Inception": one(
        lambda: Net(
            _inception,
            stem=_stack(quant(8), *block(3, 8)),
            one=_stack(*block(8, 2, kernel=1)),
            three=_stack(*block(8, 4)),
            five=_stack(*block(8, 2, kernel=5)),
            pool=_stack(nn.MaxPool2d(3, 1, 1), *block(8, 2, kernel=1)),
            end=_stack(*head(360)),
        ),
        *SIZE,
    ),
    "SqueezeNet's fire": one(
        lambda: Net(
            _fire,
            stem=_stack(quant(8), *block(3, 8)),
            squeeze=_stack(*block(8, 4, kernel=1)),
            one=_stack(*block(4, 4, kernel=1)),
            three=_stack(*block(4, 4)),
            end=_stack(*head(288)),
        ),
        *SIZE,
    ),
    "accumulators concatenated": one(
        lambda: Net(
            _cat_of_accumulators,
            stem=_stack(quant(8), *block(3, 8)),
            body=conv(8, 4),
            side=conv(8, 4, 1),
            r=relu(),
            end=_stack(*head(288)),
        ),
        *SIZE,
    ),
    "MobileNetV2's inverted residual": one(
        lambda: Net(
            _inverted,
            stem=_stack(quant(8), *block(3, 8)),
            expand=_stack(*block(8, 16, kernel=1)),
            depth=_stack(*block(16, 16, groups=16)),
            project=_stack(conv(16, 8, 1), norm(8)),
            q=quant(),
            end=_stack(*head(288)),
        ),
        *SIZE,
    ),
    "squeeze and excitation": one(
        lambda: Net(
            _excited,
            stem=_stack(quant(8), *block(3, 8)),
            mean=_stack(nn.AdaptiveAvgPool2d(1), quant()),
            down=conv(8, 4, 1),
            r=relu(),
            up=conv(4, 8, 1),
            gate=qnn.QuantSigmoid(bit_width=4),
            q=quant(),
            end=_stack(*head(288)),
        ),
        *SIZE,
    ),
    "a gate for each pixel": one(
        lambda: Net(
            _spatial_gate,
            stem=_stack(quant(8), *block(3, 8)),
            side=conv(8, 1),
            gate=qnn.QuantSigmoid(bit_width=4),
            q=quant(),
            end=_stack(*head(288)),
        ),
        *SIZE,
    ),
    "the product of two branches": one(
        lambda: Net(_product, **_common(), side=_side(), q=quant(), p=quant(), r=relu()), *SIZE
    ),
    "BC-ResNet: a mean over rows added to each": one(
        lambda: Net(_broadcast_row, **_common(), side=_side(), q=quant(), p=quant(), r=relu()), *SIZE
    ),
    "a channel shuffle": one(
        lambda: Net(
            _shuffle, stem=_stack(quant(8), *block(3, 8)), c=conv(8, 8, groups=2), r=relu(), end=_stack(*head(288))
        ),
        *SIZE,
    ),
    "ShuffleNetV2: half of the channels": one(
        lambda: Net(_shuffle_v2, stem=_stack(quant(8), *block(3, 8)), a=_stack(*block(4, 4)), end=_stack(*head(288))),
        *SIZE,
    ),
    "GhostNet": one(
        lambda: Net(
            _ghost,
            stem=_stack(quant(8), *block(3, 8)),
            a=_stack(*block(8, 4, kernel=1)),
            cheap=_stack(*block(4, 4, groups=4)),
            end=_stack(*head(288)),
        ),
        *SIZE,
    ),
    "cross stage partial": one(
        lambda: Net(
            _csp,
            stem=_stack(quant(8), *block(3, 8)),
            a=_stack(*block(8, 4, kernel=1)),
            side=_stack(*block(8, 4, kernel=1)),
            b=_stack(*block(4, 4)),
            c=conv(8, 8, 1),
            r=relu(),
            end=_stack(*head(288)),
        ),
        *SIZE,
    ),
    "spatial pyramid pooling": one(
        lambda: Net(
            _spp,
            stem=_stack(quant(8), *block(3, 4)),
            pool=nn.MaxPool2d(3, 1, 1),
            c=conv(12, 8, 1),
            r=relu(),
            end=_stack(*head(288)),
        ),
        *SIZE,
    ),
    "an early exit": one(lambda: Net(_two_exits, **_common(), r=relu(), early=_stack(*head(288))), *SIZE),
    "a sum of heads": one(
        lambda: Net(
            _sum_of_heads, stem=_stack(quant(8), *block(3, 8)), end=_stack(*head(288)), early=_stack(*head(288))
        ),
        *SIZE,
    ),
    "a branch times a half": one(lambda: Net(_scaled_branch, **_common(), r=relu()), *SIZE),
    "CReLU": one(
        lambda: Net(_crelu, stem=_stack(quant(8), *block(3, 8)), c=conv(8, 4), r=relu(), end=_stack(*head(288))), *SIZE
    ),
    "a tensor beside its negative": one(
        lambda: Net(_neg, stem=_stack(quant(8), *block(3, 8)), q=quant(), r=relu(), end=_stack(*head(576))), *SIZE
    ),
    "maxout": one(
        lambda: Net(_maxout, stem=_stack(quant(8), *block(3, 8)), c=conv(8, 16), q=quant(), end=_stack(*head(288))),
        *SIZE,
    ),
    "two inputs": Shape(
        lambda: Net(
            _two_inputs, qa=quant(8), a=dense(8, 8), r1=relu(), qb=quant(8), b=dense(6, 8), r2=relu(), end=dense(16, 4)
        ),
        ((1, 8), (1, 6)),
    ),
    "a siamese pair": Shape(
        lambda: Net(
            _siamese, stem=_stack(quant(8), dense(8, 8), norm(8, flat=True)), q=quant(), r=relu(), end=dense(8, 1)
        ),
        ((1, 8), (1, 8)),
    ),
}
