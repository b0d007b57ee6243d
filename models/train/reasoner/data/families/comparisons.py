"""More, fewer, times as many: any of the larger, the smaller and the difference is asked for, and chains of such comparisons."""

from ..english import times
from .registry import family
from .why import WHY

# (what is compared, verb in the story's tense, plain verb, comparison words more / less, unit in question)
MEASURES = (("books", "<read>", "read"), ("miles", "<walk>", "walk"), ("laps", "<swim>", "swim"), ("push-ups", "<do>", "do"), ("pages", "<write>", "write"), ("dollars", "<save>", "save"), ("cards", "<collect>", "collect"), ("pounds of apples", "<pick>", "pick"), ("tickets", "<sell>", "sell"),
            ("goals", "<score>", "score"), ("fish", "<catch>", "catch"), ("cups", "<wash>", "wash"), ("pictures", "<draw>", "draw"), ("votes", "<get>", "get"), ("emails", "<send>", "send"), ("boxes", "<carry>", "carry"), ("trees", "<plant>", "plant"), ("words", "<learn>", "learn"))


def scene(s):
    s.person("p"), s.person("q")
    x, verb, plain = s.r.choice(MEASURES)
    s.values["x"] = x
    return verb, plain


def idle(s, chance=0.3):
    if s.chance(chance):
        s.person("z")
        n = s.given(s.amount(2, 80))
        template, fact = s.pick(("{z} <be> there, too, with {n} {x}.", "{z} has {it} {x}"), ("{p} <be> {n} years old.", "{p} is {it} years old"), ("{z} <watch> them for {n} minutes.", "{z} watches for {it} minutes"), ("They have known each other for {n} months.", "they have known each other for {it} months"))
        s.fact(n, fact)
        s.say(template, n=n)


@family(weight=3, group="one_step")
def larger_unknown(s):
    verb, plain = scene(s)
    a, b = s.given(s.amount(3), "{p} has {it} {x}"), s.given(s.amount(2, 60), "{q} has {it} more {x} than {p}")
    s.say(f"[{{p}} {verb} {{a}} {{x}}. {{q}} {verb} {{b}} more {{x}} than {{p}}.|{{p}} {verb} {{a}} {{x}}, which <be> {{b}} fewer than {{q}} {verb}.|{{q}} {verb} {{b}} more {{x}} than {{p}}, who {verb} {{a}}.|{{p}} {verb} {{b}} fewer {{x}} than {{q}}. {{p}} {verb} {{a}} {{x}}.]", a=a, b=b)
    idle(s)
    big = s.derive(a, "+", b, "the number of {x} of {q}", WHY["more"])
    s.ask(big, f"[How many {{x}} did {{q}} {plain}?|What is {{q}}'s number of {{x}}?]", "the number of {x} of {q}")


@family(weight=3, group="one_step")
def smaller_unknown(s):
    verb, plain = scene(s)
    a = s.given(s.amount(8), "{p} has {it} {x}")
    b = s.given(s.draw(2, a.value - 2), "{q} has {it} fewer {x} than {p}")
    s.say(f"[{{p}} {verb} {{a}} {{x}}. {{q}} {verb} {{b}} fewer {{x}} than {{p}}.|{{p}} {verb} {{a}} {{x}}, which <be> {{b}} more than {{q}} {verb}.|{{q}} {verb} {{b}} fewer {{x}} than {{p}}, who {verb} {{a}}.|{{p}} {verb} {{b}} more {{x}} than {{q}}. {{p}} {verb} {{a}} {{x}}.]", a=a, b=b)
    idle(s)
    small = s.derive(a, "-", b, "the number of {x} of {q}", WHY["fewer"])
    s.ask(small, f"[How many {{x}} did {{q}} {plain}?|What is {{q}}'s number of {{x}}?]", "the number of {x} of {q}")


@family(weight=2, group="one_step")
def difference_unknown(s):
    verb, plain = scene(s)
    a = s.given(s.amount(8), "{p} has {it} {x}")
    b = s.given(s.draw(2, a.value - 1), "{q} has {it} {x}")
    s.say(f"[{{p}} {verb} {{a}} {{x}}. {{q}} {verb} {{b}} {{x}}.|{{q}} {verb} {{b}} {{x}}, and {{p}} {verb} {{a}}.|While {{q}} {verb} {{b}} {{x}}, {{p}} {verb} {{a}} {{x}}.]", a=a, b=b)
    idle(s)
    gap = s.derive(a, "-", b, "how many more {x} {p} has than {q}", WHY["difference"])
    s.ask(gap, f"[How many more {{x}} did {{p}} {plain} than {{q}}?|How many fewer {{x}} did {{q}} {plain} than {{p}}?|What is the difference between their numbers of {{x}}?]", "how many more {x} {p} has than {q}")


@family(weight=2, group="one_step")
def times_unknown(s):
    verb, plain = scene(s)
    k, small = s.pick(2, 3, 4, 5, 6), s.amount(3, 40)
    mode = s.pick("large", "small", "factor")
    if mode == "large":
        n, f = s.given(small, "{p} has {it} {x}"), s.given(k, "{q} has {it} times as many", mention=True)
        s.say(f"[{{p}} {verb} {{n}} {{x}}. {{q}} {verb} {times(k)} as many.|{{q}} {verb} {times(k)} as many {{x}} as {{p}}, who {verb} {{n}}.]", n=n)
        idle(s)
        t, who = s.derive(n, "*", f, "the number of {x} of {q}", WHY["multiple"]), "q"
    elif mode == "small":
        n, f = s.given(small * k, "{q} has {it} {x}"), s.given(k, "{q} has {it} times as many as {p}", mention=True)
        s.say(f"[{{q}} {verb} {{n}} {{x}}. This <be> {times(k)} as many as {{p}} {verb}.|{{q}} {verb} {{n}} {{x}}, {times(k)} as many as {{p}}.|{{q}} {verb} {times(k)} as many {{x}} as {{p}}. {{q}} {verb} {{n}} {{x}}.]", n=n)
        idle(s)
        t, who = s.derive(n, "/", f, "the number of {x} of {p}", WHY["undo_times"]), "p"
    else:
        a, b = s.given(small * k, "{q} has {it} {x}"), s.given(small, "{p} has {it} {x}")
        s.say(f"[{{q}} {verb} {{a}} {{x}} and {{p}} {verb} {{b}}.|{{p}} {verb} {{b}} {{x}}, while {{q}} {verb} {{a}}.]", a=a, b=b)
        idle(s)
        t = s.derive(a, "/", b, "how many times as many {x} {q} has", WHY["fill"])
        s.ask(t, f"How many times as many {{x}} did {{q}} {plain} as {{p}}?", "how many times as many {x} {q} has as {p}")
        return
    s.ask(t, f"[How many {{x}} did {{{who}}} {plain}?|What is {{{who}}}'s number of {{x}}?]", f"the number of {{x}} of {{{who}}}")


@family(weight=3)
def comparison_chain(s):
    """Three or four people, each compared with the one before; asked is the last, the total, or a difference."""
    verb, plain = scene(s)
    people = [s.values["p"], s.values["q"], s.person()]
    if s.chance(0.3):
        people.append(s.person())
    first = s.given(s.amount(4, 60), "{w} has {it} {x}", w=people[0])
    known = [first]
    rendered = [s.tidy_render(f"{{w}} {verb} {{a}} {{x}}.", w=people[0], a=first)]
    for before, who in zip(people, people[1:]):
        cur = known[-1]
        kind = s.pick("more", "fewer", "times", "half")
        if kind == "fewer" and cur.value > 6:
            b = s.given(s.draw(2, cur.value - 3), "{w} has {it} fewer than {v}", w=who, v=before)
            text, op, why = "{b} fewer {x} than", "-", "fewer"
        elif kind == "times" and cur.value < 60:
            k = s.pick(2, 2, 3, 4)
            b = s.given(k, "{w} has {it} times as many as {v}", w=who, v=before, mention=True)
            text, op, why = times(k) + " as many {x} as", "*", "multiple"
        elif kind == "half" and cur.value % 2 == 0 and cur.value > 5:
            b = s.given(2, mention=True)
            b.fact = s.plainly("{w} has half as many as {v}", w=who, v=before)
            text, op, why = "half as many {x} as", "/", "part"
        else:
            b = s.given(s.amount(2, 40), "{w} has {it} more than {v}", w=who, v=before)
            text, op, why = "{b} more {x} than", "+", "more"
        rendered.append(s.tidy_render(f"{{w}} {verb} {text} {{v}}.", w=who, v=before, b=b))
        known.append(s.derive(cur, op, b, "the number of {x} of {w}", WHY[why], w=who))
    if s.chance(0.35):
        rendered.reverse()
    s.sentences += rendered
    mode = s.pick("last", "total", "difference")
    if mode == "last":
        s.ask(known[-1], f"How many {{x}} did {{w}} {plain}?", "the number of {x} of {w}", w=people[-1])
    elif mode == "total":
        cur = known[0]
        for i, q in enumerate(known[1:]):
            cur = s.derive(cur, "+", q, "the number of {x} of " + ("the first two" if i == 0 else "all so far" if i + 2 < len(known) else "all together"), WHY["together" if i == 0 else "gain"])
        s.ask(cur, f"[How many {{x}} did they {plain} in all?|How many {{x}} did all of them {plain} together?|What is the total number of {{x}}?]", "the number of {x} of all together")
    else:
        a, b, w, v = known[0], known[-1], people[0], people[-1]
        if a.value == b.value:
            b = known[1]
            v = people[1]
        hi, lo, w, v = (a, b, w, v) if a.value > b.value else (b, a, v, w)
        gap = s.derive(hi, "-", lo, "how many more {x} {w} has than {v}", WHY["difference"], w=w, v=v)
        s.ask(gap, f"[How many more {{x}} did {{w}} {plain} than {{v}}?|How many fewer {{x}} did {{v}} {plain} than {{w}}?]", "how many more {x} {w} has than {v}", w=w, v=v)


@family(weight=1.3)
def both_and_then(s):
    """One compared with another, then one of them changes."""
    verb, plain = scene(s)
    a, b = s.given(s.amount(5, 80), "{q} has {it} {x}"), s.given(s.amount(2, 40), "{p} has {it} more than {q} at first")
    c = s.given(s.amount(2, 40), "{p} gets {it} more later")
    s.say(f"[{{q}} {verb} {{a}} {{x}} on Monday. {{p}} {verb} {{b}} more {{x}} than {{q}} that day.|On Monday {{p}} {verb} {{b}} more {{x}} than {{q}}, who {verb} {{a}}.] [On Tuesday {{p}} {verb} {{c}} [more |]{{x}}.|The next day, {{p}} {verb} another {{c}} {{x}}.]", a=a, b=b, c=c)
    monday = s.derive(a, "+", b, "the number of {x} of {p} on Monday", WHY["more"])
    both = s.derive(monday, "+", c, "the number of {x} of {p} on both days", WHY["together"])
    if s.chance(0.5):
        s.ask(both, f"[How many {{x}} did {{p}} {plain} on both days together?|How many {{x}} did {{p}} {plain} in all?]", "the number of {x} of {p} on both days")
        return
    gap = s.derive(both, "-", a, "how many more {x} {p} has than {q}", WHY["difference"])
    s.ask(gap, f"How many more {{x}} did {{p}} {plain} on both days than {{q}} on Monday?", "how many more {x} {p} has than {q}")


@family(weight=1.3)
def total_and_difference(s):
    """Two parts with a known sum and a known difference."""
    x, y, place = s.pick(("girls", "boys", "In a school"), ("adults", "children", "At a show"), ("cats", "dogs", "In a shelter"), ("roses", "tulips", "In a garden"), ("novels", "comics", "On a shelf"), ("cars", "trucks", "On a ferry"),
                         ("red balls", "blue balls", "In a box"), ("hens", "ducks", "On a farm"), ("women", "men", "In a choir"), ("oaks", "birches", "In a forest"), ("forks", "spoons", "In a drawer"))
    s.values.update(x=x, y=y)
    small, gap = s.amount(3, 80), s.amount(2, 40)
    d = s.given(gap, "there are {it} more {x} than {y}")
    mode = s.pick("from_part", "from_part", "from_sum")
    if mode == "from_part":
        know, other = s.pick(("x", "y"), ("y", "x"))
        k = s.given(small + gap if know == "x" else small, f"there are {{it}} {{{know}}}")
        s.say(f"[{place} there <+be> {{d}} more {{x}} than {{y}}. There <+be> {{k}} {{{know}}}.|{place} there <+be> {{k}} {{{know}}} and some {{{other}}}. There <+be> {{d}} more {{x}} than {{y}}.]", d=d, k=k)
        o = s.derive(k, "-" if know == "x" else "+", d, f"the number of {{{other}}}", WHY["fewer" if know == "x" else "more"])
        t = s.derive(k, "+", o, "the number of {x} and {y}", WHY["together"])
        s.ask(t, "[How many {x} and {y} are there in all?|What is the total number of {x} and {y}?]", "the number of {x} and {y} in all")
        return
    t = s.given(2 * small + gap, "there are {it} in all")
    s.say(f"[{place} there <+be> {{t}} {{x}} and {{y}} in all, with {{d}} more {{x}} than {{y}}.|{place} there <+be> {{d}} more {{x}} than {{y}}. Together there <+be> {{t}} of them.]", t=t, d=d)
    two = s.known(2, "")
    even = s.derive(t, "-", d, "the number that would be left if there were as few {x} as {y}", "[without the {b} extra {x} both numbers are the same|take away the difference, so that both parts are equal]")
    part = s.derive(even, "/", two, "the number of {y}", "[two equal parts make {a}, so divide by 2|both parts are equal now, so one is half of {a}]")
    if s.chance(0.5):
        s.ask(part, "How many {y} are there?", "the number of {y}")
    else:
        big = s.derive(part, "+", d, "the number of {x}", WHY["more"])
        s.ask(big, "How many {x} are there?", "the number of {x}")
