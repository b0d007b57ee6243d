"""The tiny random models: their shapes, their weights, and the reference logits.

A model's weights are drawn, encoded to the file's type, decoded again, and only the decoded
numbers enter the reference: file and reference hold exactly the same weights.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from gguf import GGMLQuantizationType as Type, quants
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

VOCAB = 288  # what tiny_tokenizer makes; 9 groups of 32
CONTEXT = 256
TOKENS = 71  # crosses pages of 16, 32 and 64, and ends inside one


@dataclass
class Spec:
    name: str
    arch: str  # "llama" or "qwen2"
    seed: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    ffn: int
    rope_theta: float
    rms_eps: float
    tied: bool
    linear: Type
    embedding: Type
    # Linears stored otherwise than `linear`, by the GGUF name's middle part ("ffn_down").
    other: dict[str, Type] = field(default_factory=dict)

    @property
    def head_dim(self) -> int:
        return self.hidden // self.heads

    def type_of(self, gguf_name: str) -> Type:
        if gguf_name.endswith("norm.weight") or gguf_name.endswith(".bias"):
            return Type.F32
        part = gguf_name.split(".")[-2]
        if part in ("token_embd", "output"):
            return self.embedding
        return self.other.get(part, self.linear)


SPECS = [
    Spec("tiny-qwen2", "qwen2", 1, 128, 2, 4, 2, 64, 1e6, 1e-6, True, Type.F16, Type.F16),
    Spec("tiny-qwen2-untied", "qwen2", 2, 64, 2, 2, 1, 64, 1e6, 1e-6, False, Type.F32, Type.F32),
    Spec("tiny-qwen2-q8_0", "qwen2", 3, 128, 2, 4, 2, 160, 1e6, 1e-6, True, Type.Q8_0, Type.Q8_0),
    Spec("tiny-llama", "llama", 4, 96, 3, 3, 1, 96, 1e5, 1e-5, True, Type.F16, Type.F16),
    Spec("tiny-llama-untied", "llama", 5, 96, 2, 3, 1, 96, 5e5, 1e-5, False, Type.F16, Type.F16),
    # Two mixes as quantizers make them: the sensitive linears at a higher precision.
    Spec("tiny-llama-q4_0", "llama", 6, 192, 2, 6, 2, 160, 1e5, 1e-5, True, Type.Q4_0, Type.Q8_0,
         {"attn_v": Type.Q8_0, "ffn_down": Type.Q4_1}),
    Spec("tiny-llama-q4_1", "llama", 7, 192, 2, 3, 1, 160, 1e5, 1e-5, False, Type.Q4_1, Type.Q8_0),
]


def tensor_names(spec: Spec) -> dict[str, str]:
    """GGUF name -> transformers name, in file order."""
    names = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}
    if not spec.tied:
        names["output.weight"] = "lm_head.weight"
    for n in range(spec.layers):
        gguf, hf = f"blk.{n}", f"model.layers.{n}"
        names[f"{gguf}.attn_norm.weight"] = f"{hf}.input_layernorm.weight"
        names[f"{gguf}.ffn_norm.weight"] = f"{hf}.post_attention_layernorm.weight"
        names[f"{gguf}.attn_output.weight"] = f"{hf}.self_attn.o_proj.weight"
        for x in "qkv":
            names[f"{gguf}.attn_{x}.weight"] = f"{hf}.self_attn.{x}_proj.weight"
            if spec.arch == "qwen2":
                names[f"{gguf}.attn_{x}.bias"] = f"{hf}.self_attn.{x}_proj.bias"
        for x in ("gate", "up", "down"):
            names[f"{gguf}.ffn_{x}.weight"] = f"{hf}.mlp.{x}_proj.weight"
    return names


def reference_model(spec: Spec):
    """The transformers model of this shape; its weights are still to be set."""
    config, model = {"llama": (LlamaConfig, LlamaForCausalLM), "qwen2": (Qwen2Config, Qwen2ForCausalLM)}[spec.arch]
    return model(config(
        vocab_size=VOCAB, hidden_size=spec.hidden, intermediate_size=spec.ffn, num_hidden_layers=spec.layers,
        num_attention_heads=spec.heads, num_key_value_heads=spec.kv_heads, max_position_embeddings=CONTEXT,
        rms_norm_eps=spec.rms_eps, rope_parameters={"rope_type": "default", "rope_theta": spec.rope_theta},
        tie_word_embeddings=spec.tied, attn_implementation="eager",
    )).eval()


def draw(rng: np.random.Generator, gguf_name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Random weights that let errors show: peaked attention, logits of a few nats."""
    noise = rng.standard_normal(shape).astype(np.float32)
    if gguf_name.endswith("norm.weight"):
        return 1 + 0.2 * noise
    if gguf_name.endswith(".bias"):
        return 0.5 * noise
    # An input of unit variance gives outputs of standard deviation `gain`.
    part = gguf_name.split(".")[-2]
    gain = {"attn_q": 1.6, "attn_k": 1.6, "token_embd": 2.0, "output": 2.0, "ffn_gate": 1.5}.get(part, 1.0)
    return gain / np.sqrt(shape[-1], dtype=np.float32) * noise


def make(spec: Spec):
    """Returns (model with the weights set, {GGUF name: (encoded array, type)} in transformers' row order)."""
    model = reference_model(spec)
    shapes = {name: tuple(t.shape) for name, t in model.state_dict().items()}
    rng = np.random.default_rng(spec.seed)
    state, encoded = {}, {}
    for gguf_name, hf_name in tensor_names(spec).items():
        kind = spec.type_of(gguf_name)
        bits = quants.quantize(draw(rng, gguf_name, shapes[hf_name]), kind)
        encoded[gguf_name] = (bits, kind)
        state[hf_name] = torch.from_numpy(quants.dequantize(bits, kind).astype(np.float32))
    if spec.tied:
        state["lm_head.weight"] = state["model.embed_tokens.weight"]
    model.load_state_dict(state)
    return model, encoded


def token_ids(spec: Spec) -> np.ndarray:
    """i32 [TOKENS], over the whole vocabulary, with a repeated stretch so that attention has something to find."""
    ids = np.random.default_rng(100 + spec.seed).integers(0, VOCAB, TOKENS).astype(np.int32)
    ids[40:50] = ids[10:20]
    ids[0], ids[-1] = VOCAB - 1, 0  # both ends of the table
    return ids


def logits(model, ids: np.ndarray) -> np.ndarray:
    """f32 [TOKENS, VOCAB]: the logits after each token."""
    with torch.no_grad():
        return model(torch.from_numpy(ids.astype(np.int64))[None]).logits[0].float().numpy()
