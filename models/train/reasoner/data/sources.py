"""The committed real problems and their split in a part for training and a part for development."""

import gzip
import json
import random
from pathlib import Path

from .words import HELD_OUT_NAMES

FOLDER = Path(__file__).resolve().parents[2] / "data"
SVAMP_TRAINED, SVAMP_JUDGED, GSM8K_DEVELOPMENT, SPLIT_SEED = 400, 100, 200, 20261125


def lines(path):
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; it belongs to the repository, so check it out again")
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def whole(answer):
    """The answer as digits, `.0` dropped; None if it is no number."""
    text = answer.replace(",", "")
    try:
        value = float(text)
    except ValueError:
        return None
    return str(int(value)) if value == int(value) else text


def svamp():
    """(training part, the verifier's part, development part): the first 400, the next 100, the last 200."""
    rows = [{"question": " ".join(row["question"].split()), "answer": whole(row["answer"])} for row in lines(FOLDER / "svamp-700.jsonl")]
    judged = SVAMP_TRAINED + SVAMP_JUDGED
    return rows[:SVAMP_TRAINED], rows[SVAMP_TRAINED:judged], rows[judged:]


def gsm8k():
    """(training part, development part): 200 drawn by seed are for development. Training problems that show a held-out name are dropped."""
    rows = []
    for row in lines(FOLDER / "gsm8k-train.jsonl.gz"):
        answer = whole(row["answer"])
        if answer is not None:
            rows.append({"question": " ".join(row["question"].split()), "solution": row["solution"], "answer": answer})
    order = list(range(len(rows)))
    random.Random(SPLIT_SEED).shuffle(order)
    development = set(order[:GSM8K_DEVELOPMENT])
    trained = [row for i, row in enumerate(rows) if i not in development and not HELD_OUT_NAMES & set(row["question"].replace("'", " ").replace(",", " ").replace(".", " ").split())]
    return trained, [rows[i] for i in sorted(development)]
