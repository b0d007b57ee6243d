"""A rate, what it is a rate of, and what comes of it: one of them is to be found."""

from ..one_step import aside
from ..registry import family
from ..why import WHY
from .telling import ask, tell
from .uses import ask_much, tell_each, tell_sample, use
from .work import speeds, tell_job, tell_rate, work


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
