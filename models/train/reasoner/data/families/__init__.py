"""Families of word problems, and how one is drawn."""

import re
from bisect import bisect
from itertools import accumulate, product

from ..reading import question_of
from ..story import Story, Unfit
from ..thoughts import write
from ..words import TRAIN
from . import ages, averages, comparisons, composed, everyday, fractions, groups, held_out, levels, measures, moves, one_step, products, proportions, rates, ratios, tables, times  # noqa: F401  (they register their families)
from .first_person import as_question, as_thought, whose
from .registry import FAMILIES, HELD_OUT, JUDGED, TRAINED
from .scenery import decorate

MAX_STEPS, MAX_VALUE = 5, 100_000
FIRST_PERSON = 0.35  # of the stories that can be told so


def finish(story, name_of, concise_share):
    """The problem's row."""
    steps, used, unused = story.solution()
    if not 1 <= len(steps) <= MAX_STEPS or any(s.value > MAX_VALUE for s in steps):
        raise Unfit("too long or too large")
    question = assemble(story)
    facts, spare, asked = [q.fact for q in used if q.fact and not q.constant], [q.fact for q in unused if q.fact], story.asked
    name = whose(story, question) if story.chance(FIRST_PERSON) else None
    if name:
        question, asked = as_question(question, name), as_thought(asked, name)
        facts, spare = ([as_thought(fact, name) for fact in group] for group in (facts, spare))
        for step in steps:
            step.what, step.why = as_thought(step.what, name), as_thought(step.why, name)
    wording = question_of(question) if "?" in question and not name else None
    is_concise = story.chance(concise_share)
    thoughts = write(story.r, question, facts, spare, asked, steps, wording, is_concise)
    return {"question": question, "thoughts": thoughts, "answer": str(steps[-1].value), "source": "synthetic", "family": "+".join(story.kinds) or name_of,
            "steps": len(steps), "concise": is_concise}  # fmt: skip


PRONOUN = re.compile(r"\b(?:he|she|his|her|him|they|their|them|that|this|it)\b", re.I)
PLAIN_START = re.compile(r"(?:He|She|There|Each|Every|The|A|An|One) ")


def assemble(story):
    """Sentences and question as one text: the question last, seldom first, or joined to the last fact by an if."""
    r, body, question = story.r, story.sentences, story.question
    place = r.random()
    if place > 0.96 and not PRONOUN.search(story.asked):
        question = r.choice(("Find", "Work out", "Calculate", "Determine")) + f" {story.asked}."
    if place < 0.04 and not PRONOUN.search(question):
        return " ".join([question, *body])
    last = body[-1]
    if 0.04 <= place < 0.22 and len(body) > 1 and last.endswith(".") and ". " not in last and PLAIN_START.match(last) and question.startswith(("How", "What")):
        condition = "If " + last[0].lower() + last[1:]
        if place < 0.14:
            return " ".join([*body[:-1], condition[:-1] + ",", question[0].lower() + question[1:]])
        return " ".join([*body[:-1], condition, question])
    return " ".join([*body, question])


def table_of(group, use):
    """(names, running weights) of the families of a group, of all for None."""
    names = [name for name, (_, _, of) in FAMILIES[use].items() if group in (None, of)]
    return names, list(accumulate(FAMILIES[use][name][1] for name in names))


def told(r, split=TRAIN, use=TRAINED, one_step_share=0.35, concise_share=0.15, max_steps=MAX_STEPS):
    """(story, row) of a random family; a story whose numbers do not work out is begun anew."""
    group = None if use == HELD_OUT else "one_step" if r.random() < one_step_share else "composed"
    names, edges = TABLES[group, use]
    for _ in range(1000):
        name = names[bisect(edges, r.random() * edges[-1])]
        story = Story(r, split)
        try:
            FAMILIES[use][name][0](story)
            decorate(story)
            row = finish(story, name, concise_share)
        except Unfit:
            continue
        if row["steps"] <= max_steps:
            return story, row
    raise RuntimeError("no family yields a problem")


def problem(r, **options):
    """The row of a random problem; options as of `told`."""
    return told(r, **options)[1]


TABLES = {(group, use): table_of(group, use) for group, use in (*product(("one_step", "composed"), (TRAINED, JUDGED)), (None, HELD_OUT))}
