"""The llama-type base with a masked LoRA on its seven projections, for training and decoding.

B rows, T positions, D hidden, F feed-forward, H heads, K key-value heads, E head dimension, r rank.
"""

import math

import torch
import torch.nn.functional as F
from torch.nn.attention.varlen import varlen_attn

from .batches import LONGEST

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


class Lora:
    """Where each factor lies in one flat vector, which is what optimizers and files see.

    Per layer: A of q, k, v stacked [3r, D], their Bs, A and B of o, A of gate and up stacked [2r, D],
    their Bs, A and B of down.
    """

    def __init__(self, base, rank, alpha):
        d, f, kv = base.hidden, base.ffn, base.kv_heads * base.head_dim
        q = base.heads * base.head_dim
        self.rank, self.alpha, self.scale, self.layers = rank, alpha, alpha / rank, base.layers
        self.shapes = [(3 * rank, d), (q, rank), (kv, rank), (kv, rank), (rank, q), (d, rank),
                       (2 * rank, d), (f, rank), (f, rank), (rank, f), (d, rank)]  # fmt: skip
        self.firsts = (0, 4, 6, 9)  # the A factors
        self.sizes = [rows * columns for rows, columns in self.shapes]
        self.numbers = sum(self.sizes) * base.layers

    def views(self, flat):
        """Per layer the factors in the order above."""
        parts = flat.split(self.sizes * self.layers)
        count = len(self.sizes)
        return [tuple(parts[layer * count + j].view(self.shapes[j]) for j in range(count)) for layer in range(self.layers)]

    def fresh(self, seed):
        """As PEFT begins: A uniform within 1 / sqrt(inputs), B zero."""
        random = torch.Generator().manual_seed(seed)
        parts = []
        for _ in range(self.layers):
            for j, shape in enumerate(self.shapes):
                drawn = (torch.rand(shape, generator=random) * 2 - 1) / math.sqrt(shape[1])
                parts.append((drawn if j in self.firsts else torch.zeros(shape)).flatten())
        return torch.cat(parts)


def layer(h, base, lora, mask, cos, sin, attend, heads, kv_heads, eps):
    """One layer. h [B, T, D]; `base` its six weights; `lora` its factors or None; mask: the LoRA scale of each position,
    0 where the term is off, to broadcast over [B, T, 1]; `attend(q, k, v)`: [B, heads, T, E] each -> [B, H, T, E]."""
    norm1, qkv, out, norm2, gate_up, down = base
    rows, positions, hidden = h.shape
    head_dim = qkv.shape[0] // (heads + 2 * kv_heads)
    x = F.rms_norm(h, (hidden,), norm1, eps)
    y = F.linear(x, qkv)
    if lora is not None:
        a_qkv, b_q, b_k, b_v, a_o, b_o, a_gu, b_g, b_u, a_d, b_d = lora
        rank = a_o.shape[0]
        z = F.linear(x, a_qkv) * mask
        y = y + torch.cat([F.linear(z[..., :rank], b_q), F.linear(z[..., rank : 2 * rank], b_k), F.linear(z[..., 2 * rank :], b_v)], -1)
    y = y.view(rows, positions, heads + 2 * kv_heads, head_dim)
    first, second = y[:, :, : heads + kv_heads].chunk(2, -1)
    turned = torch.cat([first * cos - second * sin, second * cos + first * sin], -1)
    q, k, v = turned[:, :, :heads], turned[:, :, heads:], y[:, :, heads + kv_heads :]
    o = attend(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))
    o = o.transpose(1, 2).reshape(rows, positions, heads * head_dim)
    y = F.linear(o, out)
    if lora is not None:
        y = y + F.linear(F.linear(o, a_o) * mask, b_o)
    h = h + y
    x = F.rms_norm(h, (hidden,), norm2, eps)
    y = F.linear(x, gate_up)
    if lora is not None:
        z = F.linear(x, a_gu) * mask
        y = y + torch.cat([F.linear(z[..., :rank], b_g), F.linear(z[..., rank:], b_u)], -1)
    gate, up = y.chunk(2, -1)
    x = F.silu(gate) * up
    y = F.linear(x, down)
    if lora is not None:
        y = y + F.linear(F.linear(x, a_d) * mask, b_d)
    return h + y


def packed_attention(starts):
    """Attention within each sequence of a batch, causal: q, k, v [1, heads, N, E] -> [1, H, N, E]."""
    if starts.device.type == "cuda":

        def attend(q, k, v):
            q, k, v = (x[0].transpose(0, 1) for x in (q, k, v))
            o = varlen_attn(q, k, v, starts, starts, LONGEST, LONGEST, window_size=(-1, 0))
            return o.transpose(0, 1)[None]

        return attend
    # Where that kernel is not to be had: all pairs, those of different sequences masked.
    count = int(starts[-1])
    sequence = torch.bucketize(torch.arange(count), starts, right=True)
    mask = (sequence[:, None] == sequence[None]).tril()
    return lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)


def packed_layer(h, base, lora, mask, cos, sin, starts, heads, kv_heads, eps):
    return layer(h, base, lora, mask, cos, sin, packed_attention(starts), heads, kv_heads, eps)


class Base:
    """The frozen weights, dequantized, in one dtype on one device."""

    def __init__(self, gguf, device, dtype, positions=2048):
        about, tensors = gguf.metadata, gguf.tensors
        self.layers, self.hidden = about["llama.block_count"], about["llama.embedding_length"]
        self.heads, self.kv_heads = about["llama.attention.head_count"], about["llama.attention.head_count_kv"]
        self.ffn, self.head_dim = about["llama.feed_forward_length"], self.hidden // self.heads
        self.eps = about["llama.attention.layer_norm_rms_epsilon"]
        self.device, self.dtype = device, dtype
        load = lambda name: torch.from_numpy(tensors[name + ".weight"]).to(device, dtype)
        stack = lambda *names: torch.cat([load(name) for name in names])
        self.embedding, self.norm = load("token_embd"), load("output_norm")
        self.head = load("output") if "output.weight" in tensors else self.embedding
        self.vocab = self.embedding.shape[0]
        self.weights = []
        for i in range(self.layers):
            b = f"blk.{i}."
            self.weights.append((load(b + "attn_norm"), stack(b + "attn_q", b + "attn_k", b + "attn_v"), load(b + "attn_output"),
                                 load(b + "ffn_norm"), stack(b + "ffn_gate", b + "ffn_up"), load(b + "ffn_down")))  # fmt: skip
        rates = about["llama.rope.freq_base"] ** (-torch.arange(0, self.head_dim, 2, dtype=torch.float64) / self.head_dim)
        angles = torch.outer(torch.arange(positions, dtype=torch.float64), rates)
        self.cos, self.sin = angles.cos().to(device, dtype), angles.sin().to(device, dtype)

    def hidden_states(self, batch, lora, run_layer=packed_layer):
        """A batch on the device -> hidden states after the final norm [N, D]. `lora`: views or None."""
        cos, sin = self.cos[batch.positions][None, :, None], self.sin[batch.positions][None, :, None]
        h, mask = F.embedding(batch.ids, self.embedding)[None], batch.mask[None]
        if torch.is_grad_enabled():
            h.requires_grad_()  # so that the first layer is compiled as the others
        for i, weights in enumerate(self.weights):
            h = run_layer(h, weights, None if lora is None else lora[i], mask, cos, sin, batch.starts, self.heads, self.kv_heads, self.eps)
        return F.rms_norm(h[0], (self.hidden,), self.norm, self.eps)

    def logits(self, h):
        return F.linear(h, self.head)
