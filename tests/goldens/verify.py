"""Checks the goldens.

The tiny files are read back with transformers' own GGUF loader, which knows nothing of how
they were made: if its logits equal the goldens, the metadata, the names, the row order of Q
and K and the quantized blocks are right.

The adapters are read back and applied here without PEFT, to those same models and in one
pass over the whole sequence, where only the marked positions get what the adapter adds.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader
from safetensors import safe_open
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_torch_file
from tokenizers import pre_tokenizers
from transformers import AutoTokenizer

import adapters as lora
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


@dataclass
class Pair:
    """What an adapter adds to one linear: scale * B A x."""

    a: torch.Tensor
    b: torch.Tensor
    scale: float


def adapters(folder: Path) -> None:
    print(f"\n{'golden':34} {'max |diff|':>10} {'change':>6}   change by a slip")
    for model_name, (first, second) in lora.BATCHES.items():
        path = folder / "adapters" / f"{model_name}.safetensors"
        golden = load_file(path)
        ids, other_ids, prompt = golden["ids"], golden["other_ids"], int(golden["prompt"][0])
        switch = slice(*golden["switch"].tolist())
        with safe_open(path, "np") as file:
            assert file.metadata()["batch"].split() == [first, second]
        assert (ids[:prompt] == other_ids[:prompt]).all() and ids.dtype == np.uint32

        model = smol.load_model(folder / f"{model_name}.gguf")
        spec = lora.spec_of(model_name)
        base = tiny_models.logits(model, ids)
        compare("base", base, golden["base.logits"], base)
        off, on = np.zeros(len(ids), np.float32), np.ones(len(ids), np.float32)
        masked, switched = off.copy(), off.copy()
        masked[prompt:], switched[switch] = 1, 1

        for name in [adapter.name for adapter in lora.of_model(model_name)]:
            pairs, slips = read_peft(folder / "adapters" / name)
            expected = golden[f"on.{name}.logits"]
            slips = [(slip, masked_logits(model, other, ids, on)) for slip, other in slips]
            compare(f"on.{name}", masked_logits(model, pairs, ids, on), expected, base, slips)
            gguf = folder / "adapters" / name / f"{name}.gguf"
            if gguf.exists():
                straight, permuted = (read_lora_gguf(gguf, spec, permute) for permute in (False, True))
                right, wrong = (permuted, straight) if spec.arch == "llama" else (straight, permuted)
                slips = [("Q, K rows mistaken", masked_logits(model, wrong, ids, on))]
                compare(f"on.{name} (GGUF)", masked_logits(model, right, ids, on), expected, base, slips)
            if name == first:
                whole = golden[f"on.{name}.logits"][prompt:]
                got = masked_logits(model, pairs, ids, masked)
                part = got.copy()
                part[prompt:] = whole
                compare(f"masked.{name}", got, golden[f"masked.{name}.logits"], base, [("prompt adapted", part)])
                got = masked_logits(model, pairs, ids, switched)
                part = got.copy()
                part[switch.stop:] = base[switch.stop:]
                compare(f"switched.{name}", got, golden[f"switched.{name}.logits"], base, [("base anew after", part)])
                got = masked_logits(model, pairs, ids, on * float(golden["scale"][0]))
                compare(f"scaled.{name}", got, golden[f"scaled.{name}.logits"], base, [("not scaled", expected)])
            if name == second:
                got = masked_logits(model, pairs, other_ids, masked)
                compare(f"masked.{name} (other ids)", got, golden[f"masked.{name}.other_logits"],
                        tiny_models.logits(model, other_ids))
        mixed_batch(folder / "adapters", golden, first, second)


def compare(name: str, got: np.ndarray, expected: np.ndarray, base: np.ndarray, slips=()) -> None:
    """Prints relative norms of the differences: from the base, and of each slip from the golden."""
    change = lambda x, y: np.linalg.norm(x - y) / np.linalg.norm(y)
    difference = np.abs(got - expected).max()
    told = ", ".join(f"{slip} {change(logits, expected):.2g}" for slip, logits in slips)
    print(f"{name:34} {difference:10.1e} {change(expected, base):6.2f}   {told}", flush=True)
    assert difference < LIMIT, name
    assert name == "base" or change(expected, base) > 0.1, name


def read_peft(folder: Path):
    """({module: Pair}, [(slip, the pairs with it)]) of a PEFT folder, by what its files say alone."""
    config = json.loads((folder / "adapter_config.json").read_text())
    tensors = load_torch_file(folder / "adapter_model.safetensors")

    def pairs(patterns: bool = True, rslora: bool = True, rank: int | None = None) -> dict[str, Pair]:
        found = {}
        for name, a in tensors.items():
            if ".lora_A." not in name:
                continue
            module = name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
            fits = (alpha for key, alpha in config["alpha_pattern"].items()
                    if patterns and (module == key or module.endswith(f".{key}")))
            by = rank or len(a)
            scale = next(fits, config["lora_alpha"]) / (by**0.5 if rslora and config["use_rslora"] else by)
            found[module] = Pair(a.float(), tensors[name.replace("lora_A", "lora_B")].float(), scale)
        return found

    slips = [("no scale", {name: Pair(pair.a, pair.b, 1.0) for name, pair in pairs().items()})]
    if config["use_rslora"]:
        slips = [("no rslora", pairs(rslora=False))]
    if config["alpha_pattern"]:
        slips = [("one alpha", pairs(patterns=False)), ("one rank", pairs(rank=config["r"]))]
    return pairs(), slips


def read_lora_gguf(path: Path, spec: tiny_models.Spec, permuted: bool) -> dict[str, Pair]:
    """{module: Pair} of a GGUF adapter, with the rows of B for Q and K in transformers' order."""
    reader = GGUFReader(path)
    text = {"general.type": "adapter", "adapter.type": "lora", "general.architecture": spec.arch}
    assert all(reader.fields[key].contents() == value for key, value in text.items())
    alpha = reader.fields["adapter.lora.alpha"].contents()
    tensors = {tensor.name: torch.tensor(tensor.data).float() for tensor in reader.tensors}
    names = tiny_models.tensor_names(spec)
    found = {}
    for name, a in tensors.items():
        if not name.endswith(".lora_a"):
            continue
        weight = name.removesuffix(".lora_a")
        b = tensors[f"{weight}.lora_b"]
        heads = {"attn_q": spec.heads, "attn_k": spec.kv_heads}.get(weight.split(".")[2])
        if permuted and heads:
            b = b.reshape(heads, spec.head_dim // 2, 2, -1).transpose(1, 2).reshape(b.shape)
        found[names[weight].removesuffix(".weight")] = Pair(a, b, alpha / len(a))
    return found


def masked_logits(model, pairs: dict[str, Pair], ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The logits where position p gets mask[p] times what the adapter adds, all in one pass."""
    mask = torch.from_numpy(mask)[:, None]

    def hook(pair: Pair):
        return lambda _, inputs, output: output + mask * pair.scale * (inputs[0] @ pair.a.T @ pair.b.T)

    hooks = [model.get_submodule(name).register_forward_hook(hook(pair)) for name, pair in pairs.items()]
    try:
        return tiny_models.logits(model, ids)
    finally:
        for handle in hooks:
            handle.remove()


def mixed_batch(folder: Path, golden: dict, first: str, second: str) -> None:
    """PEFT itself, with both sequences in one batch and an adapter for each."""
    model = lora.load(folder, first, second)
    tokens = torch.from_numpy(np.stack([golden["ids"], golden["other_ids"]]).astype(np.int64))
    prompt = int(golden["prompt"][0])
    with torch.no_grad():
        begun = model(tokens[:, :prompt], adapter_names=["__base__"] * 2, use_cache=True)
        ended = model(tokens[:, prompt:], adapter_names=[first, second], past_key_values=begun.past_key_values)
    got = torch.cat([begun.logits, ended.logits], 1).numpy()
    expected = np.stack([golden[f"masked.{first}.logits"], golden[f"masked.{second}.other_logits"]])
    difference = np.abs(got - expected).max()
    print(f"{f'{first} + {second}':34} {difference:10.1e}", flush=True)
    assert difference < LIMIT


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
