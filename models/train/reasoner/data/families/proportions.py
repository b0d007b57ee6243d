"""Proportions: one scaled to many, rates of work alone and together, regular steps, equal totals, sharing by more or fewer, exchange; each in many themes."""

import re

from ..english import choose, parse
from ..story import Unfit
from .one_step import aside
from .proportion_themes import EQUALS, EXCHANGES, GROWTHS, SHARES, USES, WORKS
from .registry import JUDGED, family
from .why import WHY

HOW_OFTEN = "[to see how many times as many there are, divide {a} by {b}|we count how often {b} goes into {a}, so we divide|{a} is a multiple of {b}, and division shows which one]"
SCALE = "[so many times as many means so many times the amount, so multiply {a} and {b}|both numbers grow by the same factor, so multiply|the known amount is taken {b} times, so this is {a} times {b}]"
ADD_SPEEDS = "[both do their part at the same time, so we add {a} and {b}|working side by side, the two speeds add up|in the same time we get {a} and also {b}, so add]"
CHANGES = "[from the first to the last there is one step fewer, so subtract 1|the first one has no change yet, so take 1 away from {a}]"
CONNECTIVE = re.compile(r"^(?:But|Then|Also|Luckily,|So|After that,?) ")
PRESENT = re.compile(r"[.;] |\b(?:can|must|will|would|could|if|when|until|have to|has|wants|fits?|make|gives?|needs?\?|work)\b|what is|What is|remain|what remains|stays?\b")
PAST = {"do": "did", "does": "did", "is": "was", "are": "were"}
AUXILIARY = re.compile(r"\b(?:do|does|is|are)\b")
MEASURES = ("liters", "milligrams", "kilograms", "kilometers", "grams", "hours", "meters", "cups", "watts", "megabytes")
ORDINALS = {3: "third", 4: "fourth", 5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth"}


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


# so much for each


def use(s):
    u = s.r.choice(USES)
    s.person("p")
    verb, _, rest = u.v.partition(" ")
    s.values.update(x=u.x, B=u.B, o=u.o)
    return u, f"<{verb}> {rest}".strip(), f"<+{verb}> {rest}".strip()


def tell_sample(s, u, many, n, m):
    tell(s, u.some if s.chance(0.8) else f"{{n}} {{B}} {many} {{m}} {{x}} in all, the same for each one.", m, f"{{n}} {{B}} {many} {{m}} {{x}}", n=n, m=m)
    n.fact = ""


def tell_each(s, u, one, rate):
    tell(s, u.each if s.chance(0.8) else f"[Each {{o}} {one} {{m}} {{x}}|One {{o}} {one} {{m}} {{x}}].", rate, f"one {{o}} {one} {{m}} {{x}}", m=rate)


def rate_of(s, u, one, many):
    """The stuff for one thing: told, or to be found from a sample."""
    rate = s.draw(u.low, u.top)
    if s.chance(0.65):
        each = s.given(rate)
        tell_each(s, u, one, each)
        return each
    n = s.given(s.draw(2, 9))
    m = s.given(rate * n.value)
    tell_sample(s, u, many, n, m)
    return s.derive(m, "/", n, "the {x} for one {o}", WHY["share"])


def ask_much(s, u, total, b):
    told_last(s, b)
    ask(s, total, u.much if s.chance(0.85) else "[What is the number of {x} for {b} {B}?|{b} {B} make how many {x}?|How many {x} is that for {b} {B}?]" if u.gives else "[What is the number of {x} for {b} {B}?|How many {x} is that for {b} {B}?]", "the number of {x} for {b} {B}", b=b)


def sample_size(s, u, n):
    """The stuff for n things; only measures such as grams may be split into parts that are not whole."""
    return s.draw(max(2, n * u.low), n * u.top) if u.x.split(" ")[0] in MEASURES else n * s.draw(u.low, u.top)


def scaled(s, u, one, many):
    """n things take m: what do b take? By one thing, or by how many times n is in b."""
    n = s.given(s.draw(2, 9))
    if s.chance(0.5):
        m = s.given(n.value * s.draw(u.low, u.top))
        b = s.given(other_than(s, n.value, 2, 20), "[we need the {x} for {it} {B}|now there are {it} {B}]")
        tell_sample(s, u, many, n, m)
        aside(s, 0.15)
        per = s.derive(m, "/", n, "the {x} for one {o}", WHY["share"])
        ask_much(s, u, s.derive(per, "*", b, "the {x} for {b} {B}", WHY["each"], b=b), b)
    else:
        m, b = s.given(sample_size(s, u, n.value)), s.given(n.value * s.draw(2, 9), "[we need the {x} for {it} {B}|now there are {it} {B}]")
        tell_sample(s, u, many, n, m)
        aside(s, 0.15)
        factor = s.derive(b, "/", n, "how many times {n} {B} are in {c} {B}", HOW_OFTEN, n=n, c=b)
        ask_much(s, u, s.derive(m, "*", factor, "the {x} for {c} {B}", SCALE, c=b), b)


def scaled_back(s, u, one, many):
    """n things take m: how many take t?"""
    n = s.given(s.draw(2, 9))
    if s.chance(0.5):
        rate = s.draw(u.low, u.top)
        m, t = s.given(n.value * rate), s.given(rate * other_than(s, n.value, 2, 20), "now there are {it} {x}")
        tell_sample(s, u, many, n, m)
        aside(s, 0.15)
        per = s.derive(m, "/", n, "the {x} for one {o}", WHY["share"])
        count = s.derive(t, "/", per, "the number of {B} for {t} {x}", WHY["fill"], t=t)
    else:
        m = s.given(sample_size(s, u, n.value))
        t = s.given(m.value * s.draw(2, 9), "now there are {it} {x}")
        tell_sample(s, u, many, n, m)
        aside(s, 0.15)
        factor = s.derive(t, "/", m, "how many times {m} {x} are in {t} {x}", HOW_OFTEN, m=m, t=t)
        count = s.derive(n, "*", factor, "the number of {B} for {t} {x}", SCALE, t=t)
    told_last(s, t)
    ask(s, count, u.many, "the number of {B} for {t} {x}", t=t)


def deed(s, u, b):
    tell(s, u.deed, b, None, b=b)


def left(s, u, one, many):
    """What is left of a stock, or missing from an order, after b things."""
    if not u.stock:
        raise Unfit("nothing to use up")
    rate = rate_of(s, u, one, many)
    b = s.given(s.draw(2, 12))
    used = s.derive(rate, "*", b, "the {x} of {b} {B}", WHY["each"], b=b)
    t = s.given(used.value + s.draw(2, s.pick(20, 60)))
    told, before = list(s.sentences), list(s.givens[:-2])
    tell(s, u.stock, t, "{t} {x} are wanted in all" if u.gives else "there are {t} {x}", t=t)
    if s.chance(0.4):  # the stock comes first
        s.sentences = s.sentences[len(told):] + told
        told_last(s, *before)
    deed(s, u, b)
    aside(s, 0.1)
    q = s.derive(t, "-", used, "the {x} still missing" if u.gives else "the {x} left", WHY["missing" if u.gives else "lose"])
    if s.chance(0.2):
        count = s.derive(q, "/", rate, "the number of further {B}", WHY["fill"])
        ask(s, count, "[How many more {B} does it take to get there?|How many further {B} will make up the rest?]" if u.gives else "[For how many more {B} is the rest enough?|How many further {B} can be served with what is left?]", "the number of further {B} for the rest")
        return
    ask(s, q, u.left, "the number of {x} still missing" if u.gives else "the number of {x} left")


def in_packs(s, u, one, many):
    """The stuff for b things comes in packs."""
    if not u.packs:
        raise Unfit("no packs")
    s.values.update(K=u.packs[0], k1=u.packs[1])
    rate = rate_of(s, u, one, many)
    b = s.given(s.draw(2, 12), "there are {it} {B}")
    total = s.derive(rate, "*", b, "the {x} of {b} {B}", WHY["each"], b=b)
    k = s.given(s.divisor(total.value, rate.value + 1, 300))
    tell(s, "[One {k1} <hold> {k} {x}|There <+be> {k} {x} in every {k1}|Each {k1} <have> {k} {x} in it|{k} {x} <+fill> a {k1}].", k, "one {k1} holds {k} {x}", k=k)
    told_last(s, b)
    q = s.derive(total, "/", k, "the number of {K}", WHY["fill"])
    ask(s, q, "[How many {K} can be filled from {b} {B}?|How many {K} do {b} {B} make?]" if u.gives else "[How many {K} are needed for {b} {B}?|How many {K} does it take for {b} {B}?|{b} {B} are planned. How many {K} is that?]", "the number of {K} for {b} {B}", b=b)


def changed_plan(s, u, one, many):
    """More or fewer things than planned."""
    rate = rate_of(s, u, one, many)
    b, up = s.given(s.draw(4, 20), "{it} {B} are planned"), s.chance(0.5)
    d = s.given(s.draw(2, 9 if up else b.value - 2), "{it} {B} are added" if up else "{it} {B} are taken away from the plan")
    s.say("[There <+be> plans for {b} {B}, and then {d} more <+be> added.|At first {b} {B} <+be> planned. Later {d} others <+be> added to them.|The plan <be> {b} {B}, but {d} more <+be> put on the list.]" if up else
          "[There <+be> plans for {b} {B}, but then {d} of them <+be> dropped.|At first {b} {B} <+be> planned. Later {d} of them <+be> taken off the list.|Of {b} planned {B}, {d} <+be> left out in the end.]", b=b, d=d)
    count = s.derive(b, "+" if up else "-", d, "the number of {B} in the end", WHY["gain" if up else "lose"])
    q = s.derive(count, "*", rate, "the {x} for all the {B}", WHY["each"])
    ask(s, q, "[How many {x} is that in the end?|What is the number of {x} in the end?|How many {x} is that for all the {B} that remain in the plan?]", "the number of {x} for all the {B}")


def with_extra(s, u, one, many):
    if not (u.packs or u.gives):
        raise Unfit("no reserve of such things")
    rate = rate_of(s, u, one, many)
    b = s.given(s.draw(2, 15), "there are {it} {B}")
    e = s.given(s.draw(2, 40))
    tell(s, "[Another {e} {x} <+be> there already|From an earlier time, {e} {x} <+be> there too|{e} {x} from elsewhere <+come> on top]." if u.gives else "[Another {e} {x} <+be> set aside as a reserve|A reserve of {e} {x} <be> to be kept as well|{e} {x} more should stay in reserve].", e, "{e} {x} come on top" if u.gives else "{e} {x} are a reserve", e=e)
    told_last(s, b)
    part = s.derive(rate, "*", b, "the {x} of {b} {B}", WHY["each"], b=b)
    q = s.derive(part, "+", e, "the {x} in all", WHY["together"])
    ask(s, q, "[How many {x} is that in all with {b} {B}?|What is the total of {x} with {b} {B}?]" if u.gives else "[With {b} {B}, how many {x} are needed in all?|How many {x} must there be for {b} {B} and the reserve?]", "the number of {x} in all with {b} {B}", b=b)


def two_numbers(s, u, one, many):
    """How much more a larger number of things makes."""
    rate = rate_of(s, u, one, many)
    n, b = s.given(s.draw(2, 12)), s.given(s.draw(2, 20))
    if b.value - n.value < 2:
        raise Unfit("no difference")
    when, then = s.pick(("yesterday", "today"), ("last week", "this week"), ("on Monday", "on Tuesday"), ("in May", "in June"), ("last time", "this time"))
    s.fact(n, f"it <be> {{it}} {{B}} {when}")
    s.fact(b, f"it <be> {{it}} {{B}} {then}")
    s.say(f"[{when}, it <be> {{n}} {{B}}; {then}, it <be> {{b}}.|{then} it <be> {{b}} {{B}}, but {when} it <be> only {{n}}.|The number of {{B}} <go> up from {{n}} {when} to {{b}} {then}.]", n=n, b=b)
    gap = s.derive(b, "-", n, f"how many more {{B}} there are {then}", WHY["difference"])
    q = s.derive(gap, "*", rate, f"how many more {{x}} it is {then}", WHY["each"])
    ask(s, q, f"[How many more {{x}} is that {then} than {when}?|By how many {{x}} is it more {then} than {when}?]", f"how many more {{x}} it is {then} than {when}")


@family(weight=3)
def use_story(s):
    u, one, many = use(s)
    s.pick(scaled, scaled, scaled, scaled_back, scaled_back, left, left, left, in_packs, changed_plan, with_extra, two_numbers)(s, u, one, many)
    joined(s)


# work


def definite(who):
    for start, the in (("a ", "the "), ("one ", "the first "), ("another ", "the other ")):
        if who.startswith(start):
            return the + who[len(start):]
    return who


def work(s):
    w = s.r.choice(WORKS)
    s.person("p")
    if w.C == "{q}":
        s.person("q")
    s.values.update(x=w.x, u=w.u, U=w.u + "s")
    return w, definite(w.A), definite(w.C)


def tell_rate(s, w, a):
    generic = f"[{w.A} <{w.v}> {{a}} {{x}} every {{u}}|Every {{u}}, {w.A} <{w.v}> {{a}} {{x}}|{w.A} <{w.v}> {{x}} at a speed of {{a}} per {{u}}]."
    tell(s, w.rate if s.chance(0.6) else generic, a, f"{w.A} <{w.v}> {{a}} {{x}} per {{u}}", a=a)


def tell_second(s, w, b):
    tell(s, w.second if s.chance(0.75) else f"[{w.C} <{w.v}> {{b}} {{x}} per {{u}}|In the same time, {w.C} <{w.v}> {{b}}].", b, f"{w.C} <{w.v}> {{b}} {{x}} per {{u}}", b=b)


def tell_job(s, w, t):
    tell(s, w.job, t, f"{{t}} {{x}} are to be {w.done}", t=t)


def speeds(s):
    return s.given(s.draw(2, s.pick(12, 40))), s.draw(2, s.pick(9, 15))


def rest_of_job(s, w, A, C):
    a, h = speeds(s)
    h = s.given(h, f"{A} <work> for {{it}} {{U}}")
    t = s.given(a.value * h.value + s.draw(2, 80))
    parts = [lambda: tell_rate(s, w, a), lambda: tell_job(s, w, t)]
    if s.chance(0.4):
        parts.reverse()
    for part in parts:
        part()
    told_last(s, h)
    done = s.derive(a, "*", h, f"the {{x}} {w.done} in {{h}} {{U}}", WHY["each"], h=h)
    q = s.derive(t, "-", done, f"the {{x}} not yet {w.done}", WHY["missing"])
    ask(s, q, f"[How many {{x}} are not yet {w.done} after {{h}} {{U}}?|When {{h}} {{U}} are over, how many {{x}} still have to be {w.done}?|How many {{x}} are left for {A} after {{h}} {{U}} of work?]", f"the number of {{x}} not yet {w.done} after {{h}} {{U}}", h=h)


def time_for_rest(s, w, A, C):
    a, h = speeds(s)
    e = s.given(s.draw(2, 60))
    t = s.given(a.value * h + e.value)
    job_first = s.chance(0.6)
    if job_first:
        tell_job(s, w, t)
    else:
        tell_rate(s, w, a)
        tell_job(s, w, t)
    tell(s, f"[{{e}} of the {{x}} <+be> {w.done} already|So far {{e}} {{x}} <+be> {w.done}|The day before, {{e}} of them <+be> {w.done}].", e, f"{{e}} {{x}} are {w.done} already", e=e)
    if job_first:
        tell_rate(s, w, a)
    rest = s.derive(t, "-", e, f"the {{x}} not yet {w.done}", WHY["missing"])
    q = s.derive(rest, "/", a, "the {U} for the rest", WHY["fill"])
    ask(s, q, f"[How many {{U}} does {A} need for the rest?|In how many {{U}} is the rest {w.done} by {A}?|How many {{U}} will it take {A} to be ready with all others?]", "the number of {U} for the rest")


def together(s, w, A, C):
    """(a + b) * h, or t / (a + b)."""
    a, h = speeds(s)
    b = s.given(other_than(s, a.value, 2, 40))
    both = s.derive(a, "+", b, "the {x} both do per {u}", ADD_SPEEDS)
    pair = f"{A} and {C}"
    if s.chance(0.5):
        h = s.given(h, "they work for {it} {U}")
        tell_rate(s, w, a)
        tell_second(s, w, b)
        aside(s, 0.1)
        told_last(s, h)
        q = s.derive(both, "*", h, "the {x} of both in {h} {U}", WHY["each"], h=h)
        ask(s, q, f"[How many {{x}} do {pair} {w.v} together in {{h}} {{U}}?|How many {{x}} are {w.done} in {{h}} {{U}} when both work side by side?|Side by side, how many {{x}} do the two of them {w.v} in {{h}} {{U}}?|In {{h}} {{U}}, how many {{x}} do both {w.v} in all?]", "the number of {x} of both in {h} {U}", h=h)
        return
    t = s.given(both.value * h)
    first = s.chance(0.35)
    if first:
        tell_job(s, w, t)
    tell_rate(s, w, a)
    tell_second(s, w, b)
    if not first:
        tell_job(s, w, t)
    q = s.derive(t, "/", both, "the {U} for both together", WHY["fill"])
    ask(s, q, f"[How many {{U}} do {pair} need together?|Working side by side, how many {{U}} do the two of them need?|After how many {{U}} is everything {w.done} if both work at the same time?|How many {{U}} does it take when both work together?]", "the number of {U} for both together")


def head_start(s, w, A, C):
    """One begins alone, then both work until the job is done."""
    a, h = speeds(s)
    b, k = s.given(s.draw(2, 30)), s.given(s.draw(2, 9))
    t = s.given(a.value * k.value + (a.value + b.value) * h)
    tell_job(s, w, t)
    tell_rate(s, w, a)
    tell(s, f"[For {{k}} {{U}} {A} <work> alone|{A} <work> alone for {{k}} {{U}}|In the first {{k}} {{U}} only {A} <be> at work].", k, f"{A} <work> alone for {{k}} {{U}}", k=k)
    tell(s, f"[Then {C} <begin> to work beside {A} at a speed of {{b}} {{x}} per {{u}}|After that {C} <help>, at {{b}} {{x}} per {{u}}].", b, f"then {C} <{w.v}> {{b}} {{x}} per {{u}}", b=b)
    alone = s.derive(a, "*", k, f"the {{x}} {w.done} by {A} alone", WHY["each"])
    rest = s.derive(t, "-", alone, f"the {{x}} not yet {w.done}", WHY["missing"])
    if s.chance(0.3):
        ask(s, rest, f"[How many {{x}} are left when {C} comes in?|How many {{x}} are not yet {w.done} when both start to work side by side?]", f"the number of {{x}} left when {C} comes in")
        return
    both = s.derive(a, "+", b, "the {x} both do per {u}", ADD_SPEEDS)
    ask(s, s.derive(rest, "/", both, "the {U} of working together", WHY["fill"]), "[How many {U} do they work side by side until all is done?|For how many {U} do both work together to finish?]", "the number of {U} both work together")


def from_sample(s, w, A, C):
    """So many in so long: how many in another time, or how long for others."""
    a, h = speeds(s)
    k = other_than(s, h, 2, 15)
    h, m = s.given(h), s.given(a.value * h)
    a.mentioned = False
    tell(s, f"[{w.A} <{w.v}> {{m}} {{x}} in {{h}} {{U}}|In {{h}} {{U}}, {w.A} <{w.v}> {{m}} {{x}}|It <take> {w.A} {{h}} {{U}} to {w.v} {{m}} {{x}}|{{m}} {{x}} <+be> {w.done} by {w.A} in {{h}} {{U}}].", m, f"{w.A} <{w.v}> {{m}} {{x}} in {{h}} {{U}}", m=m, h=h)
    if s.chance(0.4):
        s.say("[The speed never <change>.|Every {u} <be> the same.]")
    aside(s, 0.15)
    per = s.derive(m, "/", h, "the {x} in one {u}", WHY["share"])
    if s.chance(0.55):
        k = s.given(k, "now the time is {it} {U}")
        q = s.derive(per, "*", k, "the {x} in {k} {U}", WHY["each"], k=k)
        ask(s, q, f"[How many {{x}} are {w.done} in {{k}} {{U}} at this speed?|At the same speed, how many {{x}} does {A} {w.v} in {{k}} {{U}}?|How many {{x}} can {A} {w.v} in {{k}} {{U}}?]", "the number of {x} in {k} {U}", k=k)
    else:
        t = s.given(a.value * k, f"now {{it}} {{x}} are to be {w.done}")
        q = s.derive(t, "/", per, "the {U} for {t} {x}", WHY["fill"], t=t)
        ask(s, q, f"[How many {{U}} does {A} need for {{t}} {{x}}?|At the same speed, how many {{U}} are needed for {{t}} {{x}}?|In how many {{U}} are {{t}} {{x}} {w.done}?]", "the number of {U} for {t} {x}", t=t)


def ahead(s, w, A, C):
    """How many more one does in the same time."""
    a, h = speeds(s)
    b, h = s.given(s.draw(2, 40)), s.given(h, "the time is {it} {U}")
    if abs(a.value - b.value) < 2:
        raise Unfit("too close")
    tell_rate(s, w, a)
    tell_second(s, w, b)
    told_last(s, h)
    hi, lo, F, G = (a, b, A, C) if a.value > b.value else (b, a, C, A)
    gap = s.derive(hi, "-", lo, f"how many more {{x}} {F} <{w.v}> per {{u}}", WHY["difference"])
    q = s.derive(gap, "*", h, f"how many more {{x}} {F} <{w.v}> in {{h}} {{U}}", WHY["each"], h=h)
    ask(s, q, f"[How many more {{x}} does {F} {w.v} in {{h}} {{U}} than {G}?|After {{h}} {{U}}, by how many {{x}} is {F} ahead of {G}?|How many fewer {{x}} does {G} {w.v} in {{h}} {{U}} than {F}?]", f"how many more {{x}} {F} <{w.v}> than {G} in {{h}} {{U}}", h=h)


def other_speed(s, w, A, C):
    """Both together do t in h: how fast is the other?"""
    a, h = speeds(s)
    b = s.draw(2, 40)
    h, t = s.given(h), s.given((a.value + b) * h)
    s.fact(t, f"together they <+{w.v}> {{it}} {{x}} in {{h}} {{U}}", h=h)
    sentence = f"[{A} and {C} together <+{w.v}> {{t}} {{x}} in {{h}} {{U}}.|In {{h}} {{U}}, {A} and {C} together <+{w.v}> {{t}} {{x}}.|{{t}} {{x}} <+be> {w.done} in {{h}} {{U}} by {A} and {C} together.]"
    first = s.chance(0.5)
    if first:
        s.say(sentence, t=t, h=h)
        tell(s, f"[{A} alone <{w.v}> {{a}} {{x}} per {{u}}|{{a}} of these {{x}} per {{u}} <+be> {w.done} by {A}].", a, f"{A} <{w.v}> {{a}} {{x}} per {{u}}", a=a)
    else:
        tell_rate(s, w, a)
        s.say(sentence, t=t, h=h)
    both = s.derive(t, "/", h, "the {x} both do per {u}", WHY["share"])
    q = s.derive(both, "-", a, f"the {{x}} {C} <{w.v}> per {{u}}", WHY["missing"])
    ask(s, q, f"[How many {{x}} does {C} {w.v} per {{u}}?|What is the speed of {C} in {{x}} per {{u}}?]", f"the number of {{x}} {C} <{w.v}> per {{u}}")


def with_pause(s, w, A, C):
    a, h = speeds(s)
    pause = s.given(s.draw(2, 6))
    whole = s.given(h + pause.value, f"it is {{it}} {{U}} from beginning to end")
    tell_rate(s, w, a)
    tell(s, f"[For {{k}} {{U}} {A} <have> to stop|{A} <rest> for {{k}} {{U}} of the time|A break of {{k}} {{U}} <be> part of the time].", pause, "the break is {k} {U}", k=pause)
    told_last(s, whole)
    net = s.derive(whole, "-", pause, "the {U} of real work", WHY["lose"])
    q = s.derive(net, "*", a, f"the {{x}} {w.done} in that time", WHY["each"])
    ask(s, q, f"[How many {{x}} are {w.done} in {{h}} {{U}} with the break?|From start to end it is {{h}} {{U}}. How many {{x}} does {A} {w.v}?|How many {{x}} does {A} {w.v} in {{h}} {{U}}, break included?]", f"the number of {{x}} {w.done} in {{h}} {{U}} with the break", h=whole)


def team(s, w, A, C):
    """Several that work alike: what they do, or how long others need for the same job."""
    if w.A.startswith("the "):
        raise Unfit("only one of its kind")
    s.values["W"] = "people" if w.A == "{p}" else w.A.partition(" ")[2] + "s"
    n = s.given(s.draw(2, 9))
    mode = s.pick("total", "time", "other_number")
    if mode == "other_number":
        h, k = s.given(s.draw(2, 20)), s.draw(2, 12)
        if k == n.value or n.value * h.value % k or n.value * h.value == k:
            raise Unfit("does not come out even")
        k = s.given(k, "now there are {it} {W}")
        tell(s, f"[It <take> {{n}} {{W}} {{h}} {{U}} to {w.v} a load of {{x}}|{{n}} {{W}}, all equally fast, <+need> {{h}} {{U}} for a certain number of {{x}}|A certain number of {{x}} <be> {w.done} by {{n}} {{W}} in {{h}} {{U}}].", h, "{n} {W} <+need> {h} {U}", n=n, h=h)
        whole = s.derive(n, "*", h, "the {U} that one alone would need", "[one alone has to do the work of all, so multiply {a} by {b}|the whole work is {a} times {b}, since everyone works the whole time]")
        q = s.derive(whole, "/", k, "the {U} for {k} of them", "[the work is split evenly among {b}, so divide|more hands make it shorter: divide {a} by {b}]" if k.value > n.value else "[the work is split evenly among {b}, so divide|the whole work is shared by {b}, so divide {a} by {b}]", k=k)
        ask(s, q, "[How many {U} do {k} {W} need for the same work?|How many {U} would it take {k} of them?|With {k} {W} at the same speed, how many {U} does the work take?]", "the number of {U} for {k} {W}", k=k)
        return
    a, h = speeds(s)
    tell(s, f"[{{n}} {{W}} <+work> at the same speed, and each of them <{w.v}> {{a}} {{x}} per {{u}}|Each of {{n}} {{W}} <{w.v}> {{a}} {{x}} every {{u}}|There <+be> {{n}} {{W}} at work. Every one of them <{w.v}> {{a}} {{x}} per {{u}}].", a, f"each of {{n}} {{W}} <{w.v}> {{a}} {{x}} per {{u}}", n=n, a=a)
    every = s.derive(n, "*", a, "the {x} of all of them per {u}", WHY["groups"])
    if mode == "total":
        h = s.given(h, "the time is {it} {U}")
        q = s.derive(every, "*", h, "the {x} of all of them in {h} {U}", WHY["each"], h=h)
        ask(s, q, f"[How many {{x}} are {w.done} in {{h}} {{U}}?|How many {{x}} do all of them {w.v} in {{h}} {{U}}?]", "the number of {x} of all of them in {h} {U}", h=h)
    else:
        t = s.given(every.value * h)
        tell_job(s, w, t)
        q = s.derive(t, "/", every, "the {U} for all of them", WHY["fill"])
        ask(s, q, f"[How many {{U}} does it take until all the {{x}} are {w.done}?|How many {{U}} do they need together?]", "the number of {U} for all of them together")


@family(weight=3)
def work_rates(s):
    w, A, C = work(s)
    s.pick(rest_of_job, time_for_rest, together, together, together, head_start, from_sample, from_sample, ahead, other_speed, with_pause, team, team)(s, w, A, C)
    joined(s)


@family(weight=2, group="one_step")
def one_rate(s):
    """A rate with the total, the number or the rate itself unknown."""
    mode = s.pick("total", "number", "rate")
    if s.chance(0.5):
        u, one, many = use(s)
        rate, n = s.draw(u.low, u.top), s.draw(2, 15)
        if mode == "rate":
            n = s.given(n)
            m = s.given(rate * n.value)
            tell_sample(s, u, many, n, m)
            aside(s, 0.3)
            verb = u.v.split(" ")
            q = s.derive(m, "/", n, "the {x} for one {o}", WHY["share"])
            ask(s, q, f"[How many {{x}} does one {{o}} {' '.join(verb)}?|How many {{x}} is that for each {{o}}?|What is the number of {{x}} for one {{o}}?]", "the number of {x} for one {o}")
            return
        each = s.given(rate)
        tell_each(s, u, one, each)
        aside(s, 0.3)
        if mode == "total":
            b = s.given(n, "[we need the {x} for {it} {B}|there are {it} {B}]")
            ask_much(s, u, s.derive(each, "*", b, "the {x} for {b} {B}", WHY["each"], b=b), b)
        else:
            t = s.given(rate * n, "there are {it} {x}")
            ask(s, s.derive(t, "/", each, "the number of {B} for {t} {x}", WHY["fill"], t=t), u.many, "the number of {B} for {t} {x}", t=t)
        return
    w, A, _ = work(s)
    a, h = speeds(s)
    if mode == "rate":
        t, h = s.given(a.value * h), s.given(h)
        tell(s, f"[{w.A} <{w.v}> {{t}} {{x}} in {{h}} {{U}}, always at the same speed|It <take> {w.A} {{h}} {{U}} to {w.v} {{t}} {{x}}|In {{h}} {{U}}, {{t}} {{x}} <+be> {w.done} by {w.A}].", t, f"{w.A} <{w.v}> {{t}} {{x}} in {{h}} {{U}}", t=t, h=h)
        aside(s, 0.3)
        ask(s, s.derive(t, "/", h, "the {x} in one {u}", WHY["share"]), f"[How many {{x}} are {w.done} in one {{u}}?|How many {{x}} does {A} {w.v} per {{u}}?|What is the speed in {{x}} per {{u}}?]", "the number of {x} per {u}")
        return
    tell_rate(s, w, a)
    aside(s, 0.3)
    if mode == "total":
        h = s.given(h, "the time is {it} {U}")
        ask(s, s.derive(a, "*", h, "the {x} in {h} {U}", WHY["each"], h=h), f"[How many {{x}} does {A} {w.v} in {{h}} {{U}}?|How many {{x}} are {w.done} after {{h}} {{U}}?|In {{h}} {{U}}, how many {{x}} are {w.done}?]", "the number of {x} in {h} {U}", h=h)
    else:
        t = s.given(a.value * h)
        tell_job(s, w, t)
        ask(s, s.derive(t, "/", a, "the {U} for all of them", WHY["fill"]), f"[How many {{U}} does {A} need for all of them?|After how many {{U}} are all of them {w.done}?|How many {{U}} does it take {A} to be ready?]", "the number of {U} for all of them")


# regular steps


@family(weight=1.6)
def steady_growth(s):
    growth(s)
    joined(s)


def growth(s):
    g = s.r.choice(GROWTHS)
    s.person("p")
    s.values.update(x=g.x, u=g.u)
    k, d = s.draw(3, s.pick(4, 6, 8)), s.draw(2, s.pick(5, 12))
    sign, back, way = ("-", "+", "fewer") if g.down else ("+", "-", "more")
    a = s.draw(3, g.top) + (d * k if g.down else 0)
    last = a - d * (k - 1) if g.down else a + d * (k - 1)
    word = ORDINALS[k]
    at = "on" if g.u in ("day", "evening") else "in"
    s.values["in"] = at
    mode = s.pick("kth", "kth", "three", "when", "step", "first")
    short_a, short_d = "it <be> {a} {x} {in} the first {u}", f"it <be> {{d}} {{x}} {way} with every {{u}}"

    def changes():
        number = s.given(k, f"the {word} {{u}} is number {{it}}", mention=True)
        return s.derive(number, "-", s.known(1, "nothing changes before the second one"), f"how often it changes until the {word} {{u}}", CHANGES)

    if mode in ("kth", "three", "when"):
        a, d = s.given(a), s.given(d)
        tell(s, g.start, a, short_a, a=a)
        tell(s, g.step, d, short_d, d=d)
        aside(s, 0.1)
        more, less = WHY["more"], WHY["fewer"]
        if mode == "three" and g.total or mode == "kth" and k == 3:
            second = s.derive(a, sign, d, "the {x} {in} the second {u}", less if g.down else more)
            third = s.derive(second, sign, d, "the {x} {in} the third {u}", less if g.down else more)
            if mode == "kth":
                ask(s, third, g.ask, "the number of {x} {in} the third {u}", k="third")
                return
            two = s.derive(a, "+", second, "the {x} of the first two {u}s", WHY["together"])
            ask(s, s.derive(two, "+", third, "the {x} of the first three {u}s", WHY["together"]), g.total, "the number of {x} of the first three {u}s together")
        elif mode != "when":
            change = s.derive(d, "*", changes(), "the whole change", WHY["each"])
            ask(s, s.derive(a, sign, change, f"the {{x}} {{in}} the {word} {{u}}", less if g.down else more), g.ask, f"the number of {{x}} {{in}} the {word} {{u}}", k=word)
        else:
            t = s.given(last, "it comes to {it} {x}")
            change = s.derive(*((a, "-", t) if g.down else (t, "-", a)), "the whole change", WHY["difference"])
            often = s.derive(change, "/", d, "how often it changes", WHY["fill"])
            q = s.derive(often, "+", s.known(1, "the first one has no change"), "the number of the {u}", "[the first one comes before all changes, so add 1|after the first there are {a} more, so it is {a} plus 1]")
            ask(s, q, "[{in} which {u}, counted from the first, is it {t} {x}?|What is the number of the {u} with {t} {x}?]", "the number of the {u} with {t} {x}", t=t)
        return
    z = s.given(last)
    if mode == "step":
        a = s.given(a)
        tell(s, g.start, a, short_a, a=a)
        s.say("[From one {u} to the next, the number always <go> " + ("down" if g.down else "up") + " by the same amount.|After that, every {u} <have> " + ("fewer" if g.down else "more") + " {x} than the one before, always by the same number.]")
        tell(s, f"[{at} the {word} {{u}} it <be> {{z}} {{x}}|The {word} {{u}} <have> {{z}} {{x}}].", z, f"it <be> {{z}} {{x}} {{in}} the {word} {{u}}", z=z)
        change = s.derive(*((a, "-", z) if g.down else (z, "-", a)), "the whole change", WHY["difference"])
        ask(s, s.derive(change, "/", changes(), "the change from one {u} to the next", WHY["share"]), "[By how many {x} does the number change from one {u} to the next?|How many {x} " + way + " is it {in} each {u} than {in} the one before?]", "the change in {x} from one {u} to the next")
        return
    d = s.given(d)
    s.say(g.start.replace("{a}", "a certain number of"))
    tell(s, g.step, d, short_d, d=d)
    tell(s, f"[{at} the {word} {{u}} it <be> {{z}} {{x}}|The {word} {{u}} <have> {{z}} {{x}}].", z, f"it <be> {{z}} {{x}} {{in}} the {word} {{u}}", z=z)
    change = s.derive(d, "*", changes(), "the whole change", WHY["each"])
    ask(s, s.derive(z, back, change, "the {x} {in} the first {u}", WHY["undo_loss" if g.down else "undo_gain"]), "[How many {x} was it {in} the first {u}?|What was the number of {x} {in} the first {u}?]", "the number of {x} {in} the first {u}")


# equal totals


@family(weight=1.2)
def equal_totals(s):
    equal(s)
    joined(s)


def equal(s):
    e = s.r.choice(EQUALS)
    s.person("p")
    s.values.update(g=e.g, g1=e.g1, h=e.h, h1=e.h1, u=e.unit)
    n, a = s.draw(2, 12), s.draw(2, e.top)
    mode = s.pick("one", "one", "number", "gap", "beside", "beside_back")
    one_g = f"one {{g1}} <{e.v}> {{a}} {{u}}"
    if mode in ("one", "gap"):
        n, a, m = s.given(n), s.given(a), s.divisor(n * a, 2, 12)
        if n.value * a.value // m <= a.value:
            raise Unfit("the second is the larger one")
        m = s.given(m)
        order = s.chance(0.6)
        for first in (order, not order):
            if first:
                tell(s, e.same, m, f"{{n}} {{g}} <+{e.v}> as much as {{m}} {{h}}", n=n, m=m)
            else:
                tell(s, e.one, a, one_g, a=a)
        aside(s, 0.12)
        total = s.derive(n, "*", a, "the {u} of {n} {g}", WHY["each"], n=n)
        each = s.derive(total, "/", m, "the {u} of one {h1}", "[{b} of the others have the same total, so divide {a} by {b}|the total is the same for {b} {h}, and each has the same part, so divide]")
        if mode == "one":
            ask(s, each, e.ask, "the number of {u} for one {h1}")
            return
        ask(s, s.derive(each, "-", a, "how many more {u} it is for one {h1} than for one {g1}", WHY["difference"]), "[How many {u} more is it for one {h1} than for one {g1}?|By how many {u} is one {h1} above one {g1}?]", "how many more {u} it is for one {h1} than for one {g1}")
    elif mode == "number":
        c = s.divisor(n * a, 2, e.top)
        if c <= a or n * a == c:
            raise Unfit("all alike")
        n, a, c = s.given(n, "there are {it} {g}"), s.given(a), s.given(c)
        tell(s, e.one, a, one_g, a=a)
        tell(s, f"[One {{h1}} <{e.v}> {{c}} {{u}}|For one {{h1}} it <be> {{c}} {{u}}|A {{h1}} <{e.v}> {{c}} {{u}}].", c, f"one {{h1}} <{e.v}> {{c}} {{u}}", c=c)
        aside(s, 0.12)
        told_last(s, n)
        total = s.derive(n, "*", a, "the {u} of {n} {g}", WHY["each"], n=n)
        ask(s, s.derive(total, "/", c, "the number of {h} with the same total", WHY["fill"]), "[How many {h} give the same number of {u} as {n} {g}?|How many {h} does it take to match {n} {g}?|{n} {g} are equal to how many {h}?]", "the number of {h} that match {n} {g}", n=n)
    else:
        back = mode == "beside_back"
        n, other = s.given(n), s.draw(a + 1, 3 * e.top)
        t = s.given(n.value * a + other)
        given = s.given(other if back else a)
        s.fact(t, f"{{n}} {{g}} and one {{h1}} together <+{e.v}> {{it}} {{u}}", n=n)
        s.say(f"[{{n}} {{g}} and one {{h1}} together <+{e.v}> {{t}} {{u}}.|Together, one {{h1}} and {{n}} {{g}} <+{e.v}> {{t}} {{u}}.|For {{n}} {{g}} and a {{h1}}, it <be> {{t}} {{u}} in all.]", n=n, t=t)
        if back:
            tell(s, f"[The {{h1}} alone <{e.v}> {{c}} {{u}}|Of this, the {{h1}} <{e.v}> {{c}} {{u}}].", given, f"the {{h1}} <{e.v}> {{c}} {{u}}", c=given)
            rest = s.derive(t, "-", given, "the {u} of the {g} together", WHY["missing"])
            ask(s, s.derive(rest, "/", n, "the {u} of one {g1}", WHY["share"]), f"[How many {{u}} does one {{g1}} {e.v}?|All {{g}} are alike. How many {{u}} is it for one {{g1}}?]", "the number of {u} for one {g1}")
        else:
            tell(s, e.one, given, one_g, a=given)
            rest = s.derive(n, "*", given, "the {u} of {n} {g}", WHY["each"], n=n)
            ask(s, s.derive(t, "-", rest, "the {u} of one {h1}", WHY["missing"]), e.ask, "the number of {u} for one {h1}")


# sharing after a change


@family(weight=1.4)
def share_again(s):
    share(s)
    joined(s)


def share(s):
    h = s.r.choice(SHARES)
    s.person("p")
    s.values.update(x=h.x, W=h.W, w=h.w)
    up, n, d = s.chance(0.5), s.draw(2, 15), s.draw(2, 9)
    count = n + d if up else n - d
    if count < 2:
        raise Unfit("nobody left")
    mode = s.pick("each", "each", "gap", "planned", "total")
    n, d = s.given(n, "at first there are {it} {W}"), s.given(d)
    short, sign, reason = ("{d} more {W} come in", "+", "gain") if up else ("{d} of the {W} drop out", "-", "lose")
    change = h.join if up else h.leave
    if mode != "total":
        n.fact = ""
    else:
        each = s.given(s.draw(2, 40))
        s.say(h.start.replace("{t}", "a certain number of"), n=n)
        tell(s, change, d, short, d=d)
        tell(s, "[In the end each {w} <have> {m} {x}|So it <be> {m} {x} for every {w}|After that, each {w} <get> {m} {x}].", each, "in the end it is {m} {x} for each {w}", m=each)
        number = s.derive(n, sign, d, "the number of {W} in the end", WHY[reason])
        ask(s, s.derive(number, "*", each, "the {x} in all", WHY["each"]), "[How many {x} are there in all?|What is the total number of {x}?]", "the number of {x} in all")
        return
    size = s.draw(2, s.pick(8, 30))
    if mode == "each":
        t = s.given(count * size)
        tell(s, h.start, t, "{t} {x} <+be> for {n} {W}", n=n, t=t)
        aside(s, 0.1)
        tell(s, change, d, short, d=d)
        number = s.derive(n, sign, d, "the number of {W} in the end", WHY[reason])
        ask(s, s.derive(t, "/", number, "the {x} for each {w}", WHY["share"]), h.ask, "the number of {x} for each {w} in the end")
        return
    size = s.draw(1, 6)
    total = n.value * count * size
    if mode == "gap":
        t = s.given(total)
        tell(s, h.start, t, "{t} {x} <+be> for {n} {W}", n=n, t=t)
        planned = s.derive(t, "/", n, "the {x} for each {w} at first", WHY["share"])
    else:
        each = s.given(total // n.value)
        tell(s, "[Each of {n} {W} <be> to get {m} {x}|The plan <be> {m} {x} for each of {n} {W}|There <+be> enough {x} for {n} {W} to have {m} each].", each, "{m} {x} are planned for each of {n} {W}", n=n, m=each)
        t = s.derive(n, "*", each, "the {x} in all", WHY["groups"])
    tell(s, change, d, short, d=d)
    number = s.derive(n, sign, d, "the number of {W} in the end", WHY[reason])
    now = s.derive(t, "/", number, "the {x} for each {w} in the end", WHY["share"])
    if mode == "planned":
        ask(s, now, h.ask if s.chance(0.5) else "[The {x} are the same as before. How many are there for each {w} now?|How many {x} are there for each {w} now?]", "the number of {x} for each {w} in the end")
        return
    hi, lo, word = (planned, now, "fewer") if up else (now, planned, "more")
    if hi.value - lo.value < 1:
        raise Unfit("no gap")
    ask(s, s.derive(hi, "-", lo, f"how many {word} {{x}} each {{w}} gets", WHY["difference"]), f"[How many {word} {{x}} is that for each {{w}} than at first?|How many {{x}} {word} than planned are there for each {{w}}?]", f"how many {word} {{x}} there are for each {{w}}")


# exchange


@family(weight=1.2, use=JUDGED)
def exchange(s):
    change_units(s)
    joined(s)


def change_units(s):
    e = s.r.choice(EXCHANGES)
    s.person("p")
    s.values.update(x=e.x, L=e.L, l=e.l)
    k, n = s.given(s.draw(4, s.pick(12, 40))), s.given(s.draw(2, 15))
    mode = s.pick("loose", "loose", "used", "used", "both", "fills")
    rule_first = s.chance(0.6)

    def rule():
        tell(s, e.rule, k, "one {l} is {k} {x}", k=k)

    def have():
        tell(s, e.have, n, "there are {n} {L}", n=n)

    if mode == "fills":
        c, n.mentioned = s.given(s.draw(2, 60)), False
        t = s.given(k.value * n.value + c.value, "there are {it} {x} at first")
        rule()
        tell(s, "[Of {t} {x}, {c} <+be> set apart|From a total of {t} {x}, {c} <+be> taken away first|At first there <+be> {t} {x}, but {c} of them <+be> used for something else].", c, "{c} {x} <+be> taken away", t=t, c=c)
        rest = s.derive(t, "-", c, "the {x} that stay", WHY["lose"])
        ask(s, s.derive(rest, "/", k, "the number of {L}", WHY["fill"]), "[How many {L} do the other {x} make?|How many {L} is the rest?|The rest makes how many {L}?]", "the number of {L} from the rest")
        return
    for first in (rule_first, not rule_first):
        (rule if first else have)()
    total = s.derive(n, "*", k, "the {x} in {n} {L}", WHY["groups"], n=n)
    if mode in ("loose", "both"):
        loose = s.given(s.draw(2, 40))
        tell(s, e.loose, loose, "{e} {x} come on top", e=loose)
        total = s.derive(total, "+", loose, "the {x} with the others", WHY["gain"])
    if mode in ("used", "both"):
        c = s.given(s.draw(2, max(2, total.value - 2)))
        tell(s, e.use, c, "{c} {x} are taken away", c=c)
        total = s.derive(total, "-", c, "the {x} that are left", WHY["lose"])
        ask(s, total, "[How many {x} are left?|How many {x} is the rest worth?|What is left in {x}?]" if e.l in ("coupon", "gem") else "[How many {x} are left?|How many {x} remain in the end?|What is the number of {x} after that?]", "the number of {x} in the end")
        return
    ask(s, total, e.all, "the number of {x} in all")
