"""Templates to English: `[a|b]` picks one, `<give>` is a verb in the story's tense (`<+give>` after a plural), `{x}` is filled in; then articles and capitals are set right."""

import re
from functools import lru_cache

# third person singular present and past of verbs that the rules below get wrong
IRREGULAR = {
    "be": ("is", "was"), "are": ("are", "were"), "have": ("has", "had"), "own": ("owns", "owned"), "do": ("does", "did"), "go": ("goes", "went"),
    "give": ("gives", "gave"), "get": ("gets", "got"), "buy": ("buys", "bought"), "sell": ("sells", "sold"), "find": ("finds", "found"),
    "lose": ("loses", "lost"), "eat": ("eats", "ate"), "make": ("makes", "made"), "take": ("takes", "took"), "keep": ("keeps", "kept"),
    "put": ("puts", "put"), "hold": ("holds", "held"), "spend": ("spends", "spent"), "pay": ("pays", "paid"), "bring": ("brings", "brought"),
    "throw": ("throws", "threw"), "leave": ("leaves", "left"), "send": ("sends", "sent"), "see": ("sees", "saw"), "win": ("wins", "won"),
    "read": ("reads", "read"), "write": ("writes", "wrote"), "run": ("runs", "ran"), "ride": ("rides", "rode"), "drive": ("drives", "drove"),
    "cut": ("cuts", "cut"), "break": ("breaks", "broke"), "come": ("comes", "came"), "fly": ("flies", "flew"), "set": ("sets", "set"),
    "begin": ("begins", "began"), "cost": ("costs", "cost"), "grow": ("grows", "grew"), "lend": ("lends", "lent"), "build": ("builds", "built"),
    "split": ("splits", "split"), "drop": ("drops", "dropped"), "trade": ("trades", "traded"), "need": ("needs", "needed"), "say": ("says", "said"),
    "plan": ("plans", "planned"), "swim": ("swims", "swam"), "stop": ("stops", "stopped"), "let": ("lets", "let"), "hand": ("hands", "handed"),
    "wrap": ("wraps", "wrapped"), "steal": ("steals", "stole"), "lay": ("lays", "laid"), "teach": ("teaches", "taught"), "knit": ("knits", "knitted"),
    "sink": ("sinks", "sank"), "rise": ("rises", "rose"), "hang": ("hangs", "hung"), "lie": ("lies", "lay"), "stand": ("stands", "stood"), "know": ("knows", "knew"),
    "forget": ("forgets", "forgot"), "shrink": ("shrinks", "shrank"), "undo": ("undoes", "undid"), "quit": ("quits", "quit"), "chop": ("chops", "chopped"),
    "trim": ("trims", "trimmed"), "drip": ("drips", "dripped"), "slip": ("slips", "slipped"), "fit": ("fits", "fitted"), "sing": ("sings", "sang"),
    "catch": ("catches", "caught"), "feed": ("feeds", "fed"), "draw": ("draws", "drew"), "hit": ("hits", "hit"), "fall": ("falls", "fell"),
}
VOWELS = "aeiou"


@lru_cache(maxsize=None)
def conjugate(verb, past):
    if verb in IRREGULAR:
        return IRREGULAR[verb][past]
    if past:
        if verb.endswith("e"):
            return verb + "d"
        return verb[:-1] + "ied" if verb.endswith("y") and verb[-2] not in VOWELS else verb + "ed"
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        return verb + "es"
    return verb[:-1] + "ies" if verb.endswith("y") and verb[-2] not in VOWELS else verb + "s"


def plural_verb(verb, past):
    """The form for they: they give, they gave; `be` is `are` or `were`."""
    if verb == "be":
        return conjugate("are", past)
    return conjugate(verb, True) if past else verb


@lru_cache(maxsize=None)
def parse(template):
    """A template as nested lists: strings and tuples of alternatives, each again such a list."""
    def sequence(i, stop):
        parts, text = [], []
        while i < len(template) and template[i] not in stop:
            if template[i] == "[":
                if text:
                    parts.append("".join(text))
                    text = []
                options = []
                while True:
                    option, i = sequence(i + 1, "|]")
                    options.append(option)
                    if i >= len(template):
                        raise ValueError(f"unclosed choice in {template!r}")
                    if template[i] == "]":
                        break
                parts.append(tuple(options))
                i += 1
            else:
                text.append(template[i])
                i += 1
        if text:
            parts.append("".join(text))
        return parts, i

    return sequence(0, "")[0]


def choose(r, parts):
    return "".join(p if isinstance(p, str) else choose(r, p[int(r.random() * len(p))]) for p in parts)


VERB = re.compile(r"<(\+?)(\w+)>")
ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIOU]|8\b|8\d\b|11\b|18\b)(?!one\b|once\b|uni|use|used|European)")
SENTENCE = re.compile(r"(^|[.?!] )([a-z])")


def tidy(text):
    text = ARTICLE.sub(r"\1n ", text)
    text = text.replace("a hour", "an hour").replace("s's ", "s' ")
    return SENTENCE.sub(lambda m: m[1] + m[2].upper(), text)


def fill(r, template, past, values):
    text = choose(r, parse(template))
    if "<" in text:
        text = VERB.sub(lambda m: plural_verb(m[2], past) if m[1] else conjugate(m[2], past), text)
    return text.format_map(values)


UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()


def spell(n):
    """A whole number below 100 in words."""
    return UNITS[n] if n < 20 else TENS[n // 10] + ("-" + UNITS[n % 10] if n % 10 else "")


TIMES = {2: "twice", 3: "three times", 4: "four times", 5: "five times", 6: "six times"}
PARTS = {2: "half", 3: "one third", 4: "one fourth", 5: "one fifth", 6: "one sixth", 8: "one eighth", 10: "one tenth"}


def times(n):
    return TIMES.get(n, f"{n} times")
