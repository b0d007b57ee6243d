"""SVAMP's problems with thoughts of our own. Only question and answer are given, so the operation is found by trying the question's numbers."""

import itertools
import re

from . import thoughts
from .arithmetic import evaluate
from .families.why import WHY
from .english import fill
from .reading import NUMBER, clauses, question_of, subject_of
from .story import Step
from .words import MEN, SVAMP_MEN, SVAMP_WOMEN, TRAIN, WOMEN

# plans are lists of (left, op, right); operands are indices of the question's numbers, or -1 for the step before
COMMUTES = "+*"


def numbers_of(question):
    return [int(m.group().replace(",", "")) for m in NUMBER.finditer(question) if "." not in m.group()]


def value_of(plan, numbers):
    """The plan's result with these numbers; ValueError if a step is not a whole number."""
    last = 0
    for left, op, right in plan:
        last = evaluate(last if left < 0 else numbers[left], op, last if right < 0 else numbers[right])
        if last < 0:
            raise ValueError("negative")
    return last


def one_step_plans(n):
    for i, j in itertools.permutations(range(n), 2):
        for op in "+-*/":
            if op in COMMUTES and i > j:
                continue
            yield [(i, op, j)]


def two_step_plans(n):
    for first in one_step_plans(n):
        (i, op, j) = first[0]
        rest = [k for k in range(n) if k not in (i, j)] or [i, j]
        for k in rest:
            for op2 in "+-*/":
                yield [(i, op, j), (-1, op2, k)]
                if op2 not in COMMUTES:
                    yield [(i, op, j), (k, op2, -1)]


def signature(plan):
    """Plans of the same sum in another order are the same plan."""
    if len(plan) == 2 and all(op in "+-" for _, op, _ in plan):
        (i, op, j), (left, op2, right) = plan
        signs = {i: 1, j: 1 if op == "+" else -1}
        if left >= 0:
            signs = {k: -s for k, s in signs.items()}
            signs[left] = signs.get(left, 0) + 1
        else:
            signs[right] = signs.get(right, 0) + (1 if op2 == "+" else -1)
        return tuple(sorted(signs.items()))
    if len(plan) == 2 and all(op == "*" for _, op, _ in plan):
        return tuple(sorted([plan[0][0], plan[0][2], plan[1][2]]))
    return tuple(plan)


def find_plan(question, answer):
    """The one plan of one step that gives the answer, else the one of two steps; None where there is none or more than one."""
    numbers = numbers_of(question)
    for plans in (one_step_plans, two_step_plans):
        found = {}
        for plan in plans(len(numbers)):
            try:
                if value_of(plan, numbers) == answer:
                    found.setdefault(signature(plan), plan)
            except ValueError:
                continue
        if len(found) == 1 and not (plans is two_step_plans and len(numbers) > 4):
            return next(iter(found.values()))
        if found:
            return None
    return None


def reason(op, asked):
    """The key of `WHY` that fits the operation and the question's words."""
    text = asked.lower()
    if op == "*":
        return "groups"
    if op == "/":
        return "share" if re.search(r"\b(each|every|per)\b", text) else "fill"
    if op == "-":
        if re.search(r"\b(need|short|missing)\b", text):
            return "missing"
        if re.search(r"\b(more|fewer|less|lesser|difference|longer|older|taller|farther|further|heavier|deeper)\b", text):
            return "difference"
        if re.search(r"\b(left|still|remain|now|have)\b", text):
            return "lose"
        return "missing"
    if re.search(r"\b(in all|altogether|total|together|now)\b", text):
        return "together"
    if re.search(r"\b(initially|at first|before|start|beginning|did .* have|had)\b", text):
        return "undo_loss"
    return "together"


# what a step before the last one finds, and its reason
BEFORE = {"+": ("together", "the two amounts together"), "-": ("missing", "what is left of the first amount"), "*": ("groups", "the number in all the groups"), "/": ("share", "the amount in one part")}


def row(r, question, plan, concise_share):
    """A training row of this question."""
    numbers = numbers_of(question)
    asked = question_of(question)
    parts = clauses(question)
    steps, last, used = [], 0, set()
    for i, (left, op, right) in enumerate(plan):
        a, b = (last if k < 0 else numbers[k] for k in (left, right))
        used |= {k for k in (left, right) if k >= 0}
        last = evaluate(a, op, b)
        final = i + 1 == len(plan)
        key, what = (reason(op, asked), subject_of(asked)) if final else BEFORE[op]
        steps.append(Step(what, a, op, b, last, fill(r, WHY[key], True, {"a": a, "b": b})))
    needed = {numbers[k] for k in used}
    facts = [p for p in parts if needed & set(numbers_of(p))]
    unused = [p for p in parts if not needed & set(numbers_of(p))]
    is_concise = r.random() < concise_share
    text = thoughts.write(r, question, facts, unused, subject_of(asked), steps, asked, is_concise, question_share=1.0)
    return {"question": question, "thoughts": text, "answer": str(last), "source": "svamp", "family": "svamp", "steps": len(plan), "concise": is_concise}


def varied(r, question, plan, tries=60):
    """The same problem with other numbers and names; None where no numbers fit."""
    old = numbers_of(question)
    base = value_of(plan, old)
    for _ in range(tries):
        new = [vary(r, n) for n in old]
        last = plan[-1]
        if last[1] == "/" and last[0] >= 0 and last[2] >= 0:
            quotient = vary(r, base)
            new[last[0]] = quotient * new[last[2]]
        try:
            value = value_of(plan, new)
        except ValueError:
            continue
        if value < 1 or value > 100_000 or 1 in new or len({(o, n) for o, n in zip(old, new)}) != len(set(old)) or (plan[-1][1] != "-" and value == 1):
            continue
        it = iter(new)
        return rename(r, NUMBER.sub(lambda m: m.group() if "." in m.group() else str(next(it)), question))
    return None


def vary(r, n):
    roof = r.choice((12, 30, 100)) if n < 100 else r.choice((100, 400, 1000))
    return r.randint(2, roof)


NAME = re.compile(r"\b(" + "|".join(sorted(SVAMP_WOMEN | SVAMP_MEN)) + r")\b")


def rename(r, question):
    """Other names of the same kind, so that pronouns stay right."""
    mapping = {}

    def other(m):
        if m[1] not in mapping:
            pool = [n for n in (WOMEN if m[1] in SVAMP_WOMEN else MEN)[TRAIN] if n not in mapping.values()]
            mapping[m[1]] = r.choice(pool)
        return mapping[m[1]]

    return NAME.sub(other, question)
