"""GSM8K's training problems with other numbers, where each number of the solution can be traced to the question, to a sum before it, or to common knowledge."""

import re
from dataclasses import dataclass

from .arithmetic import evaluate
from .gsm8k import OPERAND, OPERATOR, PLAIN, SUM, split_lines
from .reading import NUMBER

# numbers that mean something else than a count to be changed: decimals, fractions, percents, times of day, ordinals
FIXED = re.compile(r"\d+\.\d+|\d+\s*/\s*\d+|\d[\d,]*\s?(?:%|percent)|\d+:\d+(?::\d+)?|\b\d+(?:st|nd|rd|th)\b|\b(?:1[89]|20)\d\d\b|\b\d+ ?(?:am|pm|a\.m\.|p\.m\.)")
FIXED_IN_LINE = re.compile(r"\d\.\d|\d\s?(?:%|percent)|\d:\d|\d(?:st|nd|rd|th)\b")
COMMON = frozenset((2, 3, 4, 5, 7, 10, 12, 24, 30, 52, 60, 100, 365, 1000))
# words that stand for a number without its digits
WORDS_FOR = {1: "one|once|single", 2: "two|twice|double|doubles|doubled|half|halves|couple|pair|pairs|both|second", 3: "three|thrice|triple|triples|third|thirds", 4: "four|quarter|quarters|fourth|quadruple", 5: "five|fifth", 6: "six|sixth", 7: "seven|week|weeks|weekly|daily|day|days",
             8: "eight|eighth", 9: "nine|ninth", 10: "ten|tenth|decade", 12: "twelve|dozen|dozens|year|years|month|months|inches|feet", 24: "day|days|hours", 30: "month|thirty", 52: "year|years", 60: "hour|hours|minute|minutes", 100: "cents|cent|percent|%|century|hundred"}


class Opaque(Exception):
    """The solution cannot be traced."""


@dataclass
class Problem:
    """Numbers are indices into a table of values: first the question's, then one for each sum."""

    pieces: list  # the question: texts and, between them, indices
    lines: list  # the same for each line of the solution
    numbers: list  # the question's values
    sums: list  # (first operand, [(operator, operand)]); operands are ("node", index) or ("constant", value)


def digits(text):
    return int(text.replace("$", "").replace(",", ""))


def split_numbers(text, found):
    """Text and indices in turn; `found` gives the index of a number token or None to leave it as text."""
    pieces, last = [], 0
    for match in NUMBER.finditer(text):
        index = found(match)
        if index is not None:
            pieces += [text[last:match.start()], (index, "," in match.group().rstrip(","))]
            last = match.end() - (1 if match.group().endswith(",") else 0)
    return [*pieces, text[last:]]


def trace(problem):
    """The problem with every number resolved; Opaque where that is not certain."""
    question = problem["question"]
    fixed = [m.span() for m in FIXED.finditer(question)]
    values = []

    def of_question(match):
        if any(a <= match.start() < b for a, b in fixed) or digits(match.group().rstrip(",")) < 2:
            return None
        values.append(digits(match.group().rstrip(",")))
        return len(values) - 1

    pieces = split_numbers(question, of_question)
    numbers, nodes = list(values), list(values)
    if not numbers or len(set(numbers)) != len(numbers):
        raise Opaque("no or equal numbers")
    low = question.lower()

    def resolve(value):
        holders = [i for i, v in enumerate(nodes) if v == value]
        if len(holders) > 1:
            raise Opaque("one value, two meanings")
        named = value in WORDS_FOR and re.search(rf"\b(?:{WORDS_FOR[value]})\b", low)
        if holders and not (named and holders[0] < len(numbers)):
            return ("node", holders[0])
        if not holders and value in COMMON and (named or value > 12):
            return ("constant", value)
        raise Opaque("a number from nowhere")

    sums, lines = [], []
    for line in split_lines(problem["solution"]):
        spans, results = {}, []
        for match in SUM.finditer(line):
            operands = list(OPERAND.finditer(match[1]))
            operators = [PLAIN.get(o, o) for o in OPERATOR.findall(match[1])]
            if len(operators) != len(operands) - 1 or any(set(o.group()) & set(".%") for o in operands):
                raise Opaque("a sum that cannot be read")
            if set(operators) & set("*/") and set(operators) & set("+-"):
                raise Opaque("mixed operators")
            terms = [resolve(digits(o.group().rstrip(","))) for o in operands]
            current = digits(operands[0].group())
            for op, o in zip(operators, operands[1:]):
                current = evaluate(current, op, digits(o.group()))
            if current != digits(match[2].rstrip(".,%")) or "." in match[2]:
                raise Opaque("a wrong sum")
            for o, term in zip(operands, terms):
                spans[match.start(1) + o.start()] = term
            sums.append((terms[0], list(zip(operators, terms[1:]))))
            results.append((match.start(2) + (1 if match[2].startswith("$") else 0), current))
            spans[results[-1][0]] = ("node", len(nodes))
            nodes.append(current)

        def of_line(match, spans=spans):
            term = spans.get(match.start())
            if term is None:
                if re.search(r"[./%:]", line[match.end():match.end() + 1]) and line[match.end() + 1:match.end() + 2].isdigit() or line[match.start() - 1:match.start()] in ("/", ".", "="):
                    raise Opaque("a number outside of sums")
                term = resolve(digits(match.group().rstrip(",")))
            return term[1] if term[0] == "node" else None

        if FIXED_IN_LINE.search(line) or "=" in SUM.sub("", line):
            raise Opaque("more than plain sums")
        lines.append(split_numbers(line, of_line))
    if not sums or nodes[-1] != int(problem["answer"]):
        raise Opaque("the last sum is not the answer")
    return Problem(pieces, lines, numbers, sums)


def compute(traced, numbers):
    """Values of all nodes with these numbers; ValueError where one is not whole or not positive."""
    nodes = list(numbers)
    for first, rest in traced.sums:
        current = nodes[first[1]] if first[0] == "node" else first[1]
        for op, term in rest:
            current = evaluate(current, op, nodes[term[1]] if term[0] == "node" else term[1])
        if current <= 0:
            raise ValueError("not positive")
        nodes.append(current)
    return nodes


def other(r, n):
    """A number of the same size and roundness."""
    unit = 100 if n % 100 == 0 and n >= 500 else 10 if n % 10 == 0 and n >= 50 else 5 if n % 5 == 0 and n >= 20 else 1
    low, high = max(2, n // 2) if n > 9 else 2, n + n // 2 + 3
    return max(2, r.randint(-(-low // unit), high // unit) * unit)


def same_order(old, new):
    pairs = [(i, j) for i in range(len(old)) for j in range(i)]
    return all((old[i] < old[j]) == (new[i] < new[j]) and new[i] != new[j] for i, j in pairs)


def joined(pieces, nodes):
    return "".join(p if isinstance(p, str) else f"{nodes[p[0]]:,}" if p[1] else str(nodes[p[0]]) for p in pieces)


def varied(r, traced, tries=150):
    """{"question", "solution", "answer"} with other numbers, or None where none fit."""
    for _ in range(tries):
        numbers = [other(r, n) for n in traced.numbers]
        if numbers == traced.numbers or not same_order(traced.numbers, numbers):
            continue
        try:
            nodes = compute(traced, numbers)
        except ValueError:
            continue
        if max(nodes) > 200_000:
            continue
        lines = [joined(line, nodes) for line in traced.lines]
        return {"question": joined(traced.pieces, nodes), "solution": "\n".join(lines), "answer": str(nodes[-1])}
    return None
