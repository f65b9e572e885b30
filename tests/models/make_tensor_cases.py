#!/usr/bin/env python3
"""Makes tests/unit/tensor_cases.txt: tensor operators, what they are given, and
what NumPy and torch make of it.

    make_tensor_cases.py > tests/unit/tensor_cases.txt

A case is some lines: the operator, then `i` for each tensor that it takes (type,
dimensions, elements in hex), `a` for each other parameter (numbers; floats by
their bits), `o` for the result, or `e` for what is wrong. Results of floats are
computed in double, of the very elements that are written, and rounded once.
"""
import itertools
import math
import struct
import sys

import ml_dtypes
import numpy as np
import torch
import torch.nn.functional as F

NUMPY = {"f32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16,
         "f64": np.float64, "i8": np.int8, "u8": np.uint8, "i32": np.int32,
         "i64": np.int64, "bool": np.bool_}
FLOATS = ["f32", "f16", "bf16", "f64"]
WHOLES = ["i8", "u8", "i32", "i64"]
EVERY = FLOATS + WHOLES + ["bool"]
random = np.random.default_rng(20)


def name_of(array):
    return next(n for n, t in NUMPY.items() if array.dtype == t)


def wide(array):
    """Of floats: as double."""
    return array.astype(np.float64) if name_of(array) in FLOATS else array


def make(dtype, *dims, low=-3, high=3):
    """Elements that any type of the kind can tell apart."""
    if dtype == "bool":
        return random.integers(0, 2, dims).astype(bool)
    if dtype in WHOLES:
        low = 0 if dtype == "u8" else low
        return random.integers(low, high + 1, dims).astype(NUMPY[dtype])
    return random.uniform(low, high, dims).astype(NUMPY[dtype])


def shown(array):
    dims = ",".join(map(str, array.shape)) or "-"
    return f"{name_of(array)} {dims} {array.tobytes().hex() or '-'}"


def bits(x):
    """An attribute: its numbers in a row."""
    if isinstance(x, float):
        return [struct.unpack("<q", struct.pack("<d", x))[0]]
    if isinstance(x, str):
        return [struct.unpack("<q", x.encode()[:8].ljust(8, b"\0"))[0]]
    if isinstance(x, (list, tuple)):
        return [len(x)] + [n for one in x for n in bits(one)]
    return [int(x)]


def begin(op, inputs, attributes):
    print(op)
    for array in inputs:
        print("i", shown(np.asarray(array)))
    for a in attributes:
        print("a", *bits(a))


def case(op, inputs, attributes, result, dtype=None):
    """`result` of doubles is rounded to dtype, which is the first input's."""
    begin(op, inputs, attributes)
    result = np.asarray(result)
    dtype = dtype or name_of(np.asarray(inputs[0]))
    with np.errstate(all="ignore"):
        print("o", shown(result.astype(NUMPY[dtype])))


def wrong(op, inputs, attributes, why):
    begin(op, inputs, attributes)
    print("e", why)


def tensors(*arrays):
    return [torch.from_numpy(np.ascontiguousarray(wide(np.asarray(a))).copy()) for a in arrays]


# ---- element by element ----

SHAPES = [((3, 4), (3, 4)), ((2, 1, 3), (4, 1)), ((), (2, 2)), ((5,), ()),
          ((0, 3), (1, 3)), ((2, 3), (3,)), ((300,), (300,))]


def binary():
    exact = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply,
             "maximum": np.maximum, "minimum": np.minimum}
    compare = {"equal": np.equal, "not_equal": np.not_equal, "less": np.less,
               "less_equal": np.less_equal}
    shapes = itertools.cycle(SHAPES[:-1])
    for op, f in {**exact, **compare}.items():
        for dtype in FLOATS + WHOLES:
            a, b = next(shapes)
            x, y = make(dtype, *a), make(dtype, *b)
            case(f"tensor_{op}", [x, y], [], f(wide(x), wide(y)),
                 "bool" if op in compare else dtype)
    x, y = make("f32", 300), make("f32", 300)
    case("tensor_add", [x, y], [], wide(x) + wide(y))
    for op, f in (("divide", np.divide), ("power", np.power)):
        for dtype in FLOATS:
            a, b = next(shapes)
            x, y = make(dtype, *a, low=0.5), make(dtype, *b)
            case(f"tensor_{op}", [x, y], [], f(wide(x), wide(y)))
    edge = np.array([0, -0.0, 1, -1, np.inf, -np.inf, np.nan], np.float32)
    x, y = edge[:, None], edge[None, :]
    with np.errstate(all="ignore"):
        for op, f in {**exact, **compare, "divide": np.divide}.items():
            case(f"tensor_{op}", [x, y], [], f(x, y),
                 "bool" if op in compare else "f32")
    # whole numbers wrap, and keep all of their bits
    for dtype in WHOLES:
        info = np.iinfo(NUMPY[dtype])
        x = np.array([info.max, info.min, info.max - 1], NUMPY[dtype])
        y = np.array([1, 2, info.max], NUMPY[dtype])
        for op in ("add", "subtract", "multiply", "less", "maximum", "equal"):
            f = {**exact, **compare}[op]
            with np.errstate(all="ignore"):
                case(f"tensor_{op}", [x, y], [], f(x, y),
                     "bool" if op in compare else dtype)


def element(dtype, number):
    """A number as it meets elements of a type of floats."""
    return float(np.asarray(number).astype(NUMPY[dtype]).astype(np.float64))


def with_number():
    both = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply,
            "maximum": np.maximum, "minimum": np.minimum}
    compare = {"equal": np.equal, "not_equal": np.not_equal, "less": np.less,
               "less_equal": np.less_equal, "greater": np.greater,
               "greater_equal": np.greater_equal}
    for op, f in {**both, **compare}.items():
        for dtype in FLOATS:
            x = make(dtype, 2, 3)
            number = 0.1
            x[0, 0] = number
            case(f"tensor_{op}_number", [x], [number],
                 f(wide(x), element(dtype, number)),
                 "bool" if op in compare else dtype)
        for dtype in WHOLES:
            x = make(dtype, 5)
            x[0] = np.iinfo(NUMPY[dtype]).max
            with np.errstate(all="ignore"):
                case(f"tensor_{op}_number", [x], [2.0], f(x, NUMPY[dtype](2)),
                     "bool" if op in compare else dtype)
    for dtype in FLOATS:
        x = make(dtype, 3, 2, low=1)
        three = element(dtype, 3.3)
        case("tensor_divide_number", [x], [3.3], wide(x) / three)
        case("tensor_power_number", [x], [3.3], wide(x) ** three)
        case("tensor_divide_from", [x], [3.3], three / wide(x))
        case("tensor_subtract_from", [x], [3.3], three - wide(x))
    x = make("i32", 6)
    case("tensor_subtract_from", [x], [7.0], 7 - x)
    # fractions beside whole numbers
    x = np.array([-3, -1, 0, 1, 5], np.int64)
    case("tensor_multiply_number", [x], [0.5], np.trunc(x * 0.5))
    case("tensor_add_number", [x], [0.5], np.trunc(x + 0.5))
    case("tensor_less_number", [x], [0.5], x < 0.5, "bool")
    case("tensor_equal_number", [x], [1.5], x == 1.5, "bool")
    case("tensor_equal_number", [np.array([2**63 - 1, 0])], [2.0**63],
         [False, False], "bool")
    case("tensor_less_number", [np.array([2**63 - 1, 0])], [2.0**63],
         [True, True], "bool")
    case("tensor_less_number", [x], [math.nan], np.zeros(5, bool), "bool")
    case("tensor_not_equal_number", [x], [math.nan], np.ones(5, bool), "bool")
    case("tensor_maximum_number", [np.array([2**53 + 1, 0])], [0.5],
         [2**53 + 1, 0])
    case("tensor_minimum_number", [np.array([2**53 + 1, 0])], [1e30],
         [2**53 + 1, 0])
    case("tensor_maximum_number", [np.array([5, -5], np.int8)], [300.0],
         [127, 127])


def logic():
    x, y = make("bool", 2, 3), make("bool", 3)
    case("tensor_logical_and", [x, y], [], x & y)
    case("tensor_logical_or", [x, y], [], x | y)
    case("tensor_logical_not", [x], [], ~x)
    case("tensor_equal", [x, y], [], x == y)
    case("tensor_add", [x, y], [], x | y)
    case("tensor_multiply", [x, y], [], x & y)
    for dtype in EVERY:
        t, x, y = make("bool", 2, 1, 2), make(dtype, 3, 1), make(dtype, 2)
        case("tensor_where", [t, x, y], [], np.where(t, x, y), dtype)
    case("tensor_where", [np.bool_(True), make("f32", 3) * 0 + 1, np.float32(2)],
         [], np.ones(3), "f32")


def unary():
    plain = {"tensor_exp": torch.exp, "tensor_log": torch.log,
             "tensor_sqrt": torch.sqrt, "tensor_rsqrt": torch.rsqrt,
             "tensor_floor": torch.floor, "tensor_ceil": torch.ceil,
             "tensor_round": torch.round, "tensor_sin": torch.sin,
             "tensor_cos": torch.cos, "tensor_erf": torch.erf,
             "nn_relu": F.relu, "nn_silu": F.silu, "nn_sigmoid": torch.sigmoid,
             "nn_tanh": torch.tanh,
             "nn_softplus": lambda x: F.softplus(x, threshold=800)}
    edge = [0, -0.0, 0.5, 1.5, 2.5, -2.5, 88, -88, 1e-3, math.inf, -math.inf, math.nan]
    for op, f in plain.items():
        for dtype in FLOATS:
            x = make(dtype, 2, 4)
            case(op, [x], [], f(*tensors(x)))
        x = np.array(edge, np.float32)
        case(op, [x], [], f(*tensors(x)))
    shaped = {"nn_leaky_relu": F.leaky_relu, "nn_elu": F.elu,
              "nn_gelu": lambda x, how: F.gelu(x, approximate=how)}
    for op, f in shaped.items():
        for dtype in FLOATS:
            x = make(dtype, 3, 3)
            for p in ("none", "tanh") if op == "nn_gelu" else (0.01, 1.5):
                case(op, [x], [p], f(*tensors(x), p))
    wrong("nn_gelu", [make("f32", 2)], ["both"], 'approximate is "none" or "tanh"')
    for dtype in FLOATS + WHOLES:
        x = make(dtype, 3, 2, low=-9, high=9)
        case("tensor_abs", [x], [], np.abs(wide(x)))
        case("tensor_negative", [x], [], -wide(x))
        low, high = (-2.0, 4.0) if dtype in WHOLES else (-1.3, 2.7)
        case("tensor_clip", [x], [low, high],
             np.clip(wide(x), *(int(v) if dtype in WHOLES else element(dtype, v)
                                for v in (max(low, 0) if dtype == "u8" else low, high))))
    case("tensor_abs", [np.array([-128, 5], np.int8)], [], [-128, 5])
    case("tensor_abs", [np.array([-2**63, 5])], [], [-2**63, 5])
    case("tensor_negative", [np.array([-2**63, 5])], [], [-2**63, -5])
    case("tensor_clip", [np.array([math.nan, 5], np.float32)], [0.0, 1.0], [math.nan, 1])
    case("tensor_clip", [np.array([2**62 + 1, -5])], [-1.5, 1e30], [2**62 + 1, -1])


def casts():
    for source in EVERY:
        x = make(source, 2, 5, low=-100, high=100)
        for to in EVERY:
            y = wide(x)
            if to in WHOLES and source != "bool":
                info = np.iinfo(NUMPY[to])
                y = np.clip(np.trunc(y) if source in FLOATS else y.astype(np.int64),
                            info.min, info.max)
            case(f"tensor_{to}", [x], [], y, to)
    large = np.array([1e30, -1e30, math.inf, -math.inf, math.nan, 300.7, -1.9, 2**31])
    for to in WHOLES:
        info = np.iinfo(NUMPY[to])
        exact = [0 if math.isnan(v) else info.max if v >= info.max else
                 info.min if v <= info.min else int(v) for v in large]
        case(f"tensor_{to}", [large], [], np.array(exact, object), to)
    numbers = np.array([2**63 - 1, -2**63, 2**53 + 1, 2**24 + 1, 256, -129])
    for to in EVERY:
        y = numbers
        if to in WHOLES:
            info = np.iinfo(NUMPY[to])
            y = np.clip(numbers, info.min, info.max)
        case(f"tensor_{to}", [numbers], [], y, to)
    # once rounded, not twice: just above halves between f16's and bf16's
    x = np.array([1 + 2**-11 + 2**-40, 1 + 2**-11, 1 + 2**-8 + 2**-40, 65519.99,
                  65520, 2**-25, 2**-25 * 1.0001, 1e-40, 1e300, -1e-300])
    case("tensor_f16", [x], [], x.astype(np.float16), "f16")
    once = [1 + 2**-11, 1, 1 + 2**-7, 65519.99, 65520, 2**-25, 2**-25 * 1.0001,
            1e-40, math.inf, -0.0]
    case("tensor_bf16", [x], [], np.array(once).astype(np.float32), "bf16")
    half = np.arange(0, 65536, 257, dtype=np.uint16)
    case("tensor_f32", [half.view(np.float16)], [], half.view(np.float16), "f32")
    case("tensor_f32", [half.view(ml_dtypes.bfloat16)], [],
         half.view(ml_dtypes.bfloat16), "f32")


# ---- products ----

def products():
    for dtype in FLOATS:
        for a, b in (((2, 3), (3, 4)), ((17, 5), (5, 2)), ((2, 1, 3, 4), (3, 4, 2)),
                     ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((1, 1), (1, 1))):
            x, y = make(dtype, *a), make(dtype, *b)
            case("tensor_matmul", [x, y], [], torch.matmul(*tensors(x, y)))
        for a in ((3, 4), (2, 17, 4)):
            x, y = make(dtype, *a), make(dtype, 4)
            case("tensor_matmul_vector", [x, y], [], torch.matmul(*tensors(x, y)))
        x, y = make(dtype, 7), make(dtype, 7)
        case("tensor_dot", [x, y], [], torch.dot(*tensors(x, y)))
        for a in ((4,), (3, 4), (2, 9, 4), (0, 4)):
            x, w, b = make(dtype, *a), make(dtype, 5, 4), make(dtype, 5)
            case("nn_linear", [x, w], [], F.linear(*tensors(x, w)))
            case("nn_linear_bias", [x, w, b], [], F.linear(*tensors(x, w, b)))
    for dtype, index in itertools.product(EVERY, ("i32", "i64")):
        t, ids = make(dtype, 4, 3), make(index, 2, 2, low=0, high=3)
        case("nn_gather", [t, ids], [], t[ids])
    t = make("f32", 4, 2, 2)
    case("nn_gather", [t, np.uint8(3)], [], t[3])
    t = make("f32", 4)
    case("nn_gather", [t, np.array([0, 2], np.int8)], [], t[[0, 2]])
    t = make("f32", 4, 2, 2)
    for bad in (4, -1, 2**40):
        wrong("nn_gather", [t, np.array([0, bad])], [],
              "a row's number lies outside of the table")


def convolutions():
    ways = [(1, 0, 1, 1), (2, 1, 1, 1), (1, 2, 2, 1), (1, 1, 1, 2), (3, 1, 1, 4)]
    for number, way in enumerate(ways):
        for dtype in FLOATS if number == 1 else ["f32"]:
            groups = way[3]
            x, w, b = make(dtype, 2, 4, 9), make(dtype, 4, 4 // groups, 3), make(dtype, 4)
            case("nn_conv1d", [x, w], way, F.conv1d(*tensors(x, w), None, *way))
            case("nn_conv1d_bias", [x, w, b], way, F.conv1d(*tensors(x, w, b), *way))
            x, w = make(dtype, 2, 4, 6, 5), make(dtype, 4, 4 // groups, 3, 2)
            case("nn_conv2d", [x, w], way, F.conv2d(*tensors(x, w), None, *way))
            case("nn_conv2d_bias", [x, w, b], way, F.conv2d(*tensors(x, w, b), *way))
    pools = [(2, 0, 0), (3, 1, 1), (3, 2, 1)]
    for dtype, (size, stride, padding) in itertools.product(FLOATS, pools):
        x, y = make(dtype, 2, 3, 7), make(dtype, 2, 1, 5, 6)
        a = (size, stride, padding)
        s = stride or size
        case("nn_max_pool1d", [x], a, F.max_pool1d(*tensors(x), size, s, padding))
        case("nn_avg_pool1d", [x], a, F.avg_pool1d(*tensors(x), size, s, padding))
        case("nn_max_pool2d", [y], a, F.max_pool2d(*tensors(y), size, s, padding))
        case("nn_avg_pool2d", [y], a, F.avg_pool2d(*tensors(y), size, s, padding))
    x = np.array([1, math.nan, 2, 3], np.float32)
    case("nn_max_pool1d", [x], (2, 0, 0), [math.nan, 3])


# ---- norms, attention ----

def norms():
    for dtype in FLOATS:
        x, w, b = make(dtype, 2, 3, 8), make(dtype, 8), make(dtype, 8)
        t = tensors(x, w, b)
        case("nn_layer_norm", [x, w, b], [1e-5], F.layer_norm(t[0], (8,), t[1], t[2], 1e-5))
        case("nn_rms_norm", [x, w], [1e-6], F.rms_norm(t[0], (8,), t[1], 1e-6))
        x, w, b = make(dtype, 2, 4, 3, 2), make(dtype, 4), make(dtype, 4)
        mean, var = make(dtype, 4), make(dtype, 4, low=0.5)
        t = tensors(x, w, b, mean, var)
        for groups in (1, 2, 4):
            case("nn_group_norm", [x, w, b], [groups, 1e-5],
                 F.group_norm(t[0], groups, t[1], t[2], 1e-5))
        case("nn_batch_norm", [x, mean, var, w, b], [1e-5],
             F.batch_norm(t[0], t[3], t[4], t[1], t[2], False, 0, 1e-5))
        for axis in (0, 1, -1):
            x = make(dtype, 3, 4, 2)
            t, = tensors(x)
            case("nn_softmax", [x], [axis], F.softmax(t, axis))
            case("nn_log_softmax", [x], [axis], F.log_softmax(t, axis))
            case("nn_normalize", [x], [axis, 1e-12], F.normalize(t, dim=axis))
    wrong("nn_group_norm", [make("f32", 1, 4), make("f32", 4), make("f32", 4)], [3, 1e-5],
          "the channels are not a multiple of the groups")
    for x in ([1000, -1000, 0], [-math.inf, 0, 1], [-math.inf] * 3, [math.nan, 0, 1],
              [math.inf, 0, 1]):
        x = np.array(x, np.float32)
        case("nn_softmax", [x], [0], F.softmax(*tensors(x), 0))
        case("nn_log_softmax", [x], [0], F.log_softmax(*tensors(x), 0))
    case("nn_normalize", [np.zeros(3, np.float32)], [0, 1e-12], np.zeros(3))
    case("nn_normalize", [np.array([math.nan, 1], np.float32)], [0, 1e-12], [math.nan] * 2)
    case("nn_softmax", [np.zeros((2, 0), np.float32)], [1], np.zeros((2, 0)))


def attend(q, k, v, heads, causal, scale):
    """[N, D], [M, KD], [M, KD]; the last query sees all keys."""
    n, m, d = len(q), len(k), q.shape[1] // heads
    parts = [t.reshape(len(t), t.shape[1] // d, d).transpose(0, 1) for t in (q, k, v)]
    mask = torch.ones(n, m, dtype=torch.bool).tril(m - n) if causal else None
    out = F.scaled_dot_product_attention(*parts, attn_mask=mask, scale=scale or None,
                                         enable_gqa=True)
    if causal:  # of a query that sees none torch makes NaN
        out = torch.where(mask.any(1)[None, :, None], out, 0)
    return out.transpose(0, 1).reshape(n, q.shape[1])


def attention():
    number = lambda *x: np.array(x, np.int32)
    for dtype in FLOATS:
        for heads, kd, causal, scale in ((2, 8, False, 0.0), (4, 4, True, 0.0),
                                         (4, 8, True, 0.3), (1, 8, False, 0.0)):
            x = make(dtype, 7, 8), make(dtype, 7, kd), make(dtype, 7, kd)
            q, k, v = tensors(*x)
            starts, lengths = number(0, 3, 4), number(3, 1, 3)
            out = torch.zeros(7, 8, dtype=torch.float64)
            for s, n in zip(starts, lengths):
                part = slice(s, s + n)
                out[part] = attend(q[part], k[part], v[part], heads, causal, scale)
            case("nn_ragged_attention", [*x, starts, lengths],
                 [heads, causal, scale], out)
            x = x[0][:4], x[1], x[2]
            q, k, v = tensors(*x)
            starts, lengths = number(2, 0), number(1, 2)
            ks, kl = number(3, 0), number(4, 3 if causal else 2)
            if heads == 4 and scale == 0:
                kl[1] = 1  # the first query sees no key
            out = torch.zeros(4, 8, dtype=torch.float64)
            for s, n, t, m in zip(starts, lengths, ks, kl):
                out[s:s + n] = attend(q[s:s + n], k[t:t + m], v[t:t + m], heads, causal, scale)
            case("nn_ragged_attention_cached", [*x, starts, lengths, ks, kl],
                 [heads, causal, scale], out)
            keys = [make(dtype, n, kd) for n in (1, 5, 3)]
            values = [make(dtype, n, kd) for n in (1, 5, 3)]
            starts, lengths = number(3, 1, 0), number(1, 2, 0)
            out = torch.zeros(4, 8, dtype=torch.float64)
            for s, n, k, v in zip(starts, lengths, keys, values):
                out[s:s + n] = attend(q[s:s + n], *tensors(k, v), heads, causal, scale)
            case("nn_cached_attention", [x[0], *keys, *values, starts, lengths],
                 [heads, causal, scale], out)
        for causal, scale in itertools.product((False, True), (0.0, 0.7)):
            q, k, v = make(dtype, 2, 3, 4), make(dtype, 2, 5, 4), make(dtype, 2, 5, 2)
            case("nn_attention", [q, k, v], [causal, scale],
                 F.scaled_dot_product_attention(*tensors(q, k, v), is_causal=causal,
                                                scale=scale or None))
    q = make("f32", 2, 8)
    far = [q, q, q, number(0), number(2)]
    wrong("nn_ragged_attention", far, [3, False, 0.0],
          "the width of the queries is not a multiple of the heads")
    wrong("nn_ragged_attention", far, [0, False, 0.0],
          "the width of the queries is not a multiple of the heads")
    wrong("nn_ragged_attention", [q, q[:, :6], q[:, :6], number(0), number(2)],
          [2, False, 0.0], "the width of the keys is not that of a part of the heads")
    wrong("nn_ragged_attention", [q, q[:, :6], q[:, :6], number(0), number(2)],
          [4, False, 0.0], "the width of the keys is not that of a part of the heads")
    none = number()
    case("nn_cached_attention", [q, none, none], [2, True, 0.0], np.zeros((2, 8)))
    wrong("nn_cached_attention", [q, q, number(0), number(1)], [2, True, 0.0],
          "not every sequence has keys and values")
    for k, v in ((q, q[:1]), (q, q[:, :4]), (q[0], q[0])):
        wrong("nn_cached_attention", [q, k, v, number(0), number(1)], [2, True, 0.0],
              "keys and values of a sequence differ in their dimensions")
    for start, length in ((1, 2), (-1, 1), (0, -1), (2**31 - 1, 2**31 - 1)):
        wrong("nn_ragged_attention", [q, q, q, number(start), number(length)],
              [2, False, 0.0], "a sequence lies outside of the rows")
        wrong("nn_ragged_attention_cached",
              [q, q, q, number(0), number(2), number(start), number(length)],
              [2, False, 0.0], "a sequence lies outside of the rows")
        wrong("nn_segment_sum", [q, number(start), number(length)], [],
              "a sequence lies outside of the rows")


def rotary():
    for dtype, interleaved in itertools.product(FLOATS, (False, True)):
        x, at = make(dtype, 3, 12), np.array([0, 5, 1000])
        width, base = 6, 10000.0
        angle = at[:, None, None] / base ** (2 * np.arange(width // 2) / width)
        y = wide(x).reshape(3, 2, width)
        pairs = (y[..., 0::2] + 1j * y[..., 1::2] if interleaved
                 else y[..., :width // 2] + 1j * y[..., width // 2:]) * np.exp(1j * angle)
        out = np.empty_like(y)
        if interleaved:
            out[..., 0::2], out[..., 1::2] = pairs.real, pairs.imag
        else:
            out[..., :width // 2], out[..., width // 2:] = pairs.real, pairs.imag
        case("nn_rotary", [x, at], [2, base, interleaved], out.reshape(3, 12))
    for heads in (0, 4, 5):
        wrong("nn_rotary", [make("f32", 1, 12), np.array([0])], [heads, 1e4, False],
              "the width is not an even number for each head")


# ---- reductions ----

def reductions():
    plain = {"tensor_sum": np.sum, "tensor_mean": np.mean, "tensor_max": np.max,
             "tensor_min": np.min, "tensor_argmax": np.argmax,
             "tensor_argmin": np.argmin, "tensor_variance": np.var}
    for op, f in plain.items():
        for dtype in FLOATS if op in ("tensor_mean", "tensor_variance") else EVERY:
            x = make(dtype, 2, 4, 3, low=0)
            axis, keep = (0, 1, 2, -1)[len(dtype) % 4], dtype in ("f32", "i64", "bool")
            y = f(wide(x), axis=axis, keepdims=keep)
            if op == "tensor_sum" and dtype in WHOLES:
                y = np.sum(x, axis=axis, keepdims=keep, dtype=NUMPY[dtype])
            case(op, [x], [axis, keep], y,
                 "i32" if "arg" in op else dtype)
    for op in ("tensor_max", "tensor_min", "tensor_argmax", "tensor_argmin"):
        x = np.array([[1, math.nan, 3, math.nan], [-math.inf, 3, 3, -math.inf],
                      [0.0, -0.0, 0.0, -1]], np.float32)
        case(op, [x], [1, False], plain[op](x, axis=1), "i32" if "arg" in op else "f32")
        x = np.array([2**63 - 1, -2**63, 2**63 - 2, 5])
        case(op, [x], [0, False], plain[op](x, axis=0), "i32" if "arg" in op else "i64")
    case("tensor_sum", [np.zeros((2, 0), np.float32)], [1, False], [0, 0])
    case("tensor_mean", [np.zeros((2, 0), np.float32)], [1, False], [math.nan] * 2)
    case("tensor_sum", [np.array([100, 100], np.int8)], [0, False], np.int8(-56))
    case("tensor_sum", [np.array([2**63 - 1, 1])], [0, False], -2**63)
    case("tensor_sum", [np.ones(3, bool)], [0, False], True)
    for dtype in EVERY:
        x = make(dtype, 3, 4, high=60)
        y = np.cumsum(wide(x), axis=-2, dtype=wide(x).dtype)
        case("tensor_cumsum", [x], [-2], y)
    number = lambda *x: np.array(x, np.int32)
    starts, lengths = number(0, 4, 2), number(2, 1, 0)
    for dtype in FLOATS:
        x = make(dtype, 5, 2, 3)
        parts = [wide(x)[s:s + n] for s, n in zip(starts, lengths)]
        for op, f in (("sum", np.sum), ("mean", np.mean), ("max", np.max)):
            y = [f(p, axis=0) if len(p) else np.zeros((2, 3)) for p in parts]
            case(f"nn_segment_{op}", [x, starts, lengths], [], y)
    x = np.array([1, math.nan, 2], np.float32)
    case("nn_segment_max", [x, number(0, 2), number(2, 1)], [], [math.nan, 2])


def tops():
    for dtype in EVERY:
        x = make(dtype, 2, 6)
        order = np.argsort(-wide(x).astype(np.float64), axis=1, kind="stable")[:, :3]
        case("tensor_top_k", [x], [3], np.take_along_axis(x, order, 1))
        case("tensor_top_k_indices", [x], [3], order, "i32")
    x = np.array([1, math.nan, -math.inf, math.inf, math.nan], np.float32)
    values, _ = torch.topk(torch.from_numpy(x), 5)
    case("tensor_top_k", [x], [5], values)
    case("tensor_top_k_indices", [x], [5], [1, 4, 3, 0, 2], "i32")
    x = np.array([2**62, 2**62 + 1, -2**63])
    case("tensor_top_k_indices", [x], [3], [1, 0, 2], "i32")
    case("tensor_top_k", [x], [0], np.zeros(0))


# ---- shapes ----

def shapes():
    for dtype in EVERY:
        x, y = make(dtype, 2, 3, 4), make(dtype, 2, 2, 4)
        case("tensor_index", [x], [1], x[1])
        case("tensor_index", [x], [-2], x[-2])
        case("tensor_slice", [x], [1, 3, 1], x[:, 1:3])
        case("tensor_concat", [x, y, x], [1], np.concatenate([x, y, x], 1))
        case("tensor_append", [x, make(dtype, 0, 3, 4)], [], x)
        case("tensor_append", [x, x[:1]], [], np.concatenate([x, x[:1]]))
        case("tensor_stack", [x, x], [-1], np.stack([x, x], -1))
        case("tensor_reshape", [x], [[4, -1]], x.reshape(4, -1))
        case("tensor_transpose", [x], [], x.swapaxes(-1, -2))
        case("tensor_transpose_axes", [x], [[2, 0, -2]], x.transpose(2, 0, 1))
        case("tensor_expand_dims", [x], [1], x[:, None])
        case("tensor_squeeze", [x[:, :1]], [-2], x[:, 0])
        case("tensor_broadcast_to", [x[:, :1]], [[3, 2, 3, 4]],
             np.broadcast_to(x[:, :1], (3, 2, 3, 4)))
        case("tensor_expect", [x], [[-1, 3, 4]], x)
        value = 1.0 if dtype in ("bool", "u8") else -2.0
        case("tensor_pad", [x], [[0, 1, 0], [1, 0, 2], value],
             np.pad(x, ((0, 1), (1, 0), (0, 2)), constant_values=value))
    x = make("f32", 5, 4)
    for first, last in ((-2, 9), (3, 2), (-9, -3), (9, 12), (0, 2**62)):
        case("tensor_slice", [x], [first, last, 0], x[first:last])
    x = make("f32", 2, 0, 3)
    case("tensor_reshape", [x], [[3, 0]], x.reshape(3, 0))
    case("tensor_transpose", [x], [], x.swapaxes(1, 2))
    case("tensor_concat", [x, make("f32", 2, 1, 3) * 0], [1], np.zeros((2, 1, 3)))
    case("tensor_reshape", [np.float32(3)], [[1, 1]], [[3]])
    case("tensor_reshape", [make("f32", 1) * 0], [[]], 0)
    case("tensor_expand_dims", [np.float32(3)], [0], [3])
    case("tensor_broadcast_to", [np.float32(3)], [[2, 2]], [[3, 3]] * 2)
    case("tensor_pad", [np.float32(3)], [[], [], 0.0], 3)


def made():
    case("tensor_arange", [], [5], np.arange(5), "i32")
    case("tensor_arange", [], [0], np.arange(0), "i32")
    case("tensor_full", [], [[2, 3], 0.1], np.full((2, 3), 0.1), "f32")
    case("tensor_full", [], [[], 7.0], 7.0, "f32")
    for dtype in WHOLES:
        ids = make(dtype, 2, 2, low=0)
        case("nn_one_hot", [ids], [4], np.eye(4)[ids], "f32")
    for bad in (4, -1):
        wrong("nn_one_hot", [np.array([0, bad])], [4], "a number is not that of a class")


def main():
    print("# made by tests/models/make_tensor_cases.py")
    for part in (binary, with_number, logic, unary, casts, products, convolutions,
                 norms, attention, rotary, reductions, tops, shapes, made):
        part()


if __name__ == "__main__":
    sys.exit(main())
