"""A story: sentences, the quantities they give, and how the asked quantity follows from them.

Families (`families/`) write stories: they give quantities, say sentences, derive further quantities and ask for one.
Every derived quantity knows its operands and the reason for its operation, so any of them can be asked for and its solution is found by walking back.
"""

import re
from dataclasses import dataclass

from .arithmetic import evaluate
from .english import fill, spell, tidy
from .words import MEN, NOUNS, TRAIN, WOMEN


class Unfit(Exception):
    """The numbers at hand do not allow this event; the story is thrown away and begun anew."""


class Quantity:
    """A whole number of the story. `what` names it, `unit` is money or nothing, `fact` is how the text gives it; `how` is (op, left, right, why) if derived."""

    __slots__ = ("story", "value", "what", "unit", "fact", "how", "constant", "mentioned", "always")

    def __init__(self, story, value, what="", unit="", fact="", how=None, constant=False):
        self.story, self.value, self.what, self.unit, self.fact, self.how, self.constant = story, value, what, unit, fact, how, constant
        self.mentioned = self.always = False

    def __format__(self, spec):
        if not self.story.plain:
            self.mentioned = True
        return self.story.number(self.value, "" if spec == "n" else self.unit)


class Person:
    """Formats as the name. `.i`, `.my`, `.me` give the pronoun instead where it is clear who is meant."""

    def __init__(self, story, name, female):
        self.story, self.name, self.female = story, name, female

    def __format__(self, spec):
        self.story.mention(self)
        return self.name

    def pronoun(self, woman, man, name):
        if self.story.clear(self) and self.story.r.random() < 0.75:
            return woman if self.female else man
        self.story.mention(self)
        return name

    i = property(lambda self: self.pronoun("she", "he", self.name))
    me = property(lambda self: self.pronoun("her", "him", self.name))
    my = property(lambda self: self.pronoun("her", "his", self.name + "'s"))
    he = property(lambda self: "she" if self.female else "he")
    his = property(lambda self: "her" if self.female else "his")
    him = property(lambda self: "her" if self.female else "him")


@dataclass
class Step:
    what: str
    left: int
    op: str
    right: int
    value: int
    why: str
    unit: str = ""


class Story:
    def __init__(self, r, split=TRAIN):
        self.r, self.split = r, split
        self.past = r.random() < 0.7
        self.words_to = r.choice((0, 0, 0, 0, 0, 10, 12, 20, 99))
        self.dollar_sign = r.random() < 0.6
        self.plain = False
        self.values = {}
        self.sentences, self.givens = [], []
        self.question = self.asked = ""
        self.target = None
        self.seen, self.taken, self.kinds = [], set(), []
        self.whose = ""  # a name that every fact and step has to show

    # words

    def person(self, key=None):
        female = self.r.random() < 0.5
        pool = (WOMEN if female else MEN)[self.split]
        name = self.fresh(pool)
        person = Person(self, name, female)
        if key:
            self.values[key] = person
        return person

    def noun(self, key, *kinds):
        noun = self.fresh(NOUNS[self.split][self.r.choice(kinds)])
        self.values[key] = noun
        return noun

    def fresh(self, pool):
        for _ in range(50):
            word = pool[int(self.r.random() * len(pool))]
            if word not in self.taken:
                self.taken.add(word)
                return word
        raise Unfit("words used up")

    def pick(self, *options):
        return options[int(self.r.random() * len(options))]

    def chance(self, p):
        return self.r.random() < p

    def mention(self, person):
        if not self.plain and person not in self.seen:
            self.seen.append(person)

    def clear(self, person):
        return not self.plain and person in self.seen and all(other is person or other.female != person.female for other in self.seen)

    # numbers

    def number(self, value, unit):
        words = spell(value) if not self.plain and 0 <= value <= self.words_to else str(value)
        if unit == "$":
            if self.dollar_sign and not self.plain:
                return f"${value}"
            return f"{words} dollar" + ("" if value == 1 else "s")
        return words

    def draw(self, low, high):
        if high < low:
            raise Unfit(f"nothing between {low} and {high}")
        return self.r.randint(low, high)

    def amount(self, low=2, high=None):
        """A count: mostly two digits, sometimes one, sometimes three, as the range allows."""
        roof = self.pick(12, 30, 60, 100, 100, 1000) if high is None else high
        return self.draw(low, max(roof, low + 3) if high is None else high)

    def divisor(self, value, low=2, high=12):
        fitting = [d for d in range(low, min(high, value) + 1) if value % d == 0 and value // d > 1]
        if not fitting:
            raise Unfit(f"{value} has no divisor in reach")
        return self.r.choice(fitting)

    def given(self, value, fact="", unit="", mention=False, always=False, **values):
        """A quantity that the text states; `fact` restates it, with `{it}` for the number. `mention` says that it stands there as a word, such as half;
        `always` that it counts as used though no step has it as an operand, such as a percentage."""
        quantity = Quantity(self, value, unit=unit)
        quantity.mentioned, quantity.always = mention or always, always
        self.givens.append(quantity)
        if fact:
            self.fact(quantity, fact, **values)
        return quantity

    def fact(self, quantity, fact, **values):
        quantity.fact = self.named(self.plainly(fact, it=quantity, **values), "{name}: {text}")

    def named(self, text, form):
        return text if not self.whose or not text or self.whose in text else form.format(name=self.whose, text=text)

    def known(self, value, fact):
        """A quantity that everybody knows, such as the days of a week."""
        return Quantity(self, value, fact=fact, constant=True)

    def derive(self, left, op, right, what, why, unit="", **values):
        try:
            value = evaluate(left.value, op, right.value)
        except ValueError as error:
            raise Unfit(str(error)) from error
        if value < 0:
            raise Unfit("negative")
        a, b = (self.number_plain(q) for q in (left, right))
        quantity = Quantity(self, value, unit=unit)
        values.update(a=a, b=b)
        quantity.what = self.named(self.plainly(what, **values), "{text}, for {name}")
        quantity.how = (op, left, right, self.plainly(why, **values))
        return quantity

    def number_plain(self, quantity):
        return f"{quantity.value} dollars" if quantity.unit == "$" and quantity.value != 1 else str(quantity.value) + (" dollar" if quantity.unit == "$" else "")

    # text

    def render(self, template, **values):
        return fill(self.r, template, self.past, {**self.values, **values} if values else self.values)

    def plainly(self, template, **values):
        before, self.plain = self.plain, True
        text = self.render(template, **values)
        self.plain = before
        return tidy_inner(text)

    def tidy_render(self, template, **values):
        return tidy(self.render(template, **values))

    def say(self, template, **values):
        self.sentences.append(self.tidy_render(template, **values))

    def ask(self, target, question, about, **values):
        """The question with its target; `about` says in a noun phrase what is asked."""
        self.target = target
        self.question = tidy(self.render(question, **values))
        if not self.past and not BEFORE.search(self.question):
            self.question = DID.sub(lambda m: "do" if m[1] else "does", self.question)
        self.asked = self.plainly(about, **values)

    def solution(self):
        """The steps to the target in order, the givens they use, and the givens they do not."""
        steps, used, done = [], [], set()

        def visit(quantity):
            if id(quantity) in done:
                return
            done.add(id(quantity))
            if quantity.how is None:
                used.append(quantity)
                return
            op, left, right, why = quantity.how
            visit(left)
            visit(right)
            steps.append(Step(quantity.what, left.value, op, right.value, quantity.value, why, quantity.unit))

        visit(self.target)
        used += [q for q in self.givens if q.always and q not in used]
        unused = [q for q in self.givens if q not in used and q.mentioned]
        used.sort(key=lambda q: self.givens.index(q) if q in self.givens else 99)
        return steps, used, unused


# a story in the present is asked about in the present, unless the question is about what was before
BEFORE = re.compile(r"at first|to begin with|beginning|start with|started|before|yesterday|was|were|had")
DID = re.compile(r"\bdid\b(?=( they| the two of them| all of them| both| [A-Z]\w+ and [A-Z]\w+ )?)")
INNER_ARTICLE = re.compile(r"\b(a) (?=[aeiou]|8\b|8\d\b|11\b|18\b)(?!one\b|once\b|uni|use|used)")


def tidy_inner(text):
    """Articles only: the text goes inside a sentence."""
    return INNER_ARTICLE.sub(r"\1n ", text).replace("s's ", "s' ")
