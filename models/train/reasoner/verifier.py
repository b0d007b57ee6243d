"""Trains the verifier on responses of both adapters that ship, with the adapter that wrote on or off over the verification
text, and counts votes on the evaluation sets."""

import gzip
import hashlib
import json
import math

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from . import answers, heads, setup
from .settings import evaluation_sets, read_rows, stage, write_json
from .wording import bound, think

MODES = ("adapter", "base")


def sample(parts, decoder, questions, samples, budget, is_stated, temperature, seed):
    """(prompts, responses), `samples` of each question within `budget` tokens, which the prompt states or not."""
    prompts = [p for p in parts.wording.prompts(questions, [budget if is_stated else None] * len(questions)) for _ in range(samples)]
    free = think(decoder, parts.wording, prompts, budget, temperature=temperature, seed=seed)
    return prompts, bound(decoder, parts.wording, prompts, free, [budget] * len(prompts))


def without_end(text, response):
    """The response's ids without what ended it: the end of the turn, or the line's end of a forced answer."""
    last = response.ids[-1]
    ends = last == text.end_of_turn or (response.forced and "\n" in text.decode([last]))
    return response.ids[:-1] if ends else response.ids


def states(run, parts, views, prompts, responses):
    """The verifier's input in each mode: {mode: [N, D]}."""
    append = parts.text.encode(run["wording"]["verify"])
    bodies = [p.ids + without_end(parts.text, r) for p, r in zip(prompts, responses)]
    sequences = [body + append for body in bodies]
    on = [len(p.ids) for p in prompts]
    stop = {"adapter": [len(s) for s in sequences], "base": [len(b) for b in bodies]}
    return {mode: heads.last_states(parts, sequences, on, stop[mode], views, run["verifier"]["batch_tokens"]) for mode in MODES}


def train(inputs, labels, held_inputs, held_labels, decays):
    """Logistic regression on standardised inputs, with the weight decay that fits the held-out labels best.

    Returns (weight [D], bias [1], the temperature they are divided by, the weight decay)."""
    best = None
    for decay in decays:
        weight, bias = torch.zeros(inputs.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
        optimizer = torch.optim.LBFGS([weight, bias], max_iter=100, line_search_fn="strong_wolfe")

        def loss():
            optimizer.zero_grad()
            value = F.binary_cross_entropy_with_logits(inputs @ weight + bias, labels) + decay / 2 * weight.square().sum()
            value.backward()
            return value

        optimizer.step(loss)
        with torch.no_grad():
            held = float(F.binary_cross_entropy_with_logits(held_inputs @ weight + bias, held_labels))
        if best is None or held < best[0]:
            best = (held, weight.detach(), bias.detach(), decay)
    _, weight, bias, decay = best
    divisor = heads.temperature(held_inputs @ weight + bias, held_labels)
    return weight / divisor, bias / divisor, divisor, decay


def vote(keys, weights):
    """The answer of greatest weight; ties go to the one seen first. None stands for no answer and never wins."""
    sums = {}
    for key, weight in zip(keys, weights):
        if key is not None:
            sums[key] = sums.get(key, 0.0) + weight
    return max(sums, key=sums.get) if sums else None


def best(keys, scores):
    """The answer of the highest score; ties go to the first."""
    order = sorted(range(len(keys)), key=lambda i: -scores[i])
    return next((keys[i] for i in order if keys[i] is not None), None)


def votes(keys, scores, wanted, counts):
    """Accuracy of each way to choose, by N; a problem's samples make as many votes of N as they can.

    keys and scores [problems][samples]."""
    out = {}
    for n in counts:
        sums = {"majority": 0.0, "weighted": 0.0, "best_of_n": 0.0, "some_right": 0.0}
        for k, s, w in zip(keys, scores, wanted):
            groups = [slice(start, start + n) for start in range(0, len(k) - n + 1, n)]
            for g in groups:
                sums["majority"] += (vote(k[g], [1.0] * n) == w) / len(groups)
                sums["weighted"] += (vote(k[g], s[g]) == w) / len(groups)
                sums["best_of_n"] += (best(k[g], s[g]) == w) / len(groups)
                sums["some_right"] += (w in k[g]) / len(groups)
        rates = {way: value / len(keys) for way, value in sums.items()}
        out[str(n)] = {way: round(rate, 4) for way, rate in rates.items()} | {"error": round(math.sqrt(rates["majority"] * (1 - rates["majority"]) / len(keys)), 4)}
    return out


def held_out(rows, share):
    """Which rows are held out [N]: whole families of the generated problems, as those to come are of families never seen; of
    the given ones the last."""
    generated = [i for i, row in enumerate(rows) if row["source"] == "synthetic"]
    given = [i for i, row in enumerate(rows) if row["source"] != "synthetic"]
    held = torch.zeros(len(rows), dtype=torch.bool)
    held[given[len(given) - int(share * len(given)) :]] = True
    names, count = sorted({rows[i]["family"] for i in generated}, key=lambda name: hashlib.sha256(name.encode()).digest()), 0
    while names and count < share * len(generated):
        family = names.pop()
        mine = [i for i in generated if rows[i]["family"] == family]
        held[mine], count = True, count + len(mine)
    return held


class Judged:
    """Responses to judge: `states` {mode: [N, D]}, `keys` what each answers, `labels` [N] whether that is right, `answered` [N]."""

    def __init__(self, run, parts, decoder, writer, rows, samples, seed):
        name, is_stated, budget = writer
        table = run["verifier"]
        adapter = parts.adapter(run, name)
        decoder.adapter(adapter)
        prompts, responses = sample(parts, decoder, [row["question"] for row in rows], samples, budget, is_stated, table["temperature"], seed)
        self.keys = [answers.in_response(parts.text.said(r.ids)) for r in responses]
        wanted = [answers.key(row["answer"]) for row in rows for _ in range(samples)]
        self.labels = torch.tensor([float(k == w) for k, w in zip(self.keys, wanted)])
        self.answered = torch.tensor([key is not None for key in self.keys])
        tokens, forced = sum(len(r.ids) for r in responses) / len(responses), sum(r.forced for r in responses) / len(responses)
        run.log(f"{name}: {len(rows)} problems, {len(responses)} samples, {tokens:.0f} tokens, right {self.labels.mean():.3f}, forced {forced:.3f}")
        self.states = states(run, parts, parts.lora.views(adapter.to(parts.base.dtype)), prompts, responses)
        run.log(f"{name}: hidden states")


def judge(run, sets, judged, scores, path):
    """Figures of each evaluation set, from the scores [N] of its samples; keys and scores are kept in a file."""
    n = run["verifier"]["samples"]
    keys = [judged.keys[i : i + n] for i in range(0, len(judged.keys), n)]
    grouped, wanted = scores.view(-1, n).tolist(), [answers.key(row["answer"]) for group in sets.values() for row in group]
    figures, start = {}, 0
    for name, group in sets.items():
        part, rows_of = slice(start, start + len(group)), slice(start * n, (start + len(group)) * n)
        answered = judged.answered[rows_of]
        mine, truth = scores[rows_of][answered], judged.labels[rows_of][answered]
        figures[name] = {"auc": heads.auc(mine, truth), "ece": heads.calibration(mine, truth)[0],
                         "votes": votes(keys[part], grouped[part], wanted[part], run["verifier"]["votes"])}  # fmt: skip
        start += len(group)
    with gzip.open(run.path(path), "wt") as file:
        json.dump({"keys": keys, "scores": grouped, "wanted": wanted}, file)
    return figures


def main():
    run = stage("verifier", __doc__.split("\n")[0])
    run.refuse_if_done("verifier.json")
    parts = setup.load(run)
    table, bundle = run["verifier"], run["bundle"]
    decoder = parts.decoder(run)
    rows = read_rows(run.options.data / "verifier.jsonl", table["problems"])
    sets = evaluation_sets(run)
    tests = [row for group in sets.values() for row in group]
    # It learns from both adapters, half of the samples each, and is measured on either.
    writers = ((bundle["default"], bundle["default_stated"], table["budget"]), ("sft", False, table["longest"]))
    each = table["samples"] // len(writers)
    learned = [Judged(run, parts, decoder, writer, rows, each, run["seed"] * 1000 + 11 + 2 * i) for i, writer in enumerate(writers)]
    measured = {writer[0]: Judged(run, parts, decoder, writer, tests, table["samples"], run["seed"] * 1000 + 12 + 2 * i) for i, writer in enumerate(writers)}

    # What has no answer is never verified: it neither trains nor counts in the figures, and has no vote.
    labels, answered = (torch.cat([getattr(judged, name) for judged in learned]) for name in ("labels", "answered"))
    is_held = held_out(rows, table["held_out"]).repeat_interleave(each).repeat(len(writers))
    train_rows, held = answered & ~is_held, answered & is_held
    if min(train_rows.sum(), held.sum()) < 2:
        raise SystemExit(f"{answered.sum()} of {len(answered)} samples have an answer, too few to learn from: the adapters are hardly trained")
    result, weights = {"modes": {}}, {}
    for mode in MODES:
        inputs = torch.cat([judged.states[mode] for judged in learned])
        standard = heads.Standard(inputs[train_rows])
        normal = standard(inputs)
        weight, bias, divisor, decay = train(normal[train_rows], labels[train_rows], normal[held], labels[held], table["weight_decays"])
        weight, bias = weights[mode] = standard.fold(weight, bias)
        score = lambda x: torch.sigmoid(x @ weight + bias)
        held_scores = score(inputs[held])
        error, bins = heads.calibration(held_scores, labels[held])
        figures = {"auc": heads.auc(held_scores, labels[held]), "loss": round(float(F.binary_cross_entropy(held_scores, labels[held])), 4),
                   "ece": error, "calibration": bins, "temperature": round(divisor, 3), "weight_decay": decay, "writers": {}}  # fmt: skip
        run.log(f"{mode}: AUC {figures['auc']} ECE {error} loss {figures['loss']} weight decay {decay}")
        for name, judged in measured.items():
            found = figures["writers"][name] = judge(run, sets, judged, score(judged.states[mode]), f"verifier/{mode}-{name}.json.gz")
            run.log(f"{mode}, {name}: " + "; ".join(f"{s} AUC {f['auc']} N={table['votes'][-2]} {f['votes'][str(table['votes'][-2])]}" for s, f in found.items()))
        result["modes"][mode] = figures
    shipped = min(MODES, key=lambda mode: result["modes"][mode]["loss"])
    weight, bias = weights[shipped]
    save_file({"verifier.w": weight.float().contiguous(), "verifier.b": bias.float().reshape(1).contiguous()}, run.path("verifier.safetensors"))
    result |= {"shipped": shipped, "problems": len(rows), "samples": table["samples"], "temperature": table["temperature"],
               "budgets": {name: budget for name, _, budget in writers}, "adapter": bundle["default"],
               "right": round(float(labels.mean()), 4), "answered": round(float(answered.float().mean()), 4), "seconds": round(run.seconds(), 1)}  # fmt: skip
    write_json(run.path("verifier.json"), result)
    run.log(f"done: mode {shipped} ships")


if __name__ == "__main__":
    main()
