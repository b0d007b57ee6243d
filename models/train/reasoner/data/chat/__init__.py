"""Prompts for the switcher: word problems, which need reasoning (1), and chat, which does not (0).

Every list is split in three parts without overlap: `train`, `held_out` (the switcher's own held-out part) and `eval` (the committed evaluation set).
"""

from .. import sources
from ..families import problem
from ..text import normal, rng
from ..words import EVAL, TRAIN
from . import prompts
from .facts import FACTS

HELD_OUT, SEED, SHARE = "held_out", 7_003, 0.2
RESIDUES = {TRAIN: (0, 1, 2), HELD_OUT: (3,), EVAL: (4,)}


def part(items, split):
    """This split's part of a list."""
    return [item for i, item in enumerate(items) if i % 5 in RESIDUES[split]]


def filled(templates, fillers):
    def make(r, split):
        return r.choice(part(templates, split)).format(x=r.choice(part(fillers, split))), None

    return make


def fact(r, split):
    _, templates, facts = r.choice(FACTS)
    x, answer = r.choice(part(facts, split))
    text = r.choice(part(templates, split)).format(x=x)
    return text[:1].upper() + text[1:], answer


def greeting(r, split):
    return r.choice(part(prompts.GREETINGS, split)), None


def numbered(r, split):
    hour = r.randint(7, 11)
    text = r.choice(part(prompts.NUMBERED, split)).format(h=f"{hour}:{r.choice(('00', '15', '30', '45'))}", d=r.randint(4, 20), m=r.randint(12, 480), y=r.randint(1850, 2020), a=r.randint(24, 90), n=r.randint(100, 990), k=r.randint(3, 9))
    return text, None


def trivial(r, split):
    """Sums that even a small model may know."""
    plus, times_ = r.random() < 0.6, r.random() < 0.2
    a, b = r.randint(2, 9), r.randint(1, 9)
    if times_:
        a, b, word, value = r.randint(2, 5), r.randint(2, 5), r.choice(("times", "x")), None
        value = a * b
    elif plus:
        word, value = r.choice(("+", "plus")), a + b
    else:
        a, b = max(a, b), min(a, b)
        word, value = r.choice(("-", "minus")), a - b
    return r.choice(part(prompts.TRIVIAL, split)).format(a=a, b=b, plus=word), str(value)


def about_problem(r, split):
    """A word problem's text with another wish than its answer."""
    return r.choice(part(prompts.ABOUT, split)).format(x=problem(r, split=EVAL if split == EVAL else TRAIN)["question"]), None


KINDS = {
    "fact": (6, fact), "greeting": (2, greeting), "explanation": (3, filled(prompts.EXPLAIN, prompts.TOPICS)), "opinion": (2, filled(prompts.OPINION, prompts.THINGS)), "writing": (3, filled(prompts.WRITE, prompts.THINGS + prompts.TOPICS)),
    "rewriting": (3, filled(prompts.REWRITE, prompts.SENTENCES)), "how_to": (2, filled(prompts.HOW, prompts.HOW_TO)), "numbered": (4, numbered), "trivial": (1.5, trivial),
    "about_problem": (1.5, about_problem),
}


def solved(r):
    """An earlier turn with a word problem and its answer."""
    row = problem(r)
    return row["question"], r.choice(("The answer is {a}.", "It is {a}.", "Answer: {a}", "{a}")).format(a=row["answer"])


def turns(r, split, content):
    """The prompt as messages, now and then after an earlier turn or two."""
    count = r.choice((0, 0, 0, 0, 1, 1, 2))
    earlier = r.sample(part(prompts.FIRST_TURNS, split), count)
    if count and split != EVAL and r.random() < 0.3:
        earlier[-1] = solved(r)
    messages = [{"role": role, "content": text} for turn in earlier for role, text in zip(("user", "assistant"), turn)]
    return [*messages, {"role": "user", "content": content}]


def chat_row(r, split, kind=None):
    kind = kind or r.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
    content, answer = KINDS[kind][1](r, split)
    return {"messages": turns(r, split, content), "needs_reasoning": 0, "answer": answer, "kind": kind}


def problem_row(r, split, real):
    """A word problem of any source, often in the words of a chat."""
    source = r.random()
    if source < 0.6 or not real:
        row = problem(r)
        kind, question, answer = "synthetic", row["question"], row["answer"]
    else:
        kind, question, answer = r.choice(real)
    chatty = r.random() < 0.5
    content = r.choice(prompts.BEFORE) + question + r.choice(prompts.AFTER) if chatty else question
    return {"messages": turns(r, split, content), "needs_reasoning": 1, "answer": answer, "kind": kind}


def distinct(rows):
    seen, out = set(), []
    for row in rows:
        key = " / ".join(normal(message["content"]) for message in row["messages"])
        if key not in seen:
            seen.add(key)
            out.append(row)
    return out


def switcher_rows(config, guard):
    """Rows with `split` train or held_out, without what the `guard` knows as an evaluation problem."""
    trained = [("gsm8k", row["question"], row["answer"]) for row in sources.gsm8k()[0]] + [("svamp", row["question"], row["answer"]) for row in sources.svamp()[0]] * 4
    real = {TRAIN: [row for i, row in enumerate(trained) if i % 5], HELD_OUT: trained[::5]}
    rows = []
    for split, count in ((TRAIN, int(config["switcher"] * (1 - SHARE))), (HELD_OUT, int(config["switcher"] * SHARE))):
        made, index = [], 0
        while len(made) < count and index < 40 * count:
            r = rng(config["seed"], 50 if split == TRAIN else 51, index)
            row = problem_row(r, split, real[split]) if index % 2 else chat_row(r, split)
            index += 1
            if not guard.leak(row["messages"][-1]["content"]):
                made.append({**row, "split": split})
            if len(made) == count:
                made = distinct(made)
        rows += made
    return rows


def evaluation_rows(count=200):
    """Chat prompts of the evaluation part."""
    rows, index = [], 0
    while len(rows) < count:
        rows = distinct([*rows, chat_row(rng(SEED, 52, index), EVAL)])
        index += 1
    return rows
