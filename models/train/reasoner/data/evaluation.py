"""`python -m reasoner.data.evaluation` writes the committed evaluation sets, from the same generator with names, objects and families that training never sees."""

import random

from . import gsm8k, sources
from .chat import evaluation_rows
from .build import write
from .families import HELD_OUT, TRAINED, problem
from .leaks import EVALUATION
from .text import normal
from .words import EVAL

SEED = 7_001
COUNTS = {"synthetic": 500, "families": 300}


def generated(count, use):
    rows, seen, index = [], set(), 0
    while len(rows) < count:
        row = problem(random.Random(SEED * 1_000_003 + (use == HELD_OUT) * 500_009 + index), split=EVAL, use=use)
        index += 1
        if normal(row["question"]) not in seen:
            seen.add(normal(row["question"]))
            rows.append({key: row[key] for key in ("question", "answer", "family", "steps")})
    return rows


def real(rows, family):
    """Rows of a development part; their steps are the lines of the given solution, one where none is given."""
    return [{"question": row["question"], "answer": row["answer"], "family": family, "steps": len(gsm8k.split_lines(row.get("solution", "-")))} for row in rows]


def sets():
    return {"synthetic": generated(COUNTS["synthetic"], TRAINED), "families": generated(COUNTS["families"], HELD_OUT), "svamp": real(sources.svamp()[2], "svamp"),
            "gsm8k": real(sources.gsm8k()[1], "gsm8k"), "chat": evaluation_rows()}


def main():
    EVALUATION.mkdir(parents=True, exist_ok=True)
    for name, rows in sets().items():
        write(EVALUATION / f"{name}.jsonl", rows)
        print(f"{name}: {len(rows)}")


if __name__ == "__main__":
    main()
