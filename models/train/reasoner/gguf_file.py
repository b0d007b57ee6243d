"""Reads a GGUF file of the llama architecture: metadata, and tensors dequantized to f32.

Read here and not by the `gguf` package, which training machines may lack; the tests compare both.
Q and K of llama-arch files hold rotary pairs side by side (rows 2i, 2i + 1); they are put back to
the order that rotates row i with row i + head_dim / 2.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def scalar(self, form):
        (value,) = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def string(self):
        size = self.scalar("Q")
        self.at += size
        return bytes(self.data[self.at - size : self.at]).decode("utf-8", "replace")

    def value(self, kind):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            kind, count = self.scalar("I"), self.scalar("Q")
            return [self.value(kind) for _ in range(count)]
        return self.scalar(SCALARS[kind])


def halves(blocks, start, stop):
    """Half-precision numbers in bytes [start, stop) of every block, as f32."""
    return np.ascontiguousarray(blocks[:, start:stop]).view(np.float16).astype(np.float32)


def f32(raw):
    return raw.view(np.float32)


def f16(raw):
    return raw.view(np.float16).astype(np.float32)


def q4_1(raw):
    """Blocks of 32: d, m (f16), 16 bytes of two quants each; the number is q d + m."""
    blocks = raw.reshape(-1, 20)
    quants = blocks[:, 4:]
    return np.concatenate([quants & 15, quants >> 4], axis=1) * halves(blocks, 0, 2) + halves(blocks, 2, 4)


def q8_0(raw):
    """Blocks of 32: d (f16), 32 signed bytes; the number is q d."""
    blocks = raw.reshape(-1, 34)
    return np.ascontiguousarray(blocks[:, 2:]).view(np.int8) * halves(blocks, 0, 2)


# By GGML type: bytes of a block, numbers in it, how to read them.
TYPES = {0: (4, 1, f32), 1: (2, 1, f16), 3: (20, 32, q4_1), 8: (34, 32, q8_0)}


@dataclass
class Gguf:
    metadata: dict
    tensors: dict  # name -> f32 array, outermost dimension first


def rotary_halves(weight, heads):
    """[heads * head_dim, inputs] with pairs side by side -> with halves of each head apart."""
    rows, inputs = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, inputs).swapaxes(1, 2).reshape(rows, inputs)


def read(path):
    data = np.memmap(path, dtype=np.uint8, mode="r")
    reader = Reader(data)
    if reader.scalar("I") != 0x46554747 or reader.scalar("I") != 3:
        raise SystemExit(f"{path} is no GGUF file of version 3")
    tensor_count, key_count = reader.scalar("Q"), reader.scalar("Q")
    metadata = {}
    for _ in range(key_count):
        key = reader.string()
        metadata[key] = reader.value(reader.scalar("I"))
    if metadata["general.architecture"] != "llama":
        raise SystemExit(f"{Path(path).name} is of architecture {metadata['general.architecture']}; these scripts train llama only")
    entries = []
    for _ in range(tensor_count):
        name, dimensions = reader.string(), reader.scalar("I")
        shape = [reader.scalar("Q") for _ in range(dimensions)][::-1]
        entries.append((name, shape, reader.scalar("I"), reader.scalar("Q")))
    alignment = metadata.get("general.alignment", 32)
    start = -(-reader.at // alignment) * alignment

    heads = {"attn_q": metadata["llama.attention.head_count"], "attn_k": metadata["llama.attention.head_count_kv"]}
    tensors = {}
    for name, shape, kind, offset in entries:
        if kind not in TYPES:
            raise SystemExit(f"{Path(path).name}: tensor {name} is of GGML type {kind}, which is not read here")
        size, numbers, decode = TYPES[kind]
        count = int(np.prod(shape))
        raw = np.array(data[start + offset : start + offset + count // numbers * size])
        weight = decode(raw).astype(np.float32).reshape(shape)
        part = name.split(".")[-2]
        tensors[name] = np.ascontiguousarray(rotary_halves(weight, heads[part]) if part in heads else weight)
    return Gguf(metadata, tensors)
