"""Rates: so much for each hour, day, piece or person; speed, work, consumption, unit prices."""

from ..story import Unfit
from .registry import JUDGED, family
from .why import WHY

WORKERS = (("A machine", "<make>", "make", "toys", "hour"), ("A baker", "<bake>", "bake", "rolls", "hour"), ("A printer", "<print>", "print", "pages", "minute"), ("A factory", "<produce>", "produce", "bottles", "hour"), ("A robot", "<pack>", "pack", "boxes", "minute"), ("{p}", "<type>", "type", "words", "minute"),
           ("{p}", "<wash>", "wash", "cars", "day"), ("{p}", "<paint>", "paint", "boards", "day"), ("{p}", "<knit>", "knit", "hats", "week"), ("{p}", "<deliver>", "deliver", "letters", "hour"), ("{p}", "<fold>", "fold", "shirts", "hour"), ("A shop", "<sell>", "sell", "cups", "day"), ("{p}", "<pick>", "pick", "pears", "hour"), ("A farm", "<sell>", "sell", "melons", "day"))


@family(weight=2, group="one_step")
def rate_one_step(s):
    s.person("p")
    who, verb, plain, things, unit = s.r.choice(WORKERS)
    s.values["x"] = things
    rate, time = s.draw(2, s.pick(12, 40)), s.draw(2, s.pick(9, 20))
    mode = s.pick("total", "time", "rate")
    if mode == "total":
        a, t = s.given(rate, f"{{it}} {{x}} each {unit}"), s.given(time, f"{{it}} {unit}s")
        s.say(f"[{who} {verb} {{a}} {{x}} {'an' if unit == 'hour' else 'a'} {unit}.|{who} {verb} {{a}} {{x}} every {unit}.|{who} {verb} {{a}} {{x}} per {unit}.]", a=a)
        q = s.derive(a, "*", t, f"the number of {{x}} in {{t}} {unit}s", WHY["each"], t=t)
        s.ask(q, f"[How many {{x}} is that in {{t}} {unit}s?|How many {{x}} does {who.lower() if who[0] == 'A' else who} {plain} in {{t}} {unit}s?]", f"the number of {{x}} in {{t}} {unit}s", t=t)
    elif mode == "time":
        a, total = s.given(rate, f"{{it}} {{x}} each {unit}"), s.given(rate * time, "{it} {x} in all")
        s.say(f"[{who} {verb} {{a}} {{x}} every {unit}.|{who} {verb} {{a}} {{x}} per {unit}.]", a=a)
        q = s.derive(total, "/", a, f"the number of {unit}s", WHY["fill"])
        s.ask(q, f"[How many {unit}s does it take to {plain} {{n}} {{x}}?|After how many {unit}s is it {{n}} {{x}} in all?]", f"the number of {unit}s", n=total)
    else:
        total, t = s.given(rate * time, "{it} {x} in all"), s.given(time, f"{{it}} {unit}s")
        s.say(f"[{who} {verb} {{n}} {{x}} in {{t}} {unit}s, the same number every {unit}.|In {{t}} {unit}s, {who.lower() if who[0] == 'A' else who} {verb} {{n}} {{x}}. The number <be> the same every {unit}.]", n=total, t=t)
        q = s.derive(total, "/", t, f"the number of {{x}} each {unit}", WHY["share"])
        s.ask(q, f"[How many {{x}} is that per {unit}?|How many {{x}} is that each {unit}?]", f"the number of {{x}} each {unit}")


@family(weight=2)
def work_story(s):
    """A rate over some time, then more from elsewhere, some lost, or shared out."""
    from .parts_of_chains import regrouped, some_special
    s.person("p")
    who, verb, plain, things, unit = s.r.choice(WORKERS)
    s.values["x"] = things
    a, t = s.given(s.draw(3, 30), f"{{it}} {{x}} each {unit}"), s.given(s.draw(2, 12), f"{{it}} {unit}s")
    mode = s.pick("two_rates", "two_workers", "lost", "goal", "grouped")
    first = s.derive(a, "*", t, "the number of {x}" + (" in the first part" if mode == "two_rates" else " of the first one" if mode == "two_workers" else ""), WHY["each"])
    base = f"[{who} {verb} {{a}} {{x}} per {unit} for {{t}} {unit}s.|For {{t}} {unit}s, {who.lower() if who[0] == 'A' else who} {verb} {{a}} {{x}} per {unit}.]"
    s.say(base, a=a, t=t)
    if mode == "two_rates":
        b, u = s.given(s.draw(3, 30), f"then {{it}} {{x}} each {unit}"), s.given(s.draw(2, 12), f"{{it}} more {unit}s")
        s.say(f"[After that, the number <be> {{b}} {{x}} per {unit} for {{u}} more {unit}s.|Then, for {{u}} more {unit}s, it <be> {{b}} {{x}} per {unit}.]", b=b, u=u)
        second = s.derive(b, "*", u, "the number of {x} in the second part", WHY["each"])
        q = s.derive(first, "+", second, "the number of {x} in all", WHY["together"])
        s.ask(q, "[How many {x} is that in all?|What is the total number of {x}?]", "the number of {x} in all")
    elif mode == "two_workers":
        b = s.given(s.draw(3, 30), f"another one makes {{it}} {{x}} each {unit}")
        s.say(f"[Beside this, another worker {verb} {{b}} {{x}} per {unit} for the same time.|At the same time, a second worker {verb} {{b}} {{x}} per {unit}.]", b=b)
        second = s.derive(b, "*", t, "the number of {x} of the second one", WHY["each"])
        if s.chance(0.5) and first.value != second.value:
            hi, lo = (first, second) if first.value > second.value else (second, first)
            q = s.derive(hi, "-", lo, "the difference between the two", WHY["difference"])
            s.ask(q, "By how many {x} do the two differ in this time?", "the difference between the two")
            return
        q = s.derive(first, "+", second, "the number of {x} of both", WHY["together"])
        s.ask(q, "[How many {x} is that together?|How many {x} is that in all for both?]", "the number of {x} of both")
    elif mode == "goal":
        g = s.given(first.value + s.draw(3, 100), "{it} {x} are needed")
        s.say("[In all, {g} {x} <+be> needed.|The order <be> for {g} {x}.]", g=g)
        q = s.derive(g, "-", first, "the number of {x} still missing", WHY["missing"])
        s.ask(q, "[How many {x} are still missing?|How many more {x} are needed?]", "the number of {x} still missing")
    elif mode == "lost":
        some_special(s, first)
    else:
        regrouped(s, first)


@family(weight=2, use=JUDGED)
def trips(s):
    """Distance, speed and time, with one or two legs."""
    s.person("p")
    unit = s.pick("miles", "kilometers")
    go = s.pick("<drive>", "<ride>", "<cycle>", "<travel>")
    v, t = s.given(s.draw(5, 60), f"{{it}} {unit} per hour"), s.given(s.draw(2, 8), "{it} hours")
    mode = s.pick("one", "two", "left", "fuel", "time", "speed")
    if mode == "time":
        d = s.given(v.value * t.value, f"the way is {{it}} {unit}")
        t.mentioned = False
        extra = s.given(s.draw(2, 5), "{it} hours of breaks")
        s.say(f"[{{p}} {go} {{d}} {unit} at {{v}} {unit} per hour and <take> breaks of {{e}} hours in all.|The way to the coast <be> {{d}} {unit}. {{p}} {go} at {{v}} {unit} per hour. {{p.his}} breaks <+take> {{e}} hours in all.]", d=d, v=v, e=extra)
        moving = s.derive(d, "/", v, "the hours of travel", "[each hour covers {b}, so we count how often {b} fits into {a}|time is distance divided by speed]")
        q = s.derive(moving, "+", extra, "the hours with the breaks", WHY["gain"])
        s.ask(q, "[How many hours does the whole trip take?|How many hours does it take with the breaks?]", "the hours of the whole trip")
        return
    if mode == "speed":
        d = s.given(v.value * t.value, f"{{it}} {unit} in all")
        v.mentioned = False
        u = s.given(s.draw(2, 9), "{it} hours at the same speed")
        s.say(f"[{{p}} {go} {{d}} {unit} in {{t}} hours, always at the same speed.|In {{t}} hours {{p}} {go} {{d}} {unit} without changing the speed.]", d=d, t=t)
        speed = s.derive(d, "/", t, f"the {unit} in one hour", "[every hour covers the same, so we divide the way by the hours|speed is distance divided by time]")
        q = s.derive(speed, "*", u, f"the {unit} in {{u}} hours", WHY["each"], u=u)
        s.ask(q, f"[How many {unit} can {{p.i}} go in {{u}} hours at this speed?|How far does {{p}} get in {{u}} hours at the same speed, in {unit}?]", f"the {unit} in {{u}} hours", u=u)
        return
    d = s.derive(v, "*", t, f"the {unit} " + ("of the first part" if mode == "two" else "covered"), "[each hour covers {a}, so we multiply by the hours|distance is speed times time, so {a} times {b}|in every hour it is {a} again, so multiply]")
    s.say(f"[{{p}} {go} for {{t}} hours at {{v}} {unit} per hour.|At a speed of {{v}} {unit} per hour, {{p}} {go} for {{t}} hours.]", t=t, v=v)
    if mode == "one":
        x = s.given(s.draw(2, 30), f"then {{it}} {unit} on foot")
        s.say(f"[Then {{p.i}} <walk> {{x}} {unit}.|After that, {{p.i}} <go> {{x}} more {unit} on foot.]", x=x)
        q = s.derive(d, "+", x, f"the {unit} in all", WHY["together"])
        s.ask(q, f"[How many {unit} is that in all?|What is the total distance in {unit}?]", f"the {unit} in all")
    elif mode == "two":
        w, u = s.given(s.draw(5, 60), f"then {{it}} {unit} per hour"), s.given(s.draw(2, 8), "{it} more hours")
        s.say(f"[After lunch {{p.i}} {go} {{u}} more hours at {{w}} {unit} per hour.|Then {{p.i}} {go} for another {{u}} hours at {{w}} {unit} per hour.]", u=u, w=w)
        e = s.derive(w, "*", u, f"the {unit} of the second part", "[the second part is also speed times time|again we multiply the speed by the hours]")
        add = s.chance(0.7) or d.value == e.value
        hi, lo = (d, e) if d.value >= e.value else (e, d)
        q = s.derive(d, "+", e, f"the {unit} in all", WHY["together"]) if add else s.derive(hi, "-", lo, f"the difference in {unit}", WHY["difference"])
        s.ask(q, f"[How many {unit} is that in all?|What is the whole distance in {unit}?]" if add else f"By how many {unit} do the two parts of the trip differ?", f"the {unit} in all" if add else f"the difference in {unit}")
    elif mode == "left":
        whole = s.given(d.value + s.draw(5, 200), f"the whole way is {{it}} {unit}")
        s.say(f"[The whole way <be> {{w}} {unit}.|In all, {{p.i}} <have> to go {{w}} {unit}.]", w=whole)
        q = s.derive(whole, "-", d, f"the {unit} still to go", WHY["missing"])
        s.ask(q, f"[How many {unit} are still to go?|How many {unit} of the way are left?]", f"the {unit} still to go")
    else:
        k = s.given(s.divisor(d.value, 2, 40), f"one gallon lasts {{it}} {unit}")
        s.say(f"[The car <go> {{k}} {unit} on one gallon of fuel.|One gallon of fuel <be> enough for {{k}} {unit}.]", k=k)
        q = s.derive(d, "/", k, "the gallons of fuel", WHY["fill"])
        s.ask(q, "[How many gallons of fuel are used?|How many gallons are needed for this?]", "the gallons of fuel")


@family(weight=1.2)
def unit_price(s):
    """The price of some, then the price of others."""
    s.person("p")
    s.noun("x", "ware", "food", "school")
    n, price, m = s.draw(2, 12), s.draw(2, 12), s.draw(2, 12)
    if n == m:
        raise Unfit("the same number")
    a, c, b = s.given(n, "{it} {x} have a known price"), s.given(n * price, "these cost {it} together", unit="$"), s.given(m, "{it} {x} are asked about")
    mode = s.pick("other", "other", "change", "each")
    s.say("[{a} {x} <+cost> {c}.|{p} <pay> {c} for {a} {x}.|In a shop, {a} {x} <+cost> {c} together. All have the same price.]", a=a, c=c)
    one = s.derive(c, "/", a, "the price of one {x.s}", WHY["unit_price"], unit="$")
    if mode == "each":
        s.ask(one, "[How many dollars does one {x.s} cost, if all have the same price?|What is the price of one {x.s} in dollars, if all cost the same?]", "the price of one {x.s}")
        return
    cost = s.derive(one, "*", b, "the price of {b} {x}", WHY["price"], unit="$", b=b)
    if mode == "other":
        s.ask(cost, "[How many dollars do {b} {x} cost at this price?|At the same price, what do {b} {x} cost in dollars?]", "the price of {b} {x}", b=b)
        return
    money = s.given(cost.value + s.draw(2, 50), "{p} has {it}", unit="$")
    s.say("[{p} now <have> {m} and <buy> {b} {x} at this price.|With {m} in hand, {p} <buy> {b} {x} at the same price.]", m=money, b=b)
    q = s.derive(money, "-", cost, "the money left", WHY["spend"], unit="$")
    s.ask(q, "[How many dollars does {p} have left?|How much money is left?]", "the money left")


@family(weight=1, use=JUDGED)
def supplies(s):
    """How long something lasts, or how much is left after some days."""
    s.person("p")
    thing, per = s.pick(("pounds of rice", "a family"), ("cans of food", "a cat"), ("bales of hay", "a horse"), ("cups of seeds", "a bird"), ("cans of meat", "a dog"))
    s.values["x"] = thing
    k, m = s.given(s.draw(2, 6), "each one uses {it} a day"), s.given(s.draw(2, 8), "there are {it} of them")
    days = s.draw(2, 14)
    daily = s.derive(k, "*", m, "the {x} used in one day", WHY["each"])
    plural = {"a family": "families", "a cat": "cats", "a horse": "horses", "a dog": "dogs", "a bird": "birds"}[per]
    s.say(f"[{per} <use> {{k}} {{x}} a day. {{p}} <care> for {{m}} {plural}.|{{p}} <have> {{m}} {plural} to care for, and each one <use> {{k}} {{x}} every day.]", k=k, m=m)
    s.fact(m, f"there are {{it}} {plural}")
    if s.chance(0.5):
        total = s.given(daily.value * days, "there are {it} {x}")
        s.say("[There <+be> {t} {x} in store.|{p.i} <have> {t} {x}.]", t=total)
        q = s.derive(total, "/", daily, "the number of days", WHY["fill"])
        s.ask(q, "[For how many days is this enough?|How many days do the supplies last?]", "the number of days")
    else:
        d = s.given(days, "{it} days")
        used = s.derive(daily, "*", d, "the {x} used in {d} days", WHY["each"], d=d)
        total = s.given(used.value + s.draw(3, 80), "there are {it} {x} at first")
        s.say("[There <+be> {t} {x} in store.|{p.i} <have> {t} {x} at first.]", t=total)
        q = s.derive(total, "-", used, "the {x} left", WHY["lose"])
        s.ask(q, "[How many {x} are left after {d} days?|How many {x} remain when {d} days are over?]", "the {x} left after {d} days", d=d)
