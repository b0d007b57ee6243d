"""Short everyday problems of one or two steps whose asked quantity can be any of those in the story."""

from ..story import Unfit
from .one_step import aside
from .registry import JUDGED, family
from .why import WHY


@family(weight=2, group="one_step")
def shared_with_rest(s):
    """Start, friends, share and rest; one of them is asked."""
    s.person("p")
    s.noun("x", "food", "thing", "school")
    k, m, e = s.draw(2, 12), s.draw(2, 15), s.draw(2, 30)
    mode = s.pick("share", "start", "rest", "friends")
    friends = s.pick("friends", "classmates", "cousins", "children", "neighbors")
    s.values["f"] = friends
    if mode == "share":
        a, n, r = s.given(k * m + e, "{p} has {it} {x}"), s.given(k, "there are {it} {f}"), s.given(e, "{it} {x} are left")
        s.say("[{p} <have> {a} {x}. After giving the same number to each of {n} {f}, {p.i} <have> {r} left.|{p} <give> equal numbers of {x} to {n} {f}. {p.i} <have> {a} {x} at first and {r} after that.|{p} <have> {a} {x}. {p.i} <keep> {r} of them and <give> the others to {n} {f} in equal shares.]", a=a, n=n, r=r)
        aside(s, 0.2)
        gone = s.derive(a, "-", r, "the number of {x} given away", WHY["change_down"])
        q = s.derive(gone, "/", n, "the number of {x} for each", WHY["share"])
        s.ask(q, "[How many {x} did each of them get?|How many {x} did {p.i} give to each one?]", "the number of {x} for each")
    elif mode == "start":
        n, each, r = s.given(k, "there are {it} {f}"), s.given(m, "each one gets {it} {x}"), s.given(e, "{it} {x} are left")
        s.say("[{p} <give> {m} {x} to each of {n} {f} and <have> {r} {x} left.|Each of {n} {f} <get> {m} {x} from {p}, who then <have> {r} left.]", m=each, n=n, r=r)
        aside(s, 0.2)
        gone = s.derive(n, "*", each, "the number of {x} given away", WHY["each"])
        q = s.derive(gone, "+", r, "the number of {x} at first", WHY["undo_loss"])
        s.ask(q, "[How many {x} did {p} have at first?|How many {x} were there in the beginning?]", "the number of {x} at first")
    elif mode == "rest":
        a, n, each = s.given(k * m + e, "{p} has {it} {x}"), s.given(k, "there are {it} {f}"), s.given(m, "each one gets {it} {x}")
        s.say("[{p} <have> {a} {x} and <give> {m} to each of {n} {f}.|{p} <have> {a} {x}. Each of {n} {f} <get> {m} of them.]", a=a, m=each, n=n)
        aside(s, 0.2)
        gone = s.derive(n, "*", each, "the number of {x} given away", WHY["each"])
        q = s.derive(a, "-", gone, "the number of {x} left", WHY["lose"])
        s.ask(q, "[How many {x} does {p} have left?|How many {x} are left?]", "the number of {x} left")
    else:
        a, each, r = s.given(k * m + e, "{p} has {it} {x}"), s.given(m, "each one gets {it} {x}"), s.given(e, "{it} {x} are left")
        s.say("[{p} <have> {a} {x}. {p.i} <give> {m} to each of {p.his} {f} and <have> {r} left.|Each of {p.my} {f} <get> {m} {x}. {p.i} <have> {a} {x} at first and {r} in the end.]", a=a, m=each, r=r)
        gone = s.derive(a, "-", r, "the number of {x} given away", WHY["change_down"])
        q = s.derive(gone, "/", each, "the number of {f}", WHY["fill"])
        s.ask(q, "[How many {f} got {x}?|To how many {f} did {p.i} give {x}?]", "the number of {f} that got {x}")


@family(weight=2, group="one_step")
def together(s):
    """Two people have something together; one part is known."""
    s.person("p"), s.person("q")
    x, verb, plain = s.pick(("pounds of berries", "<pick>", "pick"), ("shells", "<find>", "find"), ("dollars", "<earn>", "earn"), ("fish", "<catch>", "catch"), ("pictures", "<paint>", "paint"), ("miles", "<run>", "run"), ("cookies", "<bake>", "bake"), ("bottles", "<collect>", "collect"), ("tickets", "<sell>", "sell"))
    s.values["x"] = x
    a = s.given(s.amount(3, 90), "{p} has {it} {x}")
    t = s.given(a.value + s.amount(3, 90), "together they have {it} {x}")
    s.say(f"[Together, {{p}} and {{q}} {verb.replace('<', '<+')} {{t}} {{x}}. {{p}} alone {verb} {{a}} {{x}}.|{{p}} and {{q}} {verb.replace('<', '<+')} {{t}} {{x}} in all. {{p}} {verb} {{a}} of them.|{{p}} {verb} {{a}} {{x}}. With those of {{q}}, it <be> {{t}} {{x}} in all.]", t=t, a=a)
    mode = s.pick("part", "part", "more", "then")
    if mode == "then":
        b = s.given(s.amount(2, 40), "{q} gets {it} more")
        s.say(f"Later, {{q}} {verb} {{b}} more {{x}}.", b=b)
    else:
        aside(s, 0.25)
    other = s.derive(t, "-", a, "the number of {x} of {q}" + (" at first" if mode == "then" else ""), WHY["missing"])
    if mode == "part":
        s.ask(other, f"[How many {{x}} did {{q}} {plain}?|How many of the {{x}} did {{q}} {plain}?]", "the number of {x} of {q}")
    elif mode == "more":
        if a.value == other.value:
            raise Unfit("equal")
        hi, lo, h, k = (a, other, "p", "q") if a.value > other.value else (other, a, "q", "p")
        gap = s.derive(hi, "-", lo, f"how many more {{x}} {{{h}}} has than {{{k}}}", WHY["difference"])
        s.ask(gap, f"[How many more {{x}} did {{{h}}} {plain} than {{{k}}}?|How many fewer {{x}} did {{{k}}} {plain} than {{{h}}}?]", f"how many more {{x}} {{{h}}} has than {{{k}}}")
    else:
        q = s.derive(other, "+", b, "the number of {x} of {q} in the end", WHY["gain"])
        s.ask(q, f"How many {{x}} did {{q}} {plain} in all?", "the number of {x} of {q} in the end")


@family(weight=1.5, group="one_step")
def reduced_price(s):
    s.person("p")
    s.noun("x", "ware", "costly")
    a = s.given(s.draw(6, 120), "the price of one {x.s} is {it}", unit="$")
    b = s.given(s.draw(2, a.value - 2), "the price is lowered by {it}", unit="$")
    s.say("[Each {x.s} <cost> {a}. There <be> a discount of {b} on each one.|A {x.s} usually <cost> {a}, but now it is {b} cheaper.|A shop <sell> {x} for {a} each and <take> {b} off the price of every one.]", a=a, b=b)
    new = s.derive(a, "-", b, "the price of one {x.s} now", WHY["lose"], unit="$")
    mode = s.pick("one", "several", "how_many")
    if mode == "one":
        aside(s, 0.2)
        s.ask(new, "[How many dollars does one {x.s} cost now?|What is the price of one {x.s} with the discount, in dollars?]", "the price of one {x.s} now")
    elif mode == "several":
        n = s.given(s.draw(2, 15), "{p} buys {it} {x}")
        s.say("{p} <buy> {n} {x}.", n=n)
        q = s.derive(new, "*", n, "the cost of the {x}", WHY["price"], unit="$")
        s.ask(q, "[How much does {p} pay?|How many dollars does {p} pay for them?]", "what {p} pays")
    else:
        k = s.draw(2, 12)
        m = s.given(new.value * k, "{p} has {it}", unit="$")
        s.say("{p} <have> {m}.", m=m)
        q = s.derive(m, "/", new, "the number of {x} {p} can buy", WHY["afford"])
        s.ask(q, "How many {x} can {p.i} buy?", "the number of {x} {p} can buy")


@family(weight=2, group="one_step")
def per_period(s):
    """A steady amount per day or week: total, amount or number of periods, with a cost or a gift beside it."""
    s.person("p")
    unit = s.pick("day", "week", "month")
    x, verb, plain = s.pick(("dollars", "<earn>", "earn"), ("dollars", "<save>", "save"), ("cans", "<collect>", "collect"), ("bottles of water", "<drink>", "drink"), ("letters", "<write>", "write"), ("miles", "<walk>", "walk"), ("new words", "<learn>", "learn"), ("eggs", "<gather>", "gather"), ("sacks of oranges", "<harvest>", "harvest"), ("emails", "<answer>", "answer"))
    s.values["x"] = x
    rate, n = s.draw(2, s.pick(12, 40, 120)), s.draw(2, s.pick(12, 30))
    mode = s.pick("total", "rate", "number", "net")
    if mode == "total":
        a, d = s.given(rate, f"{{it}} {{x}} each {unit}"), s.given(n, f"{{it}} {unit}s")
        s.say(f"[{{p}} {verb} {{a}} {{x}} every {unit} for {{d}} {unit}s.|For {{d}} {unit}s, {{p}} {verb} {{a}} {{x}} each {unit}.|Every {unit} {{p}} {verb} {{a}} {{x}}. {{p.i}} <keep> this up for {{d}} {unit}s.]", a=a, d=d)
        aside(s, 0.3)
        q = s.derive(a, "*", d, f"the number of {{x}} in all the {unit}s", WHY["each"])
        s.ask(q, f"[How many {{x}} did {{p}} {plain} in all?|How many {{x}} is that altogether?]", "the number of {x} in all")
    elif mode == "rate":
        t, d = s.given(rate * n, "{it} {x} in all"), s.given(n, f"{{it}} {unit}s")
        s.say(f"[{{p}} {verb} {{t}} {{x}} in {{d}} {unit}s, always the same number per {unit}.|It <take> {{p}} {{d}} {unit}s to {plain} {{t}} {{x}}, the same number each {unit}.]", t=t, d=d)
        aside(s, 0.3)
        q = s.derive(t, "/", d, f"the number of {{x}} each {unit}", WHY["share"])
        s.ask(q, f"[How many {{x}} did {{p.i}} {plain} per {unit}?|How many {{x}} is that per {unit}?]", f"the number of {{x}} each {unit}")
    elif mode == "number":
        a, t = s.given(rate, f"{{it}} {{x}} each {unit}"), s.given(rate * n, "{it} {x} in all")
        s.say(f"[{{p}} {verb} {{a}} {{x}} each {unit}. In the end it <be> {{t}} {{x}} in all.|At {{a}} {{x}} per {unit}, {{p}} {verb} {{t}} {{x}} in all.]", a=a, t=t)
        aside(s, 0.3)
        q = s.derive(t, "/", a, f"the number of {unit}s", WHY["fill"])
        s.ask(q, f"[How many {unit}s did it take?|For how many {unit}s did {{p.i}} do this?]", f"the number of {unit}s")
    else:
        a = s.given(rate + 4, f"{{p}} earns {{it}} each {unit}", unit="$")
        b, d = s.given(s.draw(2, a.value - 1), f"{{it}} goes for rent each {unit}", unit="$"), s.given(n, f"{{it}} {unit}s")
        s.say(f"[{{p}} <earn> {{a}} each {unit} and <pay> {{b}} for rent each {unit}.|Every {unit}, {{p}} <earn> {{a}}, of which {{b}} <go> to rent.]", a=a, b=b)
        net = s.derive(a, "-", b, f"what is left each {unit}", WHY["spend"], unit="$")
        q = s.derive(net, "*", d, f"what is left in {{d}} {unit}s", WHY["each"], unit="$", d=d)
        s.ask(q, f"[How much money does {{p}} have left after {{d}} {unit}s?|How many dollars remain in {{d}} {unit}s?]", f"the money left after {{d}} {unit}s", d=d)


@family(weight=1.5, group="one_step", use=JUDGED)
def room_for_more(s):
    """Seats or places, some taken."""
    s.person("p")
    thing, seat, people = s.pick(("ride", "cars", "people"), ("carousel", "benches", "children"), ("boat tour", "boats", "tourists"), ("camp", "tents", "campers"), ("restaurant", "tables", "guests"), ("bus company", "vans", "passengers"), ("hotel", "rooms", "guests"), ("workshop", "desks", "students"))
    s.values.update(w=thing, S=seat, x=people)
    n, m = s.given(s.draw(2, 20), "there are {it} {S}"), s.given(s.draw(2, 12), "each holds {it} {x}")
    places = s.derive(n, "*", m, "the number of places", WHY["groups"])
    s.say("[A {w} <have> {n} {S}. Each of them <hold> {m} {x}.|At a {w} there <+be> {n} {S} for {m} {x} each.]", n=n, m=m)
    if s.chance(0.6):
        t = s.given(s.draw(2, places.value - 2), "{it} {x} are there")
        s.say("[{t} {x} <+be> there right now.|Right now there <+be> {t} {x}.]", t=t)
        q = s.derive(places, "-", t, "the number of free places", WHY["lose"])
        s.ask(q, "[How many more {x} can come?|For how many more {x} is there room?]", "the number of free places")
    else:
        aside(s, 0.5)
        s.ask(places, "[For how many {x} is there room in all?|How many {x} can be there at the same time?]", "the number of places")


@family(weight=1.5, group="one_step")
def contest(s):
    """Who jumps, throws or runs farther, and by how much."""
    a1, b1 = s.r.sample(("grasshopper", "frog", "rabbit", "kangaroo", "squirrel", "cat", "mouse", "goat"), 2)
    unit, verb, plain = s.pick(("inches", "<jump>", "jump"), ("feet", "<jump>", "jump"), ("feet", "<run>", "run"), ("meters", "<run>", "run"), ("yards", "<run>", "run"))
    s.values.update(u=unit, p="the " + a1, q="the " + b1)
    a, b = s.given(s.amount(5, 90), "{p} makes {it} {u}"), s.given(s.amount(2, 60), "")
    head = f"A {a1} and a {b1} <+have> a contest. "
    mode = s.pick("farther", "less", "both", "gap", "sum")
    if mode in ("farther", "less"):
        if mode == "less" and b.value >= a.value - 1:
            raise Unfit("too far")
        word = "farther" if mode == "farther" else "less"
        s.fact(b, "{q} makes {it} {u} " + ("more" if mode == "farther" else "less"))
        s.say(head + f"{{p}} {verb} {{a}} {{u}}. {{q}} {verb} {{b}} {{u}} {word} than {{p}}.", a=a, b=b)
        q = s.derive(a, "+" if mode == "farther" else "-", b, "the {u} of {q}", WHY["more" if mode == "farther" else "fewer"])
        if s.chance(0.3):
            t = s.derive(a, "+", q, "the {u} of both", WHY["together"])
            s.ask(t, f"How many {{u}} did they {plain} altogether?", "the {u} of both together")
            return
        s.ask(q, f"[How far did {{q}} {plain}, in {{u}}?|How many {{u}} did {{q}} {plain}?]", "the {u} of {q}")
        return
    s.fact(b, "{q} makes {it} {u}")
    s.say(head + f"[{{p}} {verb} {{a}} {{u}} and {{q}} {verb} {{b}} {{u}}.|{{q}} {verb} {{b}} {{u}}. {{p}} {verb} {{a}} {{u}}.]", a=a, b=b)
    aside(s, 0.15)
    if mode == "sum" or a.value == b.value:
        q = s.derive(a, "+", b, "the {u} of both", WHY["together"])
        s.ask(q, f"[How many {{u}} did they {plain} altogether?|How many {{u}} is that together?]", "the {u} of both together")
        return
    hi, lo, h, k = (a, b, "p", "q") if a.value > b.value else (b, a, "q", "p")
    q = s.derive(hi, "-", lo, f"how many more {{u}} {{{h}}} makes than {{{k}}}", WHY["difference"])
    s.ask(q, f"[How many {{u}} farther did {{{h}}} {plain} than {{{k}}}?|How many more {{u}} did {{{h}}} {plain} than {{{k}}}?]", f"how many more {{u}} {{{h}}} makes than {{{k}}}")


@family(weight=1.5, group="one_step")
def spent_or_left(s):
    """Money before, spent and after; two purchases; which cost more."""
    s.person("p")
    s.noun("x", "ware", "school", "food")
    s.noun("y", "ware", "thing")
    mode = s.pick("before", "spent", "more", "both", "each")
    if mode == "each":
        n, price = s.draw(2, 12), s.draw(2, 30)
        k, t = s.given(n, "{p} buys {it} {x}"), s.given(n * price, "they cost {it} in all", unit="$")
        s.say("[{p} <buy> {n} {x} for {t} in all. Each one <cost> the same.|For a total of {t}, {p} <buy> {n} {x}, each at the same price.]", n=k, t=t)
        if s.chance(0.4):
            m = s.given(t.value + s.draw(2, 40), "{p} has {it}", unit="$")
            s.say("{p.i} <have> {m} with {p.him}.", m=m)
        q = s.derive(t, "/", k, "the price of one {x.s}", WHY["unit_price"], unit="$")
        s.ask(q, "[How many dollars did each {x.s} cost?|What was the price of one {x.s} in dollars?]", "the price of one {x.s}")
        return
    a, b = s.given(s.draw(2, 60), "{it} for the {x.s}", unit="$"), s.given(s.draw(2, 60), "{it} for the {y.s}", unit="$")
    if mode == "before":
        e = s.given(s.draw(2, 60), "{it} is left", unit="$")
        s.say("[{p} <spend> {a} on a {x.s} and {b} on a {y.s}. Now {p.i} has {e} left.|After {p} <pay> {a} for a {x.s} and {b} for a {y.s}, {p.i} <have> {e} left.]", a=a, b=b, e=e)
        both = s.derive(a, "+", b, "the money spent", WHY["together"], unit="$")
        q = s.derive(both, "+", e, "the money {p} had before", WHY["undo_loss"], unit="$")
        s.ask(q, "[How much money did {p} have before that?|How many dollars did {p.i} have at first?]", "the money {p} had before")
        return
    if mode == "spent":
        start = s.given(s.draw(12, 150), "{p} has {it} at first", unit="$")
        e = s.given(s.draw(2, start.value - 2), "{it} is left", unit="$")
        a.mentioned = b.mentioned = False
        s.say("[{p} <have> {m} and <go> shopping. Now {p.i} has {e} left.|{p} <take> {m} to a store and <come> home with {e}.|There <be> {m} in {p.my} wallet. After {p.i} <buy> a {x.s}, there <be> {e} left.]", m=start, e=e)
        aside(s, 0.3)
        q = s.derive(start, "-", e, "the money {p} spent", WHY["change_down"], unit="$")
        s.ask(q, "[How much money did {p} spend?|How many dollars did {p.i} spend?]", "the money {p} spent")
        return
    s.say("[{p} <spend> {a} on a {x.s} and {b} on a {y.s}.|{p} <buy> a {x.s} for {a} and a {y.s} for {b}.|A {x.s} <cost> {p} {a}, and a {y.s} <cost> {p.him} {b}.]", a=a, b=b)
    if s.chance(0.35):
        m = s.given(a.value + b.value + s.draw(2, 50), "{p} has {it} at first", unit="$")
        s.say("{p.i} <have> {m} before that.", m=m)
    if mode == "both" or a.value == b.value:
        q = s.derive(a, "+", b, "the money spent on both", WHY["together"], unit="$")
        s.ask(q, "[How much did {p} spend in all?|How many dollars did {p.i} spend on both?]", "the money spent on both")
        return
    hi, lo, h, k = (a, b, "x", "y") if a.value > b.value else (b, a, "y", "x")
    q = s.derive(hi, "-", lo, f"how much more the {{{h}.s}} cost than the {{{k}.s}}", WHY["difference"], unit="$")
    s.ask(q, f"[How many dollars more did the {{{h}.s}} cost than the {{{k}.s}}?|How much more did {{p}} spend on the {{{h}.s}} than on the {{{k}.s}}?]", f"how much more the {{{h}.s}} cost than the {{{k}.s}}")
