"""Stories about a number of things that somebody has: where they come from, what happens to them, and what is asked in the end.

Sources give the first quantity, changes turn it into the next, endings ask. Each is a few lines, and they combine freely.
`{p}` is the person, `{x}` the things.
"""

from ..story import Unfit
from .one_step import aside
from .why import WHY

SOURCES, CHANGES, ENDINGS = [], [], []
PARTS_OF_TIME = (("in the morning", "in the afternoon"), ("on Monday", "on Tuesday"), ("on Saturday", "on Sunday"), ("in May", "in June"), ("before lunch", "after lunch"),
                 ("in the first week", "in the second week"), ("on the first day", "on the second day"), ("in spring", "in summer"), ("at home", "at school"), ("in the park", "by the river"))
HAVE = "the number of {x} {p} has"


def source(write):
    SOURCES.append(write)
    return write


def change(write):
    CHANGES.append(write)
    return write


def ending(write):
    ENDINGS.append(write)
    return write


@source
def owned(s):
    a = s.given(s.amount(5), "{p} has {it} {x} at first")
    s.say("[{p} <have> {a} {x}.|{p} <own> {a} {x}.|{p} <start> with {a} {x}.|There <+be> {a} {x} in {p.my} [room|bag|collection|house].|{p} <have> a collection of {a} {x}.|"
          "{p} <keep> {a} {x} [at home|in a drawer|in a big bag].]", a=a)
    return a


@source
def two_times(s):
    one, two = s.pick(*PARTS_OF_TIME)
    a, b = s.given(s.amount(3), "{it} {x} " + one), s.given(s.amount(3), "{it} {x} " + two)
    verb = s.pick("<collect>", "<find>", "<get>", "<buy>", "<pick> up")
    s.say(f"[{{p}} {verb} {{a}} {{x}} {one} and {{b}} [more|{{x}}|more {{x}}] {two}.|{{p}} {verb} {{a}} {{x}} {one}. {two}, {{p.i}} {verb} {{b}} more.|{one}, {{p}} {verb} {{a}} {{x}}, and {two} {{p.i}} {verb} {{b}}.]", a=a, b=b)
    return s.derive(a, "+", b, HAVE + " from both times", WHY["together"])


@source
def three_kinds(s):
    first, second, third = s.r.sample(("red", "blue", "green", "yellow", "white", "black", "small", "large", "old", "new"), 3)
    a, b, c = (s.given(s.amount(2, 40), f"{{it}} {kind} {{x}}") for kind in (first, second, third))
    s.say(f"[{{p}} <have> {{a}} {first}, {{b}} {second} and {{c}} {third} {{x}}.|In {{p.my}} bag there <+be> {{a}} {first} {{x}}, {{b}} {second} {{x}} and {{c}} {third} {{x}}.|"
          f"{{p}} <own> {{a}} {first} {{x}}. {{p.i}} also <have> {{b}} {second} ones and {{c}} {third} ones.]", a=a, b=b, c=c)
    two = s.derive(a, "+", b, f"the number of {first} and {second} {{x}}", WHY["together"])
    return s.derive(two, "+", c, HAVE + " of all three kinds", WHY["gain"])


@source
def full_containers(s):
    s.noun("c", "container")
    a, b = s.given(s.amount(2, 15), "there are {it} {c}"), s.given(s.amount(2, 30), "each {c.s} has {it} {x}")
    s.say("[{p} <have> {a} {c} of {x}. [There <+be> {b} {x} in each {c.s}|Each {c.s} <hold> {b} {x}|Every {c.s} <have> {b} {x} in it].|{p} <have> {a} {c} with {b} {x} in each.|"
          "{p} <buy> {a} {c} of {x} with {b} {x} in every {c.s}.|Each {c.s} <hold> {b} {x}, and {p} <have> {a} {c}.|{p} <put> {b} {x} in each of {a} {c}.]", a=a, b=b)
    return s.derive(a, "*", b, "the number of {x} in all the {c}", WHY["groups"])


@source
def containers_and_loose(s):
    s.noun("c", "container")
    a, b, e = s.given(s.amount(2, 12), "there are {it} {c}"), s.given(s.amount(3, 25), "each {c.s} has {it} {x}"), s.given(s.amount(2, 30), "{it} {x} are loose")
    s.say("[{p} <have> {a} {c} with {b} {x} in each, and {e} loose {x}.|{p} <fill> {a} {c} with {b} {x} each and <have> {e} {x} over.|Each {c.s} <hold> {b} {x}. {p} <have> {a} full {c} and {e} more {x}.]", a=a, b=b, e=e)
    inside = s.derive(a, "*", b, "the number of {x} in the {c}", WHY["groups"])
    return s.derive(inside, "+", e, HAVE + " with the loose ones", WHY["gain"])


@source
def rows(s):
    a, b = s.given(s.amount(2, 20), "there are {it} rows"), s.given(s.amount(2, 20), "each row has {it} {x}")
    s.say("[{p} <lay> out {x} in {a} rows of {b}.|{p} <put> {p.his} {x} in {a} rows with {b} in each row.|There <+be> {a} rows of {x} on {p.my} table. Each row <have> {b} {x}.|{p} <arrange> all {p.his} {x} in rows. There <+be> {a} rows, each with {b} {x}.]", a=a, b=b)
    return s.derive(a, "*", b, "the number of {x} in all rows", WHY["groups"])


@source
def more_than_other(s):
    s.person("q")
    a, b = s.given(s.amount(4), "{q} has {it} {x}"), s.given(s.amount(2, 50), "{p} has {it} more than {q}")
    s.say("[{q} <have> {a} {x}. {p} <have> {b} more {x} than {q}.|{p} <have> {b} more {x} than {q}, who <have> {a}.|{q} <own> {a} {x}, which <be> {b} fewer than {p} <own>.|{q} <collect> {a} {x}, and {p} <collect> {b} more than that.]", a=a, b=b)
    s.values["other"] = a
    return s.derive(a, "+", b, HAVE, WHY["more"])


@source
def fewer_than_other(s):
    s.person("q")
    a = s.given(s.amount(8), "{q} has {it} {x}")
    b = s.given(s.draw(2, a.value - 3), "{p} has {it} fewer than {q}")
    s.say("[{q} <have> {a} {x}. {p} <have> {b} fewer {x} than {q}.|{p} <have> {b} fewer {x} than {q}, who <have> {a}.|{q} <own> {a} {x}, which <be> {b} more than {p} <own>.|{q} <find> {a} {x}, but {p} <find> {b} fewer.]", a=a, b=b)
    s.values["other"] = a
    return s.derive(a, "-", b, HAVE, WHY["fewer"])


@source
def times_other(s):
    from ..english import times
    s.person("q")
    k = s.given(s.pick(2, 2, 3, 3, 4, 5, 6), "{p} has {it} times as many as {q}")
    a = s.given(s.amount(3, 40), "{q} has {it} {x}")
    k.mentioned = True
    s.say(f"[{{q}} <have> {{a}} {{x}}. {{p}} <have> {times(k.value)} as many {{x}} as {{q}}.|{{p}} <have> {times(k.value)} as many {{x}} as {{q}}, who <have> {{a}}.|{{q}} <collect> {{a}} {{x}}, and {{p}} <collect> {times(k.value)} as many.]", a=a)
    s.values["other"] = a
    return s.derive(a, "*", k, HAVE, WHY["multiple"])


@source
def part_of_other(s):
    from ..english import PARTS
    s.person("q")
    k = s.given(s.pick(2, 2, 2, 3, 4, 5))
    k.fact = s.plainly(f"{{p}} has {PARTS[k.value]} as many as {{q}}")
    a = s.given(k.value * s.draw(3, 30), "{q} has {it} {x}")
    k.mentioned = True
    s.say(f"[{{q}} <have> {{a}} {{x}}. {{p}} <have> {PARTS[k.value]} as many {{x}} as {{q}}.|{{p}} <have> only {PARTS[k.value]} as many {{x}} as {{q}}, who <have> {{a}}.|{{q}} <collect> {{a}} {{x}}. {{p}} <collect> {PARTS[k.value]} of that number.]", a=a)
    s.values["other"] = a
    return s.derive(a, "/", k, HAVE, WHY["part"])


@source
def per_day(s):
    a, d = s.given(s.amount(2, 25), "{it} {x} each day"), s.given(s.draw(3, 14), "{it} days")
    verb = s.pick("<collect>", "<find>", "<get>", "<buy>")
    s.say(f"[{{p}} {verb} {{a}} {{x}} every day for {{d}} days.|For {{d}} days, {{p}} {verb} {{a}} {{x}} each day.|Each day {{p}} {verb} {{a}} {{x}}. {{p.i}} <do> this for {{d}} days.]", a=a, d=d)
    return s.derive(a, "*", d, "the number of {x} {p} has after all the days", WHY["each"])


@change
def gain(s, cur):
    b = s.given(s.amount(2), "{p} gets {it} more")
    s.say("[Then {p.i} <find> {b} more {x}.|{p.i} <buy> {b} more {x} [at a shop|at the market|from a neighbor].|Later, {p.i} <get> {b} more {x}.|[A friend|{p.his} aunt|{p.his} uncle|A cousin] then <give> {p.me} {b} more.|"
          "After that, {b} more {x} <+be> added.|{p.i} <receive> {b} {x} as a present.|{p.i} <win> {b} more {x} at a fair.]", b=b)
    return s.derive(cur, "+", b, HAVE + " after getting more", WHY["gain"])


@change
def lose(s, cur):
    b = s.given(s.draw(2, cur.value - 1), "{p} loses {it}")
    s.say("[Then {p.i} <lose> {b} of them.|{p.i} <lose> {b} {x} on [a walk|the bus|the way to school].|{b} of the {x} <+be> [damaged|broken|dirty], so {p.i} <throw> them away.|Later, {p.i} <drop> {b} of them in the river.|"
          "{p.i} then <throw> away {b} of the {x}.|By the evening, {b} of them <+be> gone.]", b=b)
    return s.derive(cur, "-", b, HAVE + " after losing some", WHY["lose"])


@change
def give(s, cur):
    s.person("g")
    b = s.given(s.draw(2, cur.value - 1), "{p} gives {it} to {g}")
    s.say("[{p.i} <give> {b} {x} to {g}.|Then {p.i} <give> {g} {b} of the {x}.|{g} <take> {b} of {p.my} {x}.|{p.i} <hand> {b} of them to {g}.|{p.i} <send> {b} {x} to {g}.|{b} of the {x} <+be> given to {g}.|{g} <get> {b} {x} from {p.me}.]", b=b)
    return s.derive(cur, "-", b, HAVE + " after giving some to {g}", WHY["lose"])


@change
def give_to_friends(s, cur):
    k = s.given(s.draw(2, min(8, cur.value // 3)), "{it} friends get some")
    m = s.given(s.draw(2, (cur.value - 1) // k.value), "each of the friends gets {it}")
    s.say("[{p.i} <give> {m} {x} to each of {k} friends.|{p.i} then <give> {k} friends {m} {x} each.|Each of {p.his} {k} friends <get> {m} {x} from {p.me}.|{k} friends <+come> by, and {p.i} <give> {m} of the {x} to each of them.]", k=k, m=m)
    gone = s.derive(k, "*", m, "the number of {x} given to the friends", WHY["each"])
    return s.derive(cur, "-", gone, HAVE + " after giving some to friends", WHY["lose"])


@change
def gain_packs(s, cur):
    k, m = s.given(s.draw(2, 9), "{p} gets {it} more packs"), s.given(s.draw(2, 20), "each pack has {it} {x}")
    s.say("[Then {p.i} <buy> {k} packs with {m} {x} in each.|{p.i} <get> {k} more packs of {x}, and each pack <have> {m} {x}.|After that, {p.i} <buy> {k} packs of {m} {x} each.]", k=k, m=m)
    new = s.derive(k, "*", m, "the number of {x} in the packs", WHY["groups"])
    return s.derive(cur, "+", new, HAVE + " with the packs", WHY["gain"])


@change
def part_given(s, cur):
    from ..english import PARTS
    n = s.divisor(cur.value, 2, 6)
    if n not in PARTS:
        raise Unfit("no word for the part")
    k = s.given(n)
    k.fact = s.plainly(f"{PARTS[n]} of the {{x}} go away")
    s.person("g")
    s.say(f"[{{p.i}} <give> {PARTS[n]} of {{p.his}} {{x}} to {{g}}.|Then {{g}} <get> {PARTS[n]} of the {{x}}.|{{p.i}} <sell> {PARTS[n]} of them to {{g}}.|{PARTS[n]} of the {{x}} <+be> given to {{g}}.]")
    k.mentioned = True
    part = s.derive(cur, "/", k, f"{PARTS[n]} of the {{x}}", WHY["part"])
    return s.derive(cur, "-", part, HAVE + " after that", WHY["lose"])


@change
def doubled(s, cur):
    from ..english import times
    k = s.given(s.pick(2, 2, 3), "the number is multiplied by {it}")
    if cur.value > 200:
        raise Unfit("too many")
    word = {2: "doubles", 3: "triples"}[k.value]
    s.say(f"[After a month, the number of {{x}} {word}.|Over the next weeks, the number of {{p.his}} {{x}} {word}.|By the next year, {{p.i}} <have> {times(k.value)} as many {{x}} as that.]")
    k.mentioned = True
    return s.derive(cur, "*", k, HAVE + " after the increase", WHY["multiple"])


@change
def used_daily(s, cur):
    d = s.given(s.draw(2, min(7, cur.value // 3)), "this goes on for {it} days")
    m = s.given(s.draw(2, (cur.value - 1) // d.value), "{it} {x} are used each day")
    s.say("[Each day {p.i} <use> {m} {x}, for {d} days.|For {d} days, {p.i} <give> away {m} {x} a day.|{p.i} <use> up {m} of them every day for {d} days.]", d=d, m=m)
    gone = s.derive(m, "*", d, "the number of {x} used in all the days", WHY["each"])
    return s.derive(cur, "-", gone, HAVE + " after those days", WHY["lose"])


@ending
def final(s, cur):
    s.ask(cur, "[How many {x} <do> {p} have [in the end|after that|then]?|How many {x} does {p.i} have now?|What is the number of {x} that {p} has now?|How many {x} are there now?]",
          "how many {x} {p} has now")


@ending
def with_other(s, cur):
    other = s.values.get("other")
    if other is None:
        s.person("q")
        other = s.given(s.amount(3), "{q} has {it} {x}")
        s.say("[{q} <have> {b} {x}.|{p.his} friend {q} <have> {b} {x}.]", b=other)
    if s.chance(0.5):
        total = s.derive(cur, "+", other, "the number of {x} {p} and {q} have together", WHY["together"])
        s.ask(total, "[How many {x} do {p} and {q} have together?|How many {x} do the two of them have in all?|What is the total number of {x} that {p} and {q} have?|How many {x} do they have altogether?]", "how many {x} {p} and {q} have together")
        return
    if cur.value == other.value:
        raise Unfit("no difference")
    (big, small, h, l) = (cur, other, "p", "q") if cur.value > other.value else (other, cur, "q", "p")
    gap = s.derive(big, "-", small, f"how many more {{x}} {{{h}}} has than {{{l}}}", WHY["difference"])
    s.ask(gap, f"[How many more {{x}} does {{{h}}} have than {{{l}}}?|How many fewer {{x}} does {{{l}}} have than {{{h}}}?|What is the difference between the numbers of {{x}} that {{{h}}} and {{{l}}} have?|By how many {{x}} is {{{h}}} ahead of {{{l}}}?]",
          f"how many more {{x}} {{{h}}} has than {{{l}}}")


@ending
def shared(s, cur):
    k = s.given(s.divisor(cur.value), "they are shared by {it} friends")
    s.say("[{p.i} <share> all the {x} equally among {k} friends.|Then {p.i} <split> them evenly between {k} friends.|{k} friends <+share> all of the {x} equally.|{p.i} <divide> all {p.his} {x} equally among {k} children.]", k=k)
    each = s.derive(cur, "/", k, "the number of {x} each one gets", WHY["share"])
    s.ask(each, "[How many {x} does each of them get?|How many {x} <do> each one get?|What is the share of each one?]", "how many {x} each one gets")


@ending
def packed(s, cur):
    if "c" not in s.values:
        s.noun("c", "container")
    s.noun("d", "container")
    k = s.given(s.divisor(cur.value), "{it} {x} go into each {d.s}")
    s.say("[{p.i} <put> {k} {x} in each {d.s}.|{p.i} <pack> all the {x} into {d}, {k} in each.|Now {p.i} <want> to put the {x} into {d} that hold {k} {x} each.|Each {d.s} <hold> {k} {x}.]", k=k)
    boxes = s.derive(cur, "/", k, "the number of {d}", WHY["fill"])
    s.ask(boxes, "[How many {d} <do> {p} need?|How many {d} <do> {p} need for all the {x}?|How many {d} are needed for all the {x}?|How many {d} can {p.i} fill?]", "how many {d} are filled")


@ending
def still_needed(s, cur):
    goal = s.given(cur.value + s.amount(2, 60), "{p} wants {it} {x} in all")
    s.say("[{p.i} <want> to have {t} {x} in all.|{p.my} goal <be> to have {t} {x}.|{p.i} <need> {t} {x} for a [party|project|game].]", t=goal)
    gap = s.derive(goal, "-", cur, "the number of {x} still missing", WHY["missing"])
    s.ask(gap, "[How many more {x} does {p.i} need?|How many {x} are still missing?|How many more {x} must {p} get to reach the goal?]", "how many more {x} {p} needs")


@ending
def sold(s, cur):
    price = s.given(s.draw(2, 12), "each is sold for {it}", unit="$")
    s.say("[{p.i} <sell> all the {x} for {m} each.|Then {p.i} <sell> every one of them at {m} apiece.|At a market, {p.i} <sell> all of them for {m} each.]", m=price)
    money = s.derive(cur, "*", price, "the money {p} gets for the {x}", WHY["price"], unit="$")
    s.ask(money, "[How much money does {p.i} get?|How many dollars does {p} get for the {x}?|How much <do> {p} earn with the {x}?]", "the money {p} gets for the {x}")


def middle(s, states, question, about):
    """Asks for a quantity before the last one, named by what was said of it; what came later does not matter then. False where none can be named."""
    named = [(q, q.what[q.what.index(" after "):]) for q in states[:-1] if q.how and " after " in q.what and not q.what.endswith(("after that", "those days", "the increase"))]
    if not named:
        return False
    quantity, when = s.r.choice(named)
    s.ask(quantity, question.replace("WHEN", when.strip()), about + when)
    return True


def compose(s, max_changes=2, end=None):
    """A source, some changes and an ending. With `end` that ending, which may go on with another story."""
    s.person("p")
    s.noun("x", "thing", "thing", "food", "school", "flower")
    begin = s.r.choice(SOURCES)
    states = [begin(s)]
    kinds = [begin.__name__]
    for _ in range(s.pick(*range(max_changes + 1))):
        turn = s.r.choice(CHANGES)
        if turn.__name__ in kinds:
            continue
        states.append(turn(s, states[-1]))
        kinds.append(turn.__name__)
    s.kinds = kinds
    aside(s, 0.12)
    if end is None and len(kinds) > 2 and s.chance(0.15) and middle(s, states, "How many {x} did {p} have right WHEN?", "the number of {x} {p} had"):
        s.kinds = kinds + ["middle"]
        return
    end = end or (final if s.chance(0.35) and len(kinds) > 1 else s.r.choice(ENDINGS[1:]))
    s.kinds = kinds + [end.__name__]
    end(s, states[-1])
