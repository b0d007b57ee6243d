"""Accuracy and length of every setting on the committed problems, greedy, at caps on the whole response.

One file a setting in OUT/evaluate: a stopped stage goes on with the next.
"""

import gzip
import json
import math

from . import answers, setup
from .decode import Request
from .settings import evaluation_sets, stage, write_json
from .wording import Response, bound, think

STEP_BY_STEP = "\nThink step by step, then finish with a line 'Answer: <number>'."
NONE = "none"

# Name: (adapter or None, where it is on, whether the cap is stated in the prompt, text behind the question)
SETTINGS = {
    "base-direct": (None, None, False, ""),
    "base-step-by-step": (None, None, False, STEP_BY_STEP),
    "sft": ("sft", "response", False, ""),
    "sft-stated": ("sft", "response", True, ""),
    "sft-unmasked-own-kv": ("sft-unmasked", "prompt", False, ""),
    "sft-unmasked-shared-kv": ("sft-unmasked", "response", False, ""),
}


def settings(stage):
    """All settings; those of the budget-forced adapters by the configuration's KL weights."""
    return SETTINGS | {grpo_name(kl): (grpo_name(kl), "response", True, "") for kl in stage["grpo"]["kl"]}


def grpo_name(kl):
    return f"grpo-kl-{kl:g}"


def score(text, wording, rows, responses, reasoned):
    """Figures of one set at one cap. `outside_think`: the share of tokens behind the think block, of responses that close it."""
    right = [answers.right(text.said(r.ids), row["answer"], reasoned) for row, r in zip(rows, responses)]
    lengths = [len(r.ids) for r in responses]
    accuracy = sum(right) / len(rows)
    figures = {"problems": len(rows), "accuracy": round(accuracy, 4), "error": round(math.sqrt(accuracy * (1 - accuracy) / len(rows)), 4),
               "tokens": round(sum(lengths) / len(rows), 1), "ended": round(sum(r.ended for r in responses) / len(rows), 4)}  # fmt: skip
    if reasoned:
        closed = [r.ids for r in responses if wording.closed(r.ids)]
        outside = sum(len(ids) - thought_tokens(text, wording, ids) for ids in closed)
        figures |= {"forced": round(sum(r.forced for r in responses) / len(rows), 4), "closed": round(len(closed) / len(rows), 4),
                    "outside_think": round(outside / max(1, sum(map(len, closed))), 4)}  # fmt: skip
    return figures, right


def thought_tokens(text, wording, ids):
    """Tokens to the end of the think block; 0 without an end."""
    whole = text.decode(ids)
    at = whole.find(wording.table["think_close"])
    if at < 0:
        return 0
    # The closing is written in tokens of its own, so what follows it is re-encoded alone.
    return len(ids) - len(text.encode(whole[at + len(wording.table["think_close"]) :]))


def evaluate(run, parts, decoder, name, sets):
    adapter, where, stated, behind = settings(run)[name]
    table, text, wording = run["evaluate"], parts.text, parts.wording
    rows = [row for group in sets.values() for row in group]
    questions = [row["question"] + behind for row in rows]
    if adapter:
        decoder.adapter(parts.adapter(run, adapter))
    caps = [*table["caps"], NONE] if adapter else [NONE]
    longest, result, greedy = table["longest"], {}, None
    for cap in caps:
        if cap != NONE and cap < wording.smallest:
            continue
        if adapter is None:
            prompts = wording.prompts(questions)
            responses = base_responses(decoder, prompts, table["base_longest"])
        elif stated and cap != NONE:
            prompts = wording.prompts(questions, [cap] * len(rows))
            responses = bound(decoder, wording, prompts, think(decoder, wording, prompts, cap, where), [cap] * len(rows), where)
        else:
            prompts = wording.prompts(questions)
            greedy = greedy or think(decoder, wording, prompts, longest, where)
            responses = greedy if cap == NONE else bound(decoder, wording, prompts, greedy, [cap] * len(rows), where)
        result[str(cap)], start, kept = {}, 0, {}
        for group, members in sets.items():
            part = responses[start : start + len(members)]
            figures, right = score(text, wording, members, part, adapter is not None)
            result[str(cap)][group] = figures
            kept[group] = [{"ids": r.ids, "right": ok} for r, ok in zip(part, right)]
            start += len(members)
        run.log(f"{name} cap {cap}: " + ", ".join(f"{g} {100 * f['accuracy']:.1f} % / {f['tokens']:.0f}" for g, f in result[str(cap)].items()))
        if cap in (NONE, table["default_cap"]):
            with gzip.open(run.path(f"evaluate/{name}.{cap}.responses.json.gz"), "wt") as file:
                json.dump(kept, file)
    return result


def base_responses(decoder, prompts, longest):
    """The base's own replies, without a think block."""
    requests = [Request(p.ids, None, longest) for p in prompts]
    decoder.generate(requests)
    return [Response(r.tokens, r.ended) for r in requests]


def main():
    run = stage("evaluate", __doc__.split("\n")[0], ("--settings", {"nargs": "*", "help": "only these settings (default: all whose adapter is there)"}))
    chosen = run.options.settings or [n for n, (adapter, *_) in settings(run).items() if adapter is None or run.path(adapter).exists()]
    todo = [n for n in chosen if not run.path(f"evaluate/{n}.json").exists()]
    if not todo:
        raise SystemExit(f"all of {', '.join(chosen)} are in {run.path('evaluate')}: delete a file there to run its setting again.")
    parts = setup.load(run)
    decoder, sets = parts.decoder(run), evaluation_sets(run)
    for name in todo:
        begun = run.seconds()
        caps = evaluate(run, parts, decoder, name, sets)
        write_json(run.path(f"evaluate/{name}.json"), {"caps": caps, "seconds": round(run.seconds() - begun, 1)})


if __name__ == "__main__":
    main()
