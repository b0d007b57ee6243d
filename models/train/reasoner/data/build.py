"""All training files of one seed. A row depends on its index alone, so the number of workers changes nothing but the time."""

import json
from functools import partial
from multiprocessing import Pool
from pathlib import Path

from . import gsm8k, sources, svamp
from .chat import switcher_rows
from .families import problem
from .text import normal, rng

TRAIN_STREAM, RL_STREAM, VERIFIER_STREAM = 1, 2, 3


def synthetic(config, stream, max_steps, index):
    r = rng(config["seed"], stream, index)
    return problem(r, one_step_share=config["one_step_share"], concise_share=config["concise_share"], max_steps=max_steps)


def svamp_plans():
    trained = sources.svamp()[0]
    plans = [(row["question"], svamp.find_plan(row["question"], int(row["answer"]))) for row in trained if row["answer"].isdigit()]
    return [(question, plan) for question, plan in plans if plan]


def svamp_rows(config, count, stream, plain=True):
    """SVAMP's training problems, first as they are, then varied."""
    plans, rows, index = svamp_plans(), [], 0
    while len(rows) < count:
        r = rng(config["seed"], stream + 16, index)
        question, plan = plans[index % len(plans)]
        if index >= len(plans) or not plain:
            question = svamp.varied(r, question, plan)
        if question:
            rows.append(svamp.row(r, question, plan, config["concise_share"], "svamp"))
        index += 1
    return rows


def gsm8k_rows(config, count):
    trained, rows, index = sources.gsm8k()[0], [], 0
    order = list(range(len(trained)))
    while len(rows) < count and index < 20 * len(trained):
        if index % len(trained) == 0:
            rng(config["seed"], 40, index).shuffle(order)
        row = gsm8k.row(rng(config["seed"], 41, index), trained[order[index % len(trained)]], config["concise_share"])
        if len(row["thoughts"].split()) <= config["max_thought_words"]:
            rows.append(row)
        index += 1
    return rows


def draw(pool, config, stream, count, max_steps, taken):
    """`count` generated rows whose questions are not in `taken`, which grows by them."""
    rows, index = [], 0
    while len(rows) < count:
        want = count - len(rows)
        for row in pool.map(partial(synthetic, config, stream, max_steps), range(index, index + want), chunksize=500):
            key = normal(row["question"])
            if key not in taken:
                taken.add(key)
                rows.append(row)
        index += want
    return rows


def bare(row):
    return {key: row[key] for key in ("question", "answer", "source", "family", "steps")}


def new(rows, taken):
    out = []
    for row in rows:
        key = normal(row["question"])
        if key not in taken:
            taken.add(key)
            out.append(row)
    return out


def write(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def files(config, forbidden):
    """Rows of every file by its name; no question of `forbidden` is among them."""
    taken = set(forbidden)
    n_svamp, n_gsm8k = int(config["train"] * config["svamp_share"]), int(config["train"] * config["gsm8k_share"])
    with Pool(config["workers"]) as pool:
        train = new(svamp_rows(config, n_svamp, TRAIN_STREAM), taken)
        real = gsm8k_rows(config, n_gsm8k)
        taken |= {normal(row["question"]) for row in real}
        train += real
        train += draw(pool, config, TRAIN_STREAM, config["train"] - len(train), 5, taken)
        rl = new(svamp_rows(config, config["rl"] // 5, RL_STREAM, plain=False), taken)
        rl += draw(pool, config, RL_STREAM, config["rl"] - len(rl), config["rl_max_steps"], taken)
        verifier = new(svamp_rows(config, config["verifier"] // 4, VERIFIER_STREAM, plain=False), taken)
        verifier += draw(pool, config, VERIFIER_STREAM, config["verifier"] - len(verifier), 5, taken)
    for stream, rows in ((TRAIN_STREAM, train), (RL_STREAM, rl), (VERIFIER_STREAM, verifier)):
        rng(config["seed"], stream + 32, 0).shuffle(rows)
    return {"train.jsonl": train, "rl.jsonl": [bare(row) for row in rl], "verifier.jsonl": [bare(row) for row in verifier]}


def build(config, out, evaluation):
    """Writes all files to the folder `out`; `evaluation` is the folder of the evaluation sets, whose questions are left out."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    forbidden = {normal(row["question"]) for path in sorted(Path(evaluation).glob("*.jsonl")) for row in sources.lines(path) if "question" in row}
    made = files(config, forbidden)
    made["switcher.jsonl"] = switcher_rows(config)
    for name, rows in made.items():
        write(out / name, rows)
    return {name: len(rows) for name, rows in made.items()}
