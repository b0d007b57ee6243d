"""Reading a problem that somebody else wrote: which clauses give numbers, what is asked."""

import re

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
SENTENCES = re.compile(r"(?<=[.?!])\s+")
CLAUSES = re.compile(r",\s+(?:and |but |then |while )?|;\s+|\s+(?:and|but|while|then)\s+")
ASK = re.compile(r"\b(?:(?:after|at|by|for|from|in|on|to) )?(how (?:many|much)|what|how (?:old|long|far|tall|deep|heavy))\b.*", re.I)
MANY = re.compile(r"(?:(?:after|at|by|for|from|in|on|to) )?how many (.+?) (?:did|does|do|are|were|was|is|can|could|would|will|should|must|has|have|had|in all|in total|altogether)\b", re.I)
OPENERS = frozenset("He She They There Each It The In A An If On At After Every For His Her Their Some One Two Three Four Five We You When During To Before".split())


def sentences(text):
    return [s for s in SENTENCES.split(text.strip()) if s]


def question_of(text):
    """The asking part of the text, in lower case at its beginning, without the question mark."""
    asking = [s for s in sentences(text) if s.endswith("?")] or sentences(text)[-1:]
    found = ASK.search(asking[-1])
    asked = (found.group(0) if found else asking[-1]).rstrip("?.! ")
    return asked[:1].lower() + asked[1:]


def clauses(text):
    """The pieces of the text that hold a number each, short enough to restate; the question's own words are left out."""
    out = []
    for sentence in sentences(text):
        if sentence.endswith("?"):
            found = ASK.search(sentence)
            sentence = sentence[:found.start()] if found else ""
        pieces, start = [], 0
        for cut in CLAUSES.finditer(sentence):
            if NUMBER.search(sentence[start:cut.start()]) and NUMBER.search(sentence[cut.end():]) and not re.match(r"\d{3}\b", sentence[cut.end():]):
                pieces.append(sentence[start:cut.start()])
                start = cut.end()
        pieces.append(sentence[start:])
        for piece in pieces:
            piece = piece.strip(" .,!?")
            piece = re.sub(r"^(If|Then|And|After that,|Later,?|Now) (?=\w)", "", piece)
            if NUMBER.search(piece):
                first, _, rest = piece.partition(" ")
                out.append(f"{first.lower()} {rest}" if first in OPENERS else piece)
    return out


def subject_of(asked):
    """A noun phrase for what is asked: `how many apples did Ben eat` to `the number of apples`."""
    found = MANY.match(asked + " is")
    if found and len(found[1].split()) <= 10:
        thing = found[1]
        if re.match(r"(more|fewer|less|extra|additional)\b", thing):
            return "how many " + thing
        if thing.split()[0] not in ("of", "did", "does", "do", "would", "will"):
            return "the number of " + thing
    if asked.startswith("how much money"):
        return "the amount of money"
    return "the amount that is asked for"
