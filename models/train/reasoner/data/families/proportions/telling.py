"""How these families tell, ask, and join sentences."""

import re

from ...english import choose, parse
from ...story import Unfit

CONNECTIVE = re.compile(r"^(?:But|Then|Also|Luckily,|So|After that,?) ")
PRESENT = re.compile(r"[.;] |\b(?:can|must|will|would|could|if|when|until|have to|has|wants|fits?|make|gives?|needs?\?|work)\b|what is|What is|remain|what remains|stays?\b")
PAST = {"do": "did", "does": "did", "is": "was", "are": "were"}
AUXILIARY = re.compile(r"\b(?:do|does|is|are)\b")


def tell(s, template, main, short, **values):
    """Says one alternative of the template. The fact of the quantity `main` is that sentence again, or `short`."""
    text = choose(s.r, parse(template))
    s.say(text, **values)
    told_last(s, *values.values())
    s.fact(main, short if short and (". " in text or s.chance(0.5)) else CONNECTIVE.sub("", text).rstrip("."), **values)
    first = main.fact.split(" ")[0].removesuffix("'s").rstrip(",")
    if first not in s.taken:
        main.fact = main.fact[:1].lower() + main.fact[1:]


def told_last(s, *quantities):
    """Puts givens at the end, as the facts are listed in their order."""
    for quantity in quantities:
        if quantity in s.givens:
            s.givens.remove(quantity)
            s.givens.append(quantity)


def ask(s, target, question, about, **values):
    """Asks; now and then in the past tense, where the question allows it."""
    text = choose(s.r, parse(question))
    if s.past and s.chance(0.4) and not PRESENT.search(text):
        text = AUXILIARY.sub(lambda m: PAST[m[0]], text)
    s.ask(target, text, about, **values)


def joined(s):
    """Perhaps two sentences in a row become one."""
    pairs = [i for i in range(len(s.sentences) - 1) if not any(mark in text[:-1] for text in s.sentences[i:i + 2] for mark in (". ", ":", ";"))]
    if not pairs or not s.chance(0.25):
        return
    i = s.r.choice(pairs)
    one, two = s.sentences[i:i + 2]
    name = two.split(" ")[0].removesuffix("'s").rstrip(",") in s.taken
    two = two if name else two[0].lower() + two[1:]
    s.sentences[i:i + 2] = [one[:-1] + (", " if two.startswith(("but ", "and ")) else s.pick(", and ", ", and ", "; ")) + two]


def other_than(s, value, low, high):
    number = s.draw(low, high)
    if number == value:
        raise Unfit("the same number")
    return number
