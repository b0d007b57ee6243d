"""All training files of one seed. A row depends on its index alone, so the number of workers changes nothing but the time."""

import json
from functools import partial
from multiprocessing import Pool
from pathlib import Path

from . import gsm8k, gsm8k_varied, sources, svamp
from .chat import switcher_rows
from .families import JUDGED, TRAINED, problem
from .leaks import EVALUATION, Guard
from .text import normal, pieces, rng

TRAIN_STREAM, RL_STREAM, VERIFIER_STREAM, JUDGED_STREAM = 1, 2, 3, 4
SVAMP_STREAM, ORDER_STREAM, GSM8K_STREAM = 16, 32, 40  # each plus the file's stream
MAX_STEPS = 5


def synthetic(config, guard, stream, use, max_steps, index):
    """(the question normalised, the row), or None where it is too long or says the same as an evaluation problem."""
    r = rng(config["seed"], stream, index)
    row = problem(r, use=use, one_step_share=config["one_step_share"], concise_share=config["concise_share"], max_steps=max_steps)
    return None if pieces(row["thoughts"]) > config["max_thought_tokens"] or guard.leak(row["question"]) else (normal(row["question"]), row)


def svamp_rows(config, guard, stream, given, count, as_given):
    """SVAMP's problems whose operation could be found: first as they are (`as_given`), then with other numbers and names."""
    plans = []
    for row in given:
        plan = svamp.find_plan(row["question"], int(row["answer"])) if row["answer"].isdigit() else None
        if plan and not guard.leak(row["question"]):
            plans.append((row["question"], plan))
    rows, index = [], 0
    while len(rows) < count:
        r = rng(config["seed"], SVAMP_STREAM + stream, index)
        question, plan = plans[index % len(plans)]
        if index >= len(plans) or not as_given:
            question = svamp.varied(r, question, plan)
        if question and not guard.leak(question):
            rows.append(svamp.row(r, question, plan, config["concise_share"]))
        index += 1
    return rows


def gsm8k_rows(config, guard, count):
    """GSM8K's training problems as given, all of them before any comes again with other words for its thoughts."""
    trained = [row for row in sources.gsm8k()[0] if not guard.leak(row["question"])]
    rows, index, order = [], 0, []
    while len(rows) < count and index < 20 * len(trained):
        if not order:
            order = list(range(len(trained)))
            rng(config["seed"], GSM8K_STREAM, index).shuffle(order)
        row = gsm8k.row(rng(config["seed"], GSM8K_STREAM + 10, index), trained[order.pop()], config["concise_share"])
        if pieces(row["thoughts"]) <= config["max_thought_tokens"]:
            rows.append(row)
        index += 1
    return rows


def gsm8k_varied_rows(config, guard, stream, count, max_steps):
    """The traceable ones of GSM8K's training problems with other numbers."""
    traced = []
    for row in sources.gsm8k()[0]:
        try:
            found = gsm8k_varied.trace(row)
        except (gsm8k_varied.Opaque, ValueError):
            continue
        if len(found.lines) <= max_steps and not guard.leak(row["question"]):
            traced.append(found)
    rows, index = [], 0
    while len(rows) < count:
        r = rng(config["seed"], GSM8K_STREAM + stream, index)
        problem_ = gsm8k_varied.varied(r, traced[index % len(traced)])
        index += 1
        if problem_ and not guard.leak(problem_["question"]):
            row = gsm8k.row(r, problem_, config["concise_share"])
            if pieces(row["thoughts"]) <= config["max_thought_tokens"]:
                rows.append(row)
    return rows


def draw(pool, config, guard, stream, use, count, max_steps, taken):
    """`count` generated rows whose questions are not in `taken`, which grows by them."""
    rows, index = [], 0
    while len(rows) < count:
        want = count - len(rows) + 16
        for found in pool.imap(partial(synthetic, config, guard, stream, use, max_steps), range(index, index + want), chunksize=1000):
            if found and found[0] not in taken and len(rows) < count:
                taken.add(found[0])
                rows.append(found[1])
        index += want
    return rows


def new(rows, taken):
    """The rows whose questions are not in `taken`, which grows by them."""
    out = []
    for row in rows:
        key = normal(row["question"])
        if key not in taken:
            taken.add(key)
            out.append(row)
    return out


def bare(rows):
    return [{key: row[key] for key in ("question", "answer", "source", "family", "steps")} for row in rows]


def write(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def problems(pool, config, guard, stream, name, max_steps, taken):
    """Rows of the file `name`: its shares of real problems with other numbers, the rest generated; no question of `taken`.

    The verifier's are from its own part of SVAMP, and from its own families as far as their share goes."""
    count = config[name]
    trained, judged, _ = sources.svamp()
    rows = svamp_rows(config, guard, stream, judged if name == "verifier" else trained, int(count * config[f"{name}_svamp_share"]), as_given=name == "train")
    rows += gsm8k_varied_rows(config, guard, stream, int(count * config[f"{name}_gsm8k_varied_share"]), max_steps)
    rows = new(rows, taken)
    if name == "train":
        real = gsm8k_rows(config, guard, int(count * config["train_gsm8k_share"]))
        taken |= {normal(row["question"]) for row in real}
        rows += real
    if name == "verifier":
        rows += draw(pool, config, guard, JUDGED_STREAM, JUDGED, int((count - len(rows)) * config["verifier_judged_share"]), max_steps, taken)
    rows += draw(pool, config, guard, stream, TRAINED, count - len(rows), max_steps, taken)
    rng(config["seed"], ORDER_STREAM + stream, 0).shuffle(rows)
    return rows


def files(config, guard):
    """Rows of every file by its name; no two files share a question."""
    taken = set()
    with Pool(config["workers"]) as pool:
        train = problems(pool, config, guard, TRAIN_STREAM, "train", MAX_STEPS, taken)
        rl = problems(pool, config, guard, RL_STREAM, "rl", config["rl_max_steps"], taken)
        verifier = problems(pool, config, guard, VERIFIER_STREAM, "verifier", MAX_STEPS, taken)
    return {"train.jsonl": train, "rl.jsonl": bare(rl), "verifier.jsonl": bare(verifier), "switcher.jsonl": switcher_rows(config, guard)}


def build(config, out, evaluation=EVALUATION):
    """Writes all files to the folder `out`; what the problems in the folder `evaluation` say is left out. Returns the number of rows by file."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    made = files(config, Guard(evaluation))
    for name, rows in made.items():
        write(out / name, rows)
    return {name: len(rows) for name, rows in made.items()}
