"""Checks the goldens.

The tiny files are read back with transformers' own GGUF loader, which knows nothing of how
they were made: if its logits equal the goldens, the metadata, the names, the row order of Q
and K and the quantized blocks are right.
"""

import json
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader
from safetensors.numpy import load_file
from tokenizers import pre_tokenizers
from transformers import AutoTokenizer

import smollm2 as smol
import tiny_models
from tiny_gguf import interleaved_rows

LIMIT = 1e-4


def tiny(folder: Path) -> None:
    print(f"{'model':18} {'max |diff|':>10} {'std':>5} {'max':>5} {'top p':>5} {'attn':>5}   types; mean KL of a slip")
    for spec in tiny_models.SPECS:
        path = folder / f"{spec.name}.gguf"
        golden = load_file(path.with_suffix(".safetensors"))
        ids, expected = golden["ids"], golden["logits"]
        assert ids.dtype == np.int32 and expected.dtype == np.float32
        assert expected.shape == (len(ids), tiny_models.VOCAB)
        model = smol.load_model(path)
        difference = np.abs(tiny_models.logits(model, ids) - expected).max()
        top = torch.from_numpy(expected).softmax(-1).amax(-1).mean()
        peak = attention_peak(model, ids)
        slips = ", ".join(f"{name} {mean_kl(expected, got):.2g}" for name, got in slips_of(model, spec, ids))
        kinds = " ".join(sorted({t.tensor_type.name for t in GGUFReader(path).tensors}))
        print(f"{spec.name:18} {difference:10.1e} {expected.std():5.2f} {np.abs(expected).max():5.1f} {top:5.2f} "
              f"{peak:5.2f}   {kinds}; {slips}", flush=True)
        assert difference < LIMIT, spec.name


def mean_kl(reference: np.ndarray, other: np.ndarray) -> float:
    p, q = (torch.from_numpy(x).double().log_softmax(-1) for x in (reference, other))
    return float((p.exp() * (p - q)).sum(-1).mean())


def attention_peak(model, ids: np.ndarray) -> float:
    """Mean greatest attention weight over the last 32 positions; uniform attention gives about 0.02."""
    with torch.no_grad():
        out = model(torch.from_numpy(ids.astype(np.int64))[None], output_attentions=True)
    return float(torch.stack(out.attentions)[..., -32:, :].amax(-1).mean())


def slips_of(model, spec: tiny_models.Spec, ids: np.ndarray):
    """(name, logits) of likely mistakes, to show that the goldens would catch them.

    Each slip is undone before the next, but for the last.
    """
    rope, attentions = model.model.rotary_emb, [layer.self_attn for layer in model.model.layers]

    frequencies = rope.inv_freq.clone()
    rope.inv_freq.copy_(10000.0 ** (-torch.arange(0, spec.head_dim, 2) / spec.head_dim))
    yield "rope base 1e4", tiny_models.logits(model, ids)
    rope.inv_freq.copy_(frequencies)

    for x in "qkv" if spec.arch == "qwen2" else "":
        biases = [getattr(attention, f"{x}_proj").bias.data for attention in attentions]
        kept = [bias.clone() for bias in biases]
        for bias in biases:
            bias.zero_()
        yield f"no {x} bias", tiny_models.logits(model, ids)
        for bias, values in zip(biases, kept):
            bias.copy_(values)

    for attention in attentions:
        for linear, heads in ((attention.q_proj, spec.heads), (attention.k_proj, spec.kv_heads)):
            linear.weight.data = linear.weight.data[interleaved_rows(heads, spec.head_dim)]
    yield "Q, K rows mistaken", tiny_models.logits(model, ids)


def smollm2(gguf: Path, folder: Path) -> None:
    smol.check(gguf)
    golden = load_file(folder / "smollm2.safetensors")
    tokenizer, template = smol.load_tokenizer(gguf)
    auto = auto_tokenizer(gguf)
    exact, rounded = smol.load_model(gguf), smol.load_model(gguf)
    for weight in rounded.parameters():
        weight.data = weight.data.bfloat16().float()

    print(f"\n{'text':8} {'tokens':>6} {'nll':>6} {'top mass':>8} {'f32 again':>10} "
          f"{'bf16 weights: KL':>16} {'by top ids':>10} {'same argmax':>11}")
    for name, text in smol.read_texts(template).items():
        part = {key.split(".")[1]: value for key, value in golden.items() if key.startswith(f"{name}.")}
        ids = part["ids"].tolist()
        assert tokenizer.encode(text).ids == ids == auto.encode(text, add_special_tokens=False)
        assert (part["top_ids"][:, 0] == part["argmax"]).all()
        again, other = (smol.log_probs(model, ids)[0][:-1] for model in (exact, rounded))
        top = torch.from_numpy(part["top_ids"]).long()
        noise = (again.gather(-1, top) - torch.from_numpy(part["top_logprobs"])).abs().max()
        full = (again.exp() * (again - other)).sum(-1).mean()
        short = top_kl(part["top_logprobs"], other.gather(-1, top).numpy())
        same = (other.argmax(-1).numpy() == part["argmax"]).mean()
        print(f"{name:8} {len(ids):6} {-part['next_logprobs'].mean():6.3f} "
              f"{np.exp(part['top_logprobs']).sum(-1).mean():8.4f} {noise:10.1e} {full:16.6f} {short:10.6f} {same:11.4f}",
              flush=True)

    greedy = json.loads((folder / "smollm2-greedy.json").read_text())
    assert tokenizer.encode(greedy["templated"]).ids == greedy["ids"]
    made = exact.generate(torch.tensor([greedy["ids"]]), max_new_tokens=smol.GREEDY_TOKENS, do_sample=False)
    assert made[0, len(greedy["ids"]):].tolist() == greedy["generated_ids"], "with a KV cache the answer differs"
    print(f"greedy, least margin {min(greedy['margins'])} nats: {greedy['text']!r}")


def auto_tokenizer(gguf: Path):
    """transformers' tokenizer of the file, with the digit split that it forgets."""
    auto = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    auto.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return auto


def top_kl(reference: np.ndarray, other: np.ndarray) -> float:
    """Mean KL divergence from log-probs [P, TOP] of the same ids, all other tokens as one bucket.

    A lower bound of the KL over the vocabulary, and close to it: see README.md.
    """
    p, q = (np.exp(x.astype(np.float64)) for x in (reference, other))
    rest_p, rest_q = (np.maximum(1 - x.sum(-1), 1e-12) for x in (p, q))
    return float(((p * np.log(p / q)).sum(-1) + rest_p * np.log(rest_p / rest_q)).mean())
