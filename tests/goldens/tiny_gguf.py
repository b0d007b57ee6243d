"""Writes a tiny model as GGUF v3, as llama.cpp's converter would store it."""

from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType as Type, GGUFWriter, LlamaFileType

import tiny_models
import tiny_tokenizer

FILE_TYPES = {
    Type.F32: LlamaFileType.ALL_F32,
    Type.F16: LlamaFileType.MOSTLY_F16,
    Type.Q8_0: LlamaFileType.MOSTLY_Q8_0,
    Type.Q4_0: LlamaFileType.MOSTLY_Q4_0,
    Type.Q4_1: LlamaFileType.MOSTLY_Q4_1,
}


def interleaved_rows(heads: int, head_dim: int) -> np.ndarray:
    """Which row of transformers' Q or K each row of a llama-arch GGUF holds.

    transformers rotates row i of a head with row i + head_dim/2; llama-arch files put such a
    pair side by side, as rows 2i and 2i + 1. (qwen2-arch files keep transformers' order.)
    """
    in_head = np.arange(head_dim).reshape(2, head_dim // 2).T.reshape(-1)
    return (np.arange(heads)[:, None] * head_dim + in_head).reshape(-1)


def write(path: Path, spec: tiny_models.Spec, encoded: dict) -> None:
    file = GGUFWriter(path, spec.arch)
    file.add_name(spec.name)
    file.add_description("Random weights, for tests only")
    file.add_license("Apache-2.0 OR MIT")
    file.add_file_type(FILE_TYPES[spec.linear])
    file.add_quantization_version(2)
    write_shape(file, spec)
    write_tokenizer(file, spec)

    rows = {"attn_q": spec.heads, "attn_k": spec.kv_heads}
    for name, (bits, kind) in encoded.items():
        heads = rows.get(name.split(".")[-2])
        if spec.arch == "llama" and heads:
            # Blocks never cross rows, so encoded rows can be moved as they are.
            bits = bits[interleaved_rows(heads, spec.head_dim)]
        file.add_tensor(name, np.ascontiguousarray(bits), raw_dtype=kind)

    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def write_shape(file: GGUFWriter, spec: tiny_models.Spec) -> None:
    file.add_context_length(tiny_models.CONTEXT)
    file.add_block_count(spec.layers)
    file.add_embedding_length(spec.hidden)
    file.add_feed_forward_length(spec.ffn)
    file.add_head_count(spec.heads)
    file.add_head_count_kv(spec.kv_heads)
    file.add_layer_norm_rms_eps(spec.rms_eps)
    file.add_rope_freq_base(spec.rope_theta)
    file.add_vocab_size(tiny_models.VOCAB)
    # Real qwen2 files leave this key out and readers take hidden / heads: keep that path tested.
    if spec.arch == "llama":
        file.add_rope_dimension_count(spec.head_dim)


def write_tokenizer(file: GGUFWriter, spec: tiny_models.Spec) -> None:
    tokens = tiny_tokenizer.tokens()
    assert len(tokens) == tiny_models.VOCAB
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("smollm" if spec.arch == "llama" else "gpt-2")
    file.add_token_list(tokens)
    file.add_token_types(tiny_tokenizer.token_types())
    file.add_token_merges(tiny_tokenizer.MERGES)
    file.add_bos_token_id(tiny_tokenizer.IM_START)
    file.add_eos_token_id(tiny_tokenizer.IM_END)
    file.add_pad_token_id(tiny_tokenizer.END_OF_TEXT)
    file.add_add_bos_token(False)
    file.add_chat_template(tiny_tokenizer.CHAT_TEMPLATE)
