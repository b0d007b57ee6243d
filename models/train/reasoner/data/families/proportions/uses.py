"""So much for each: n things take m, what do b take?"""

from ...story import Unfit
from ..one_step import aside
from ..registry import family
from ..why import WHY
from .telling import ask, joined, other_than, tell, told_last
from .themes import USES

HOW_OFTEN = "[to see how many times as many there are, divide {a} by {b}|we count how often {b} goes into {a}, so we divide|{a} is a multiple of {b}, and division shows which one]"
SCALE = "[so many times as many means so many times the amount, so multiply {a} and {b}|both numbers grow by the same factor, so multiply|the known amount is taken {b} times, so this is {a} times {b}]"
MEASURES = ("liters", "milligrams", "kilograms", "kilometers", "grams", "hours", "meters", "cups", "watts", "megabytes")


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
