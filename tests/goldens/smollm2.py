"""Goldens of a real model: SmolLM2-135M-Instruct in Q4_1, dequantized and run in f32.

Two files: teacher-forced log-probs over the texts in texts/, and one greedy answer.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM
from transformers.utils.chat_template_utils import render_jinja_template

SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
HERE = Path(__file__).parent
TEXTS = ["prose", "chat", "problem", "code"]
TOP = 128
# Chosen among twenty: most answers of so small a model pass through a near tie, this one does not.
GREEDY_PROMPT = "Say the days of the week in order."
GREEDY_TOKENS = 24
# Kernels that sum in another order move a logit by far less than half of this.
LEAST_MARGIN = 0.2


def check(gguf: Path) -> None:
    found = hashlib.sha256(gguf.read_bytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{gguf.name} is another file: sha256 {found}, wanted {SHA256}")


def load_model(gguf: Path):
    return AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.float32, attn_implementation="eager"
    ).eval()


def load_tokenizer(gguf: Path) -> tuple[Tokenizer, str]:
    """The tokenizer and the chat template.

    Built here and not by AutoTokenizer, which overlooks that `smollm` splits off every digit.
    """
    fields = GGUFReader(gguf).fields
    read = lambda key: fields[f"tokenizer.{key}"].contents()
    assert read("ggml.pre") == "smollm" and not read("ggml.add_bos_token")
    tokens = read("ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in read("ggml.merges")]
    tokenizer = Tokenizer(models.BPE(vocab={t: n for n, t in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    specials = [t for t, kind in zip(tokens, read("ggml.token_type")) if kind == 3]
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in specials])
    return tokenizer, read("chat_template")


def render(template: str, messages: list[dict], ask: bool) -> str:
    rendered, _ = render_jinja_template([messages], chat_template=template, add_generation_prompt=ask)
    return rendered[0]


def read_texts(template: str) -> dict[str, str]:
    """Each text as the model sees it: no BOS (the file says add_bos_token = false), the dialogue in ChatML."""
    texts = {}
    for name in TEXTS:
        if name == "chat":
            texts[name] = render(template, json.loads((HERE / "texts/chat.json").read_text()), ask=False)
        else:
            texts[name] = (HERE / f"texts/{name}.txt").read_text()
    return texts


def log_probs(model, ids: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """f64 [T, vocab] log-probs after each token, and the f64 [T] log-sum-exp that was taken off the logits."""
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0].double()
    lse = logits.logsumexp(-1)
    return logits - lse[:, None], lse


def make(gguf: Path, folder: Path) -> None:
    check(gguf)
    model = load_model(gguf)
    tokenizer, template = load_tokenizer(gguf)
    make_teacher_forced(model, tokenizer, template, folder)
    make_greedy(model, tokenizer, template, folder)


def make_teacher_forced(model, tokenizer: Tokenizer, template: str, folder: Path) -> None:
    tensors = {}
    texts = read_texts(template)
    for name, text in texts.items():
        ids = tokenizer.encode(text).ids
        assert tokenizer.decode(ids, skip_special_tokens=False) == text
        all_log_probs, lse = log_probs(model, ids)
        # The last token has no next one: T tokens give P = T - 1 positions.
        all_log_probs, lse = all_log_probs[:-1], lse[:-1]
        top = all_log_probs.topk(TOP, dim=-1)
        following = torch.tensor(ids[1:])[:, None]
        tensors |= {
            f"{name}.ids": np.array(ids, np.int32),
            f"{name}.top_ids": top.indices.numpy().astype(np.int32),
            f"{name}.top_logprobs": top.values.numpy().astype(np.float32),
            f"{name}.next_logprobs": all_log_probs.gather(-1, following)[:, 0].numpy().astype(np.float32),
            f"{name}.argmax": all_log_probs.argmax(-1).numpy().astype(np.int32),
            f"{name}.logsumexp": lse.numpy().astype(np.float32),
        }
    metadata = {f"text.{name}": text for name, text in texts.items()} | {"model.sha256": SHA256}
    save_file(tensors, folder / "smollm2.safetensors", metadata=metadata)


def greedy(model, ids: list[int], count: int) -> list[int]:
    """Without a KV cache, so that each step is the plain forward pass."""
    made = []
    for _ in range(count):
        made.append(int(log_probs(model, ids + made)[0][-1].argmax()))
    return made


def margins(model, ids: list[int], made: list[int]) -> list[float]:
    """Nats between the first and the second choice at each generated token."""
    top = log_probs(model, ids + made)[0][len(ids) - 1 : -1].topk(2, dim=-1)
    assert top.indices[:, 0].tolist() == made
    return (top.values[:, 0] - top.values[:, 1]).tolist()


def make_greedy(model, tokenizer: Tokenizer, template: str, folder: Path) -> None:
    text = render(template, [{"role": "user", "content": GREEDY_PROMPT}], ask=True)
    ids = tokenizer.encode(text).ids
    made = greedy(model, ids, GREEDY_TOKENS)
    by = margins(model, ids, made)
    golden = {
        "model_sha256": SHA256,
        "prompt": GREEDY_PROMPT,
        "templated": text,
        "ids": ids,
        "generated_ids": made,
        "text": tokenizer.decode(made, skip_special_tokens=False),
        "margins": [round(m, 4) for m in by],
    }
    if min(by) < LEAST_MARGIN:
        raise SystemExit(f"near tie, choose another prompt: {golden['text']!r} {golden['margins']}")
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items()]
    (folder / "smollm2-greedy.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
