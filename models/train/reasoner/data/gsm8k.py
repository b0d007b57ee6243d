"""GSM8K's problems: their own solutions, with the sums that can be read spelled out in our style."""

import re

from .arithmetic import evaluate, spelled
from .reading import clauses, question_of
from .thoughts import again, restate

AMOUNT = r"\$?\d[\d,]*(?:\.\d+)?%?"
UNIT = r"(?: ?(?!x\b)[a-z]+(?:[ /][a-z]+)?)?"
SUM = re.compile(rf"(?<![\d.*/+x(-])({AMOUNT}{UNIT}(?: ?(?:[-+*/x×÷−]) ?{AMOUNT}{UNIT})+) ?= ?({AMOUNT})")
OPERAND = re.compile(r"\d[\d,]*(?:\.\d+)?%?")
OPERATOR = re.compile(r"(?<=[\d%a-z ])([-+*/x×÷−])(?= ?\$?\d)")
PLAIN = {"x": "*", "×": "*", "÷": "/", "−": "-"}
STARTS = ("The facts: {facts}.", "What we know: {facts}.", "We are told this: {facts}.", "From the problem: {facts}.", "Let me list what we know: {facts}.")
ASKED = ("The question: {asked}?", "We want to know {asked}.", "What is asked: {asked}?")


def spell_out(match):
    """One sum of whole numbers in our spelling; anything else stays as it was."""
    text, total = match[1], match[2]
    numbers = [n.replace(",", "") for n in OPERAND.findall(text)]
    operators = [PLAIN.get(o, o) for o in OPERATOR.findall(text)]
    if len(operators) != len(numbers) - 1 or any("." in n or "%" in n for n in [*numbers, total]) or len(numbers) > 4:
        return match[0]
    if len(set(operators) & set("*/")) and len(set(operators) & set("+-")):
        return match[0]
    try:
        values = [int(n) for n in numbers]
        goal, current, chains = int(total.replace("$", "").replace(",", "")), values[0], []
        for i, (op, value) in enumerate(zip(operators, values[1:])):
            chains.append(spelled(current, op, value))
            current = evaluate(current, op, value)
            if current < 0:
                return match[0]
    except ValueError:
        return match[0]
    if current != goal:
        return match[0]
    dollar = "$" if total.startswith("$") else ""
    text = ", and ".join(chains)
    return text[: len(text) - len(str(goal))] + dollar + str(goal)


def spaced(terms):
    """The operators in our signs, with a space on each side."""
    return " ".join(OPERATOR.sub(lambda match: f" {PLAIN.get(match[1], match[1])} ", terms).split())


def split_lines(solution):
    return [line.strip() for line in solution.split("\n") if line.strip()]


def row(r, problem, concise_share):
    """A training row; `thoughts` follow the given solution line by line."""
    lines = [re.sub(r"\$ (?=\d)", "$", line) for line in split_lines(problem["solution"])]
    is_concise = r.random() < concise_share
    if is_concise:
        thoughts = restate(r, problem["question"], "\n".join(lines))
    else:
        thoughts = restate(r, problem["question"], verbose(r, problem["question"], lines))
    return {"question": problem["question"], "thoughts": thoughts, "answer": problem["answer"], "source": "gsm8k", "family": "gsm8k",
            "steps": len(lines), "concise": is_concise}  # fmt: skip


def verbose(r, question, lines):
    sums = [f"{spaced(match[1])} = {match[2]}" for line in lines for match in SUM.finditer(line)]
    lines = [SUM.sub(spell_out, line) for line in lines]
    if r.random() < 0.45:
        lines = [f"Step {i + 1}: {line}" for i, line in enumerate(lines)]
    lines = [line if line[-1] in ".!:" else line + "." for line in lines]
    head = []
    facts, asked = clauses(question), question_of(question)
    if facts and len(" ".join(facts)) < 260 and r.random() < 0.8:
        head.append(r.choice(STARTS).format(facts="; ".join(facts)))
    if len(asked) < 160 and r.random() < 0.8:
        head.append(r.choice(ASKED).format(asked=asked))
    if sums and r.random() < 0.9:
        lines.append(again(r, sums))
    return "\n".join(head + lines)
