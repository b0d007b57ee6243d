"""Ages now, then, and compared."""

from ..english import times
from ..story import Unfit
from .registry import JUDGED, family
from .why import WHY

KIN = (("mother", True), ("father", False), ("aunt", True), ("uncle", False), ("grandmother", True), ("grandfather", False), ("teacher", True), ("coach", False))


@family(weight=1.5, group="one_step")
def age_one_step(s):
    s.person("p"), s.person("q")
    mode = s.pick("older", "younger", "later", "before", "gap", "when")
    a = s.given(s.draw(15, 60), "{p} is {it} years old")
    if mode in ("older", "younger"):
        b = s.given(s.draw(2, 12), "{q} is {it} years " + mode)
        s.say(f"[{{p}} is {{a}} years old. {{q}} is {{b}} years {mode} than {{p}}.|{{q}} is {{b}} years {mode} than {{p}}, who is {{a}}.]", a=a, b=b)
        t = s.derive(a, "+" if mode == "older" else "-", b, "the age of {q}", WHY["more" if mode == "older" else "fewer"])
        s.ask(t, "[How old is {q}?|What is {q}'s age?]", "the age of {q}")
    elif mode == "later":
        b = s.given(s.draw(3, 30), "{it} years from now")
        s.say("[{p} is {a} years old now.|Today {p} is {a} years old.]", a=a)
        t = s.derive(a, "+", b, "the age of {p} in {b} years", "[in {b} years everybody is {b} years older, so add {b} to {a}|each year adds one, so {b} years add {b}]")
        s.ask(t, "[How old will {p.i} be in {b} years?|How old will {p} be {b} years from now?]", "the age of {p} in {b} years", b=b)
    elif mode == "before":
        b = s.given(s.draw(2, a.value - 3), "{it} years ago")
        s.say("[{p} is {a} years old now.|Today {p} is {a} years old.]", a=a)
        t = s.derive(a, "-", b, "the age of {p} {b} years ago", "[{b} years ago everybody was {b} years younger, so subtract {b}|going back {b} years takes {b} away from the age]")
        s.ask(t, "[How old was {p.i} {b} years ago?|What was {p.my} age {b} years ago?]", "the age of {p} {b} years ago", b=b)
    elif mode == "gap":
        b = s.given(s.draw(3, a.value - 2), "{q} is {it} years old")
        s.say("[{p} is {a} years old and {q} is {b}.|{q} is {b} years old, and {p} is {a}.]", a=a, b=b)
        t = s.derive(a, "-", b, "the difference between the ages", WHY["difference"])
        s.ask(t, "[How many years older is {p} than {q}?|How many years younger is {q} than {p}?|What is the difference between their ages?]", "the difference between the ages")
    else:
        b = s.given(a.value + s.draw(2, 30), "{p} will be {it} years old")
        s.say("[{p} is {a} years old now.|{p} is {a} today.]", a=a)
        t = s.derive(b, "-", a, "the years until then", "[each year adds one to the age, so the years are the later age minus the age now|the time until then is the later age minus the age now]")
        s.ask(t, "[In how many years will {p.i} be {b} years old?|How many years are there until {p} is {b}?]", "the years until {p} is {b}", b=b)


@family(weight=1.2)
def age_story(s):
    """Two or three people, now and at another time."""
    s.person("p"), s.person("q")
    a = s.given(s.draw(8, 40), "{p} is {it} now")
    rel = s.pick("older", "younger", "times", "half")
    if rel == "times" and a.value <= 18:
        k = s.given(s.pick(2, 3, 4), mention=True)
        k.fact = s.plainly(f"{{q}} is {times(k.value)} as old as {{p}}")
        s.say(f"[{{p}} is {{a}} years old. {{q}} is {times(k.value)} as old.|{{q}} is {times(k.value)} as old as {{p}}, who is {{a}}.]", a=a)
        other = s.derive(a, "*", k, "the age of {q} now", WHY["multiple"])
    elif rel == "half" and a.value % 2 == 0:
        k = s.given(2, mention=True)
        k.fact = s.plainly("{q} is half as old as {p}")
        s.say("[{p} is {a} years old. {q} is half as old.|{q} is half as old as {p}, who is {a}.]", a=a)
        other = s.derive(a, "/", k, "the age of {q} now", WHY["part"])
    else:
        older = rel != "younger"
        b = s.given(s.draw(2, a.value - 4), f"{{q}} is {{it}} years {'older' if older else 'younger'}")
        s.say(f"[{{p}} is {{a}} years old. {{q}} is {{b}} years {'older' if older else 'younger'} than {{p}}.|{{q}} is {{b}} years {'older' if older else 'younger'} than {{p}}. {{p}} is {{a}} now.|{{p}} is {{b}} years {'younger' if older else 'older'} than {{q}}. {{p}} is {{a}} years old.]", a=a, b=b)
        other = s.derive(a, "+" if older else "-", b, "the age of {q} now", WHY["more" if older else "fewer"])
    mode = s.pick("later", "sum", "ago", "sum_later", "third")
    if mode == "sum":
        t = s.derive(a, "+", other, "the sum of the ages", WHY["together"])
        s.ask(t, "[What is the sum of their ages?|How old are {p} and {q} together?]", "the sum of the ages")
    elif mode in ("later", "ago"):
        later = mode == "later"
        if not later and other.value < 4:
            later = True
        n = s.given(s.draw(2, 20) if later else s.draw(2, other.value - 1), "{it} years " + ("from now" if later else "ago"))
        what = "the age of {q} " + ("in {n} years" if later else "{n} years ago")
        t = s.derive(other, "+" if later else "-", n, what, "[in {b} years {q} is {b} years older, so add {b}|{b} more years mean {b} more in the age]" if later else "[{b} years ago {q} was {b} years younger, so subtract {b}|going back {b} years takes {b} away]", n=n)
        s.ask(t, "How old will {q} be in {n} years?" if later else "How old was {q} {n} years ago?", what, n=n)
    elif mode == "sum_later":
        n = s.given(s.draw(2, 15), "{it} years from now")
        x = s.derive(a, "+", n, "the age of {p} in {n} years", "[everybody gets {b} years older in {b} years, so add {b}|{b} years later the age is larger by {b}]", n=n)
        y = s.derive(other, "+", n, "the age of {q} in {n} years", "[{q} also gets {b} years older, so add {b}|for {q}, too, {b} years are added]", n=n)
        t = s.derive(x, "+", y, "the sum of the ages then", WHY["together"])
        s.ask(t, "[What will be the sum of their ages in {n} years?|How old will they be together in {n} years?]", "the sum of their ages then", n=n)
    else:
        s.person("z")
        n = s.given(s.draw(2, 15), "{z} is {it} years older than {q}")
        s.say("[{z} is {n} years older than {q}.|{q} is {n} years younger than {z}.]", n=n)
        t = s.derive(other, "+", n, "the age of {z}", WHY["more"])
        s.ask(t, "[How old is {z}?|What is {z}'s age?]", "the age of {z}")


@family(weight=0.6, use=JUDGED)
def kin_age(s):
    s.person("p")
    kin, female = s.r.choice(KIN)
    a, k, d = s.given(s.draw(5, 18), "{p} is {it}"), s.given(s.pick(2, 3, 4, 5), mention=True), s.given(s.draw(2, 9), "{it} years")
    if a.value * k.value - a.value < (38 if kin.startswith("grand") else 18) or a.value * k.value > 95:
        raise Unfit("no age for it")
    k.fact = s.plainly(f"the {kin} is {times(k.value)} as old as {{p}}")
    s.say(f"[{{p}}'s {kin} is {times(k.value)} as old as {{p}}, who is {{a}}.|{{p}} is {{a}} years old. {{p.his}} {kin} is {times(k.value)} as old.]", a=a)
    now = s.derive(a, "*", k, f"the age of the {kin} now", WHY["multiple"])
    mode = s.pick("later", "ago", "birth")
    if mode == "birth":
        t = s.derive(now, "-", a, f"how old the {kin} was when {{p}} was born", "[{p} was 0 years old then, which is {b} years ago, so subtract {b}|when {p} was born, everybody was {b} years younger than now]")
        d.mentioned = False
        s.ask(t, f"How old was the {kin} when {{p}} was born?", f"how old the {kin} was when {{p}} was born")
        return
    t = s.derive(now, "+" if mode == "later" else "-", d, f"the age of the {kin} " + ("in {d} years" if mode == "later" else "{d} years ago"), "[the years that pass are added, so add {b}|after {b} years the age is larger by {b}]" if mode == "later" else "[{b} years ago the age was smaller by {b}, so subtract|we go back {b} years, so take {b} away]", d=d)
    s.ask(t, f"How old will the {kin} be in {{d}} years?" if mode == "later" else f"How old was the {kin} {{d}} years ago?", f"the age of the {kin} then", d=d)
