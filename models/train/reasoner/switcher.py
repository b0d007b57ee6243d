"""Trains the switcher on two kinds of labels and ships the one that routes better.

Source labels say what a prompt is; measured benefit says whether the reasoner gets right what the base gets wrong.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

from . import answers, heads, setup
from .evaluate import base_responses
from .settings import EVALUATION, evaluation_sets, read_rows, stage, write_json
from .wording import bound, think, user

USER = "<|im_start|>user"
LABELS = ("source", "benefit")


def last_user_turn(text, messages):
    """(ids without generation prompt, index where the last user turn's header begins)."""
    rendered = text.render(messages, generation_prompt=False)
    return text.encode(rendered), len(text.encode(rendered[: rendered.rindex(USER)]))


def measure(run, parts, decoder, rows):
    """Whether base and reasoner are right on each row: two lists of true, false, or None where nothing can be checked."""
    table, wording, text = run["switcher"], parts.wording, parts.text
    checked = [i for i, row in enumerate(rows) if row["answer"] is not None]
    out = [[None] * len(rows), [None] * len(rows)]
    replies = base_responses(decoder, [wording.prompt(rows[i]["messages"]) for i in checked], table["chat_tokens"])
    stated = table["budget"] if run["bundle"]["default_stated"] else None
    prompts = [wording.prompt(rows[i]["messages"], stated) for i in checked]
    reasoned = bound(decoder, wording, prompts, think(decoder, wording, prompts, table["budget"]), [table["budget"]] * len(prompts))
    for i, reply, response in zip(checked, replies, reasoned):
        out[0][i] = answers.right(text.said(reply.ids), rows[i]["answer"], False)
        out[1][i] = answers.right(text.said(response.ids), rows[i]["answer"], True)
    return out


def train(inputs, labels, held_inputs, held_labels, table, seed):
    """The MLP on standardised inputs, as it was when the held-out loss was least."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(inputs.shape[1], table["hidden"]), nn.ReLU(), nn.Dropout(table["dropout"]), nn.Linear(table["hidden"], 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=table["rate"], weight_decay=table["weight_decay"])
    best, kept = None, None
    for _ in range(table["epochs"]):
        model.train()
        for part in torch.randperm(len(inputs)).split(512):
            noisy = inputs[part] + table["noise"] * torch.randn_like(inputs[part])
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(model(noisy)[:, 0], labels[part]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            loss = float(F.binary_cross_entropy_with_logits(model(held_inputs)[:, 0], held_labels))
        if best is None or loss < best:
            best, kept = loss, {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(kept)
    return model.eval(), best


def curve(scores, base, reasoner):
    """Accuracy when the k prompts of highest score are routed to the reasoner, for k = 0..N: [N + 1]."""
    order = torch.argsort(scores, descending=True, stable=True)
    gain = (reasoner - base)[order]
    return (base.sum() + torch.cat([torch.zeros(1), gain.cumsum(0)])) / len(base)


def routing(scores, base, reasoner):
    """The area between a curve and the line of random routing, and the oracle's."""
    line = torch.linspace(0, 1, len(base) + 1)
    area = lambda accuracy: float((accuracy - (accuracy[0] + line * (accuracy[-1] - accuracy[0]))).mean())
    mine, oracle = curve(scores, base, reasoner), curve(reasoner - base, base, reasoner)
    points = [round(share * len(base)) for share in [i / 10 for i in range(11)]]
    shown = lambda accuracy: [[round(k / len(base), 3), round(float(accuracy[k]), 4)] for k in points]
    return {"area": round(area(mine), 5), "oracle_area": round(area(oracle), 5), "share_of_oracle": round(area(mine) / max(area(oracle), 1e-9), 4),
            "none": round(float(mine[0]), 4), "all": round(float(mine[-1]), 4), "best": round(float(mine.max()), 4), "oracle_best": round(float(oracle.max()), 4),
            "curve": shown(mine), "oracle_curve": shown(oracle)}  # fmt: skip


def outcomes(rows, measured):
    """Outcomes as numbers; a prompt whose answer nobody can check is the base's."""
    number = lambda value, otherwise: otherwise if value is None else float(value)
    return tuple(torch.tensor([number(v, w) for v in side]) for side, w in zip(measured, (1.0, 0.0)))


def choose_threshold(scores, base, reasoner, tolerance):
    """The highest threshold whose accuracy is within `tolerance` of the best."""
    grid = [i / 100 for i in range(1, 100)]
    accuracy = [float(torch.where(scores >= t, reasoner, base).mean()) for t in grid]
    return max(t for t, a in zip(grid, accuracy) if a >= max(accuracy) - tolerance)


def threshold_table(scores, base, reasoner):
    rows = []
    for t in [i / 10 for i in range(1, 10)]:
        routed = scores >= t
        rows.append({"threshold": t, "routed": round(float(routed.float().mean()), 4), "accuracy": round(float(torch.where(routed, reasoner, base).mean()), 4)})
    return rows


def evaluation_rows(run):
    """The word problems of all sets and the chat prompts."""
    problems = [{"messages": user(row["question"]), "answer": row["answer"], "needs_reasoning": 1, "kind": name} for name, rows in evaluation_sets(run).items() for row in rows]
    return problems + read_rows(EVALUATION / "chat.jsonl", run["switcher"].get("chat"))


def main():
    run = stage("switcher", __doc__.split("\n")[0])
    run.refuse_if_done("switcher.json")
    parts = setup.load(run)
    table = run["switcher"]
    decoder = parts.decoder(run)
    decoder.adapter(parts.adapter(run, run["bundle"]["default"]))
    groups = {"train": [], "held_out": [], "evaluation": evaluation_rows(run)}
    for row in read_rows(run.options.data / "switcher.jsonl"):
        groups[row.get("split", "train")].append(row)
    groups["train"], groups["held_out"] = groups["train"][: table["rows"]], groups["held_out"][: table["rows"] // 4]
    inputs, measured = {}, {}
    for name, rows in groups.items():
        found = [last_user_turn(parts.text, row["messages"]) for row in rows]
        inputs[name] = heads.pooled_states(parts, [ids for ids, _ in found], [start for _, start in found], table["chunk"], table["ema"], table["batch_tokens"])
        measured[name] = measure(run, parts, decoder, rows)
        base, reasoner = outcomes(rows, measured[name])
        run.log(f"{name}: {len(rows)} prompts, base right {base.mean():.3f}, reasoner right {reasoner.mean():.3f} (unchecked prompts count for the base)")

    standard = heads.Standard(inputs["train"])
    labels = {name: {"source": torch.tensor([float(row["needs_reasoning"]) for row in rows]),
                     "benefit": torch.tensor([float(r is True and b is False) for b, r in zip(*measured[name])])} for name, rows in groups.items()}  # fmt: skip
    rows = groups["evaluation"]
    checked = torch.tensor([row["answer"] is not None for row in rows])
    result, models = {"labels": {}}, {}
    for kind in LABELS:
        model, loss = train(standard(inputs["train"]), labels["train"][kind], standard(inputs["held_out"]), labels["held_out"][kind], table, run["seed"])
        with torch.no_grad():
            scores = {name: torch.sigmoid(model(standard(x))[:, 0]) for name, x in inputs.items()}
        base, reasoner = outcomes(groups["held_out"], measured["held_out"])
        threshold = choose_threshold(scores["held_out"], base, reasoner, table["tolerance"])
        held = routing(scores["held_out"], base, reasoner)
        base, reasoner = outcomes(rows, measured["evaluation"])
        evaluated = routing(scores["evaluation"][checked], base[checked], reasoner[checked])
        chat = torch.tensor([row["needs_reasoning"] == 0 for row in rows])
        routed = scores["evaluation"] >= threshold
        result["labels"][kind] = {
            "held_out_loss": round(loss, 4), "threshold": threshold, "held_out": held, "evaluation": evaluated,
            "auc_source": heads.auc(scores["evaluation"], ~chat), "auc_benefit": heads.auc(scores["evaluation"], labels["evaluation"]["benefit"]),
            "routed_problems": round(float(routed[~chat].float().mean()), 4), "routed_chat": round(float(routed[chat].float().mean()), 4),
            "accuracy_at_threshold": round(float(torch.where(routed, reasoner, base)[checked].mean()), 4),
            "thresholds": threshold_table(scores["evaluation"][checked], base[checked], reasoner[checked]),
        }  # fmt: skip
        models[kind] = model
        run.log(f"{kind}: threshold {threshold}, area of oracle's {evaluated['share_of_oracle']} (held-out {held['share_of_oracle']}), at threshold {result['labels'][kind]['accuracy_at_threshold']}, routed problems {result['labels'][kind]['routed_problems']} chat {result['labels'][kind]['routed_chat']}")
    shipped = max(LABELS, key=lambda kind: result["labels"][kind]["held_out"]["area"])
    model = models[shipped]
    w1, b1 = standard.fold(model[0].weight.data, model[0].bias.data)
    tensors = {"switcher.w1": w1, "switcher.b1": b1, "switcher.w2": model[3].weight.data[0], "switcher.b2": model[3].bias.data}
    save_file({k: v.float().contiguous().clone() for k, v in tensors.items()}, run.path("switcher.safetensors"))
    result |= {"shipped": shipped, "prompts": {name: len(rows) for name, rows in groups.items()}, "checked": int(checked.sum()), "adapter": run["bundle"]["default"],
               "budget": table["budget"], "seconds": round(run.seconds(), 1)}  # fmt: skip
    write_json(run.path("switcher.json"), result)
    run.log(f"done: {shipped} labels ship")


if __name__ == "__main__":
    main()
