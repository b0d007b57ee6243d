"""What the engine must compute with a bundle, in f32 on the CPU: tokens and scores of the switcher, scores of the verifier, greedy thoughts.

Scores are of hidden states whose keys and values are rounded to halves, which is how the engine keeps them.
"""

import argparse
import functools
import json
import os
from pathlib import Path

import torch
from safetensors.torch import load_file

from . import heads, peft_files, setup
from .decode import Decoder
from .model import layer, packed_attention
from .settings import Stage, read_json
from .switcher import last_user_turn
from .wording import think, user

FILE = Path(__file__).resolve().parents[3] / "tests/goldens/reasoner.json"
LINES = "Keep it short. Write plainly. Say what you mean, and leave out what nobody asked for. "
CHAT = [
    user("Hello! How are you today?"),
    user("What is the capital of Norway?"),
    user("Rewrite in simpler words: The committee deferred its decision."),
    user("Naïve café – what does “naïve” mean? 日本語でもいい？ 🙂"),
    [{"role": "system", "content": "You are a librarian."}, *user("Which book should I read on a rainy day?")],
    [*user("Nina has 14 pens and loses 5. How many are left?"), {"role": "assistant", "content": "9 pens are left."}, *user("Thank you, that is all.")],
    user(LINES * 7 + "What is a good title for a letter about a lost umbrella?"),
]
# (question, thoughts, answer)
SOLVED = [
    ("Omar has 23 stamps and buys 19 more. How many stamps does Omar have?", "23 + 19 = 42.", "42"),
    ("Omar has 23 stamps and buys 19 more. How many stamps does Omar have?", "23 + 19 = 32.", "32"),
    ("A ticket costs $7. How much do 6 tickets cost?", "Each of 6 tickets costs 7, so multiply. 6 * 7 = 42.\nThe result is 42.", "42"),
    ("A ticket costs $7. How much do 6 tickets cost?", "Add the two. 6 + 7 = 13.\nThe result is 13.", "13"),
    ("Lena read 12 pages on Monday and twice as many on Tuesday. How many pages did she read in all?", "Tuesday: 2 * 12 = 24. In all: 12 + 24 = 36.", "36"),
    ("Lena read 12 pages on Monday and twice as many on Tuesday. How many pages did she read in all?", "Tuesday: 2 * 12 = 24.", "24"),
    ("A rope of 60 meters is cut into 4 equal parts. How long is each part?", "60 / 4 = 15.\nCheck: 15 * 4 = 60.", "15 meters"),
    ("A rope of 60 meters is cut into 4 equal parts. How long is each part?", "60 - 4 = 56.", "56"),
    ("There were 50 birds on a roof. 18 flew away and 7 came back. How many are there now?", "50 - 18 = 32. 32 + 7 = 39.", "39"),
    ("There were 50 birds on a roof. 18 flew away and 7 came back. How many are there now?", "50 - 18 - 7 = 25.", "25"),
    ("A bag holds 3/4 kg of rice. How much do 4 bags hold?", "4 * 3/4 = 3.", "3 kg"),
    ("A bag holds 3/4 kg of rice. How much do 4 bags hold?", "I do not know.", "1/2"),
]
QUESTIONS = list(dict.fromkeys(question for question, *_ in SOLVED))[:5]
GREEDY, GREEDY_TOKENS = 4, 64


def layer_of_halves(h, base, lora, mask, cos, sin, starts, *shape):
    """`model.packed_layer` with keys and values in halves."""
    attend = packed_attention(starts)
    return layer(h, base, lora, mask, cos, sin, lambda q, k, v: attend(q, k.half().float(), v.half().float()), *shape)


class Watched(Decoder):
    """A decoder of one row that keeps how far each choice led, in nats."""

    def choose(self, logits, sampled):
        best = torch.log_softmax(logits[0].float(), -1).topk(2).values
        self.margins.append(round(float(best[0] - best[1]), 4))
        return super().choose(logits, sampled)


def switched(parts, manifest, tensors):
    """Conversations with what the switcher reads of them, and its score."""
    conversations = [*CHAT, *(user(question) for question in QUESTIONS)]
    found = [last_user_turn(parts.text, messages) for messages in conversations]
    table = manifest["switcher"]
    pooled = heads.pooled_states(parts, [ids for ids, _ in found], [turn for _, turn in found], table["chunk"], table["ema"], 1024)
    hidden = torch.relu(pooled @ tensors["switcher.w1"].T + tensors["switcher.b1"])
    scores = torch.sigmoid(hidden @ tensors["switcher.w2"] + tensors["switcher.b2"])
    return [{"messages": messages, "ids": ids, "turn": turn, "score": round(float(score), 6)} for messages, (ids, turn), score in zip(conversations, found, scores)]


def verified(parts, manifest, tensors, flat):
    """Solved problems with the verifier's score of the default adapter's reading of them."""
    wording, text = parts.wording, parts.text
    budget = manifest["budgets"]["default"] if manifest["adapters"][manifest["default_adapter"]]["budget_stated"] else None
    prompts = [wording.prompt(user(question), budget).ids for question, *_ in SOLVED]
    responses = [wording.response(text.encode(thoughts), text.encode(" " + answer))[:-1] for _, thoughts, answer in SOLVED]
    append = text.encode(manifest["verifier"]["append"])
    sequences = [p + r + append for p, r in zip(prompts, responses)]
    ends = [len(s) - (len(append) if manifest["verifier"]["mode"] == "base" else 0) for s in sequences]
    states = heads.last_states(parts, sequences, [len(p) for p in prompts], ends, parts.lora.views(flat), 1024)
    scores = torch.sigmoid(states @ tensors["verifier.w"] + tensors["verifier.b"])
    return [{"question": question, "budget": budget, "prompt_ids": p, "response": text.decode(r), "response_ids": r, "score": round(float(score), 6)}
            for (question, *_), p, r, score in zip(SOLVED, prompts, responses, scores)]  # fmt: skip


def thought(parts, flat):
    """The masked adapter's most likely responses: their ids, and how far each chosen token led the second."""
    wording = parts.wording
    prompts = [wording.prompt(user(question)) for question in QUESTIONS[:GREEDY]]
    positions = max(len(p.ids) for p in prompts) + GREEDY_TOKENS
    decoder = Watched(parts.base, parts.lora, parts.text.end_of_turn, slots=1, positions=positions, sync_every=1)
    decoder.adapter(flat)
    out = []
    for question, prompt in zip(QUESTIONS, prompts):
        decoder.margins = []
        (response,) = think(decoder, wording, [prompt], GREEDY_TOKENS)
        chosen = len(response.ids) - len(wording.begin)
        out.append({"question": question, "prompt_ids": prompt.ids, "forced": len(wording.begin), "ids": response.ids, "margins": decoder.margins[:chosen]})
    return out


def goldens(folder, model):
    manifest = read_json(folder / "bundle.json")
    options = argparse.Namespace(out=folder, device="cpu", model=model)
    parts = setup.load(Stage("goldens", options, manifest["training"]["configuration"]), torch.float32)
    if parts.sha256 != manifest["base"]["sha256"]:
        raise SystemExit(f"{folder} was made for a base of sha256 {manifest['base']['sha256']}, {model} has {parts.sha256}")
    parts.base.hidden_states = functools.partial(parts.base.hidden_states, run_layer=layer_of_halves)
    tensors = load_file(folder / manifest["heads"])
    adapter = lambda name: peft_files.read(folder / manifest["adapters"][name]["path"], parts.lora)
    with torch.no_grad():
        return {
            "bundle": manifest["name"],
            "files": {path: entry["sha256"] for path, entry in manifest["files"].items()},
            "base_sha256": manifest["base"]["sha256"],
            "verifier_mode": manifest["verifier"]["mode"],
            "verifier_append_ids": parts.text.encode(manifest["verifier"]["append"]),
            "switcher": switched(parts, manifest, tensors),
            "verifier": verified(parts, manifest, tensors, adapter(manifest["default_adapter"])),
            "greedy": thought(parts, adapter("verbose")),
        }


def lines(table):
    """JSON with each key, and each entry of a list of objects, on a line of its own."""
    compact = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    value = lambda v: "[\n" + ",\n".join(map(compact, v)) + "\n]" if isinstance(v, list) and isinstance(v[0], dict) else compact(v)
    return "{\n" + ",\n".join(f"{compact(key)}: {value(v)}" for key, v in table.items()) + "\n}\n"


def main():
    parser = argparse.ArgumentParser(prog="python -m reasoner.goldens", description=__doc__)
    parser.add_argument("--bundle", required=True, type=Path, help="the bundle's folder")
    parser.add_argument("--model", type=Path, default=os.environ.get("REASONER_MODEL"), help="the base's GGUF file (default: $REASONER_MODEL)")
    parser.add_argument("--file", type=Path, default=FILE, help="where to write (default: tests/goldens/reasoner.json)")
    options = parser.parse_args()
    if options.model is None:
        raise SystemExit("Which base? Give --model FILE.gguf or set REASONER_MODEL; README.md says where the file comes from.")
    options.file.write_text(lines(goldens(options.bundle, options.model)))


if __name__ == "__main__":
    main()
