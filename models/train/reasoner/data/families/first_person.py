"""A story about a man or boy told by himself: his name and pronouns become I in the question and you in the thoughts."""

import re

from ..story import Person
from ..words import MEN

MALE = frozenset(name for split in MEN.values() for name in split)
PLAIN_VERBS = {"has": "have", "is": "am", "does": "do", "gets": "get", "wants": "want", "needs": "need", "starts": "start", "thinks": "think", "keeps": "keep", "uses": "use", "buys": "buy", "pays": "pay", "gives": "give", "loses": "lose", "earns": "earn", "finds": "find",
               "sells": "sell", "makes": "make", "spends": "spend", "lends": "lend", "packs": "pack", "divides": "divide", "adds": "add", "subtracts": "subtract", "multiplies": "multiply", "takes": "take", "increases": "increase", "likes": "like", "loves": "love", "lives": "live", "plans": "plan", "works": "work", "collects": "collect", "saves": "save"}
UNFIT = re.compile(r"\b(?:[Tt]hey|[Tt]heir|[Tt]hem both|two of them|number, |secret number|the number)\b")  # who they are would change; riddles list what he does
VERBS = "|".join(PLAIN_VERBS)


def whose(story, question):
    """The person who can tell the story, or None: the main person, if a man, and no other man is in it."""
    person = story.values.get("p")
    if not isinstance(person, Person) or person.female or not story.past or UNFIT.search(question):
        return None
    names = set(re.findall(r"[A-Z][a-z]+", question)) & MALE
    return person.name if names == {person.name} else None


def retell(text, name, subject, possessive, object_, be, was):
    """The text with the name and its pronouns replaced and the verbs set right."""
    text = re.sub(rf"\b{name}'s\b|\b[Hh]is\b", possessive, text)
    text = re.sub(r"\bhimself\b", {"I": "myself", "you": "yourself"}[subject], text)
    text = re.sub(r"\b[Hh]im\b", object_, text)
    text = re.sub(rf"\b[Hh]e\b|\b{name}\b", subject, text)
    text = re.sub(rf"\b(of|for|to|with|from|by|at|paid|pay|pays|gave|give|gives|cost|told) {subject}\b", rf"\1 {object_}", text)
    text = re.sub(rf"\b{subject} and ([A-Z][a-z]+)", rf"\1 and {subject}", text)
    text = re.sub(rf"\b[Dd]oes {subject}\b", lambda m: ("D" if m[0][0] == "D" else "d") + f"o {subject}", text)
    text = re.sub(rf"\bis {subject}\b", f"{be} {subject}", text)
    text = re.sub(rf"\b{subject} ({VERBS})\b", lambda m: f"{subject} " + (be if m[1] == "is" else PLAIN_VERBS[m[1]]), text)
    text = re.sub(rf"\b{subject} was\b", f"{subject} {was}", text)
    return re.sub(r"(^|[.?!] )([a-z])", lambda m: m[1] + m[2].upper(), text)


def as_question(text, name):
    return retell(text, name, "I", "my", "me", "am", "was")


def as_thought(text, name):
    """Facts, reasons and names of quantities; they go inside sentences, so the first letter stays as it is."""
    out = retell(text, name, "you", "your", "you", "are", "were")
    return out if text[:1].isupper() and not text.startswith(name) else out[:1].lower() + out[1:]
