"""Prompts for the switcher: word problems (1) and chat that needs no reasoning (0). A first, small version."""

from .text import rng
from .families import problem
from .words import TRAIN

CAPITALS = {TRAIN: {"France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Japan": "Tokyo", "Egypt": "Cairo", "Canada": "Ottawa", "Greece": "Athens", "Peru": "Lima"},
            "eval": {"Norway": "Oslo", "Kenya": "Nairobi", "Portugal": "Lisbon", "Austria": "Vienna"}}
GREETINGS = ("Hello!", "Hi there, how are you?", "Good morning!", "Hey, nice to meet you.", "Thanks a lot, that was helpful!")
OPINIONS = ("What do you think about rainy days?", "Which do you like better, tea or coffee?", "Tell me a joke.", "Recommend a good book for a long trip.")


def chat_row(r, split):
    kind = r.choice(("fact", "greeting", "opinion"))
    if kind == "fact":
        country = r.choice(list(CAPITALS[split]))
        return {"messages": [{"role": "user", "content": f"What is the capital of {country}?"}], "needs_reasoning": 0, "answer": CAPITALS[split][country], "kind": "fact"}
    return {"messages": [{"role": "user", "content": r.choice(GREETINGS if kind == "greeting" else OPINIONS)}], "needs_reasoning": 0, "answer": None, "kind": kind}


def switcher_rows(config):
    rows = []
    for i in range(config["switcher"]):
        r = rng(config["seed"], 9, i)
        if r.random() < 0.5:
            p = problem(r)
            rows.append({"messages": [{"role": "user", "content": p["question"]}], "needs_reasoning": 1, "answer": p["answer"], "kind": "synthetic"})
        else:
            rows.append(chat_row(r, TRAIN))
    return rows


def evaluation_rows():
    return [chat_row(rng(7001, 10, i), "eval") for i in range(200)]
