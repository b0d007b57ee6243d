"""Work at a speed, alone or side by side."""

from ...story import Unfit
from ..one_step import aside
from ..registry import family
from ..why import WHY
from .telling import ask, joined, other_than, tell, told_last
from .themes import WORKS

ADD_SPEEDS = "[both do their part at the same time, so we add {a} and {b}|working side by side, the two speeds add up|in the same time we get {a} and also {b}, so add]"


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
