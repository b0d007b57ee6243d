"""An answer's meaning: where it stands in a text, and a key that is equal for equal answers.

The same rules as the engine's `reason::answer`; tests/goldens/answers.json holds the cases both must pass.
"""

import re
from fractions import Fraction

MARKER = "Answer:"
VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅛": "1/8"}
NUMBER = r"(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)?(?:\.\d+)?"
VALUE = re.compile(rf"(?P<whole>{NUMBER})(?: (?P<above>\d+)/(?P<below>\d+)| ?/ ?(?P<over>{NUMBER}))?")
CURRENCY = "$€£¥₹"
OPERATOR = re.compile(r"[-+−*×·/÷=<>^:≈]")


def plain(text):
    """The text without Markdown's stars, LaTeX's commands and double spaces."""
    for character, fraction in VULGAR.items():
        text = text.replace(character, " " + fraction)
    text = re.sub(r"\\[dt]?frac\{([\d.]+)\}\{([\d.]+)\}", r" \1/\2", text)
    text = re.sub(r"\\(?:text|textbf|mathrm|mathbf|mbox|boxed)\{([^{}]*)\}", r" \1", text)
    text = text.replace("{,}", ",").replace("**", "").replace("`", "")
    text = re.sub(r"\\([$%#&_{}])", r"\1", text)
    text = re.sub(r"\\[()\[\],;:! ]|\\(?:left|right|quad)\b", " ", text)
    return " ".join(text.split())


def boxed(text):
    """What the last \\boxed{...} holds, or None."""
    at = text.rfind("\\boxed{")
    if at < 0:
        return None
    depth, start = 0, at + len("\\boxed")
    for i in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return text[start + 1 : i]
    return None


def bare(text):
    text = text.strip(" \"'*_").rstrip(" \"'*_.!?,;:")
    inner = text[1:-1]
    return inner.strip() if text[:1] == "(" and text[-1:] == ")" and not set(inner) & set("()") else text


def decimal(text):
    try:
        return Fraction(text.replace(",", ""))
    except (ValueError, ZeroDivisionError):
        return None


def value(match):
    """The number a match of VALUE stands for, or None."""
    whole = decimal(match["whole"])
    if whole is None:
        return None
    if match["below"]:
        return whole + Fraction(int(match["above"]), int(match["below"])) if int(match["below"]) else None
    if match["over"]:
        below = decimal(match["over"])
        return whole / below if below else None
    return whole


def number(text):
    """The number that the whole text is, with at most a currency before it and a unit behind it."""
    signs = re.match(rf"[-+−{CURRENCY} ]*", text)[0]
    match = VALUE.match(text, len(signs))
    found = value(match) if match and match[0] else None
    if found is None or len(re.findall(r"[-−]", signs)) > 1:
        return None
    unit = text[match.end() :].strip(f" {CURRENCY}%")
    unit = re.sub(r"^[^\W\d]+(?:[/^][\w]+)?", "", unit, count=1)
    if re.search(r"\d", unit) or OPERATOR.search(unit) or unit[:1] == "/":
        return None
    return str(-found if re.search(r"[-−]", signs) else found)


def choice(text):
    match = re.match(r"(?:(?:option|choice) )?(?:([A-Ea-e])$|\(?([A-Ea-e])\))", text)
    return (match[1] or match[2]).upper() if match else None


def yes_or_no(text):
    match = re.match(r"(yes|no)(?:$|[,.;:!])", text, re.IGNORECASE)
    return match[1].lower() if match else None


def after_words(text):
    for word in ("=", "≈", " is ", ": "):
        if word in text:
            rest = bare(text.rsplit(word, 1)[1])
            found = number(rest) or choice(rest)
            if found:
                return found
    return None


def key(text):
    """The key of an answer that stands alone, or None where nothing is said."""
    text = bare(plain(boxed(text) or text))
    found = number(text) or choice(text) or yes_or_no(text) or after_words(text) or text.lower()
    return found if re.search(r"\w", found) else None


def first_line(text):
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def in_response(text):
    """The key of the answer in a reasoned response, or None."""
    if MARKER in text:
        return key(first_line(text.rsplit(MARKER, 1)[1]))
    inside = boxed(text)
    return None if inside is None else key(inside)


def in_chat(text):
    """The key of the answer in a reply of the base: by its marker, else the last number, else the first line."""
    if MARKER in text or boxed(text) is not None:
        return in_response(text)
    cleaned, last = plain(text), None
    for match in re.finditer(r"(?<![\w.])(?=[\d.])" + VALUE.pattern, cleaned):
        found = value(match) if match[0] else None
        if found is not None:
            negative = re.search(rf"(?:^|[\s(=:])[-−][{CURRENCY}]?$", cleaned[: match.start()])
            last = str(-found if negative else found)
    return last or key(first_line(text))


def says(text, answer):
    """Whether a text says the answer anywhere as words of its own: how a fact in a chat reply is judged."""
    words = lambda t: " ".join(re.findall(r"\w+", t.lower()))
    return f" {words(answer)} " in f" {words(text)} "


def right(text, answer, reasoned):
    """Whether a response (`reasoned`) or a chat reply gives the wanted answer."""
    wanted = key(answer)
    if (in_response if reasoned else in_chat)(text) == wanted:
        return True
    if re.fullmatch(r"-?\d+(/\d+)?", wanted or ""):
        return False
    return says(text.rsplit("</think>", 1)[-1], answer)
