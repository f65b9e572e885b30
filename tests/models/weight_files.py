"""Small files of safetensors, written with the standard library alone."""
import json
import math
import pathlib
import struct

# By name in files: bytes of an element, and how struct packs it.
DTYPES = {"F32": (4, "f"), "F64": (8, "d"), "F16": (2, "e"), "BF16": (2, None), "I64": (8, "q"),
          "I32": (4, "i"), "I16": (2, "h"), "I8": (1, "b"), "U8": (1, "B"), "BOOL": (1, "?")}


def packed(dtype, numbers):
    """Elements as bytes; bfloat16 are cut off, not rounded."""
    if dtype == "BF16":
        return b"".join(struct.pack("<f", x)[2:] for x in numbers)
    return struct.pack(f"<{len(numbers)}{DTYPES[dtype][1]}", *numbers)


def tensor(dtype, shape, numbers=None):
    """(dtype, shape, bytes); the numbers are 0, 1, 2 … where none are given."""
    n = math.prod(shape)
    numbers = [i % 100 for i in range(n)] if numbers is None else list(numbers)
    assert len(numbers) == n, (shape, len(numbers))
    return dtype, list(shape), packed(dtype, numbers)


def file_bytes(tensors, metadata=None, pad=8):
    """A file of {name: tensor}, whose header is filled up to a multiple of `pad`."""
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % pad)
    return struct.pack("<Q", len(text)) + text + data


def write(path, tensors, **more):
    pathlib.Path(path).write_bytes(file_bytes(tensors, **more))


def write_shards(folder, *shards):
    """model.safetensors.index.json and its files, one for each of `shards`."""
    folder = pathlib.Path(folder)
    places = {}
    for i, tensors in enumerate(shards):
        name = f"model-{i + 1:05}-of-{len(shards):05}.safetensors"
        write(folder / name, tensors)
        places.update(dict.fromkeys(tensors, name))
    index = {"metadata": {"total_size": 0}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
