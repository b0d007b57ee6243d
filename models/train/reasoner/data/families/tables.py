"""Two kinds of things at two times or of two people: four numbers in the text, and a question about some of them."""

from .registry import family
from .why import WHY

# (verb phrase in the tense of the story, what is counted, question's verb with did, participle)
DEEDS = (("<find>", "find", ("thing", "wild")), ("<collect>", "collect", ("thing",)), ("<buy>", "buy", ("ware", "school", "food")), ("<sell>", "sell", ("baked", "ware", "maker")), ("<bake>", "bake", ("baked",)),
         ("<pick>", "pick", ("flower", "food")), ("<make>", "make", ("maker",)), ("<pack>", "pack", ("food", "school", "ware")), ("<see>", "see", ("wild", "animal")), ("<count>", "count", ("wild", "thing")), ("<get>", "get", ("thing", "school")),
         ("<read>", "read", ("pages of history", "pages of science", "short stories", "poems", "comics")), ("<receive>", "receive", ("emails", "letters", "text messages", "postcards", "packages")), ("<write>", "write", ("letters", "emails", "poems", "notes")),
         ("<do>", "do", ("push-ups", "sit-ups", "jumping jacks", "math problems", "pages of homework", "crunches")), ("<run>", "run", ("laps", "miles", "kilometers")), ("<solve>", "solve", ("riddles", "math problems", "puzzles")), ("<draw>", "draw", ("pictures", "maps", "cartoons")),
         ("<wash>", "wash", ("cars", "plates", "windows", "shirts")), ("<plant>", "plant", ("flower", "plant")))
TIMES = (("in the morning", "in the afternoon"), ("on Monday", "on Tuesday"), ("on Wednesday", "on Friday"), ("on Saturday", "on Sunday"), ("in the first week", "in the second week"), ("in May", "in June"), ("before lunch", "after lunch"), ("in spring", "in fall"), ("on the first day", "on the second day"))


def two_things(s, kinds, first="x", second="y"):
    from ..words import NOUNS
    for key in (first, second):
        for _ in range(20):
            kind = s.pick(*kinds)
            if kind in NOUNS[s.split]:
                s.noun(key, kind)
                break
            if kind not in s.taken:
                s.taken.add(kind)
                s.values[key] = kind
                break
        else:
            from ..story import Unfit
            raise Unfit("no second thing")


@family(weight=3, group="one_step")
def things_and_times(s):
    verb, plain, kinds = s.r.choice(DEEDS)
    s.person("p")
    two_things(s, kinds)
    t, u = s.r.choice(TIMES)
    cells = {}
    roof = s.pick(12, 30, 60, 100)
    for key, name, when in (("a", "x", t), ("b", "y", t), ("c", "x", u), ("d", "y", u)):
        cells[key] = s.given(s.draw(2, roof), f"{{it}} {{{name}}} {when}")
    full = s.chance(0.6)
    if full:
        s.say(f"[{{p}} {verb} {{a}} {{x}} and {{b}} {{y}} {t}. {u}, {{p.i}} {verb} {{c}} {{x}} and {{d}} {{y}}.|{t}, {{p}} {verb} {{a}} {{x}} and {{b}} {{y}}. {{p.i}} {verb} {{c}} {{x}} and {{d}} {{y}} {u}.|{{p}} {verb} {{a}} {{x}} {t} and {{c}} {{x}} {u}. {{p.i}} also {verb} {{b}} {{y}} {t} and {{d}} {{y}} {u}.]", **cells)
    else:
        s.say(f"[{{p}} {verb} {{a}} {{x}} and {{b}} {{y}} {t}. {u}, {{p.i}} {verb} {{c}} {{x}}.|{t}, {{p}} {verb} {{a}} {{x}} and {{b}} {{y}}. Then {{p.i}} {verb} {{c}} [more |]{{x}} {u}.]", **cells)
    ask_cells(s, cells, full, plain, t, u)


def ask_cells(s, cells, full, plain, t, u):
    pairs = [("a", "c", "x", None), ("a", "b", None, t)] + ([("b", "d", "y", None), ("c", "d", None, u)] if full else [])
    one, two, thing, when = s.r.choice(pairs)
    left, right = cells[one], cells[two]
    add = s.chance(0.4)
    if thing:
        name = f"{{{thing}}}"
        if add:
            q = s.derive(left, "+", right, f"the number of {name} at both times", WHY["together"])
            s.ask(q, f"[How many {name} did {{p.i}} {plain} in all?|How many {name} did {{p}} {plain} altogether?|What is the total number of {name}?]", f"how many {name} there are in all")
            return
        if left.value == right.value:
            left.value += 1
        early = left.value > right.value
        hi, lo, w, v = (left, right, t, u) if early else (right, left, u, t)
        q = s.derive(hi, "-", lo, f"how many more {name} came {w} than {v}", WHY["difference"])
        s.ask(q, f"[How many more {name} did {{p.i}} {plain} {w} than {v}?|How many fewer {name} did {{p}} {plain} {v} than {w}?]", f"how many more {name} came {w} than {v}")
        return
    if add:
        q = s.derive(left, "+", right, f"the number of {{x}} and {{y}} {when}", WHY["together"])
        s.ask(q, f"[How many {{x}} and {{y}} did {{p.i}} {plain} {when}?|How many {{x}} and {{y}} did {{p}} {plain} in all {when}?]", f"the number of {{x}} and {{y}} {when}")
        return
    if left.value == right.value:
        left.value += 1
    hi, lo, m, n = (left, right, "x", "y") if left.value > right.value else (right, left, "y", "x")
    q = s.derive(hi, "-", lo, f"how many more {{{m}}} than {{{n}}} there were {when}", WHY["difference"])
    s.ask(q, f"[How many more {{{m}}} than {{{n}}} did {{p.i}} {plain} {when}?|How many fewer {{{n}}} than {{{m}}} did {{p}} {plain} {when}?]", f"how many more {{{m}}} than {{{n}}} there were {when}")


@family(weight=2, group="one_step")
def things_and_people(s):
    verb, plain, kinds = s.r.choice(DEEDS)
    s.person("p"), s.person("q")
    two_things(s, kinds)
    roof = s.pick(12, 30, 60, 100)
    cells = {key: s.given(s.draw(2, roof), f"{{{who}}} has {{it}} {{{name}}}") for key, name, who in (("a", "x", "p"), ("b", "y", "p"), ("c", "x", "q"), ("d", "y", "q"))}
    for (key, name, who) in (("a", "x", "p"), ("b", "y", "p"), ("c", "x", "q"), ("d", "y", "q")):
        s.fact(cells[key], f"{{it}} {{{name}}} for {{{who}}}")
    s.say(f"[{{p}} {verb} {{a}} {{x}} and {{b}} {{y}}. {{q}} {verb} {{c}} {{x}} and {{d}} {{y}}.|{{p}} {verb} {{a}} {{x}} and {{b}} {{y}}, while {{q}} {verb} {{c}} {{x}} and {{d}} {{y}}.|{{p}} {verb} {{a}} {{x}}, and {{q}} {verb} {{c}} {{x}}. {{p}} also {verb} {{b}} {{y}}, and {{q}} {verb} {{d}} {{y}}.]", **cells)
    thing, one, two = s.pick(("x", "a", "c"), ("y", "b", "d"))
    name, left, right = f"{{{thing}}}", cells[one], cells[two]
    if s.chance(0.35):
        q = s.derive(left, "+", right, f"the number of {name} of both together", WHY["together"])
        s.ask(q, f"[How many {name} did {{p}} and {{q}} {plain} together?|How many {name} did the two of them {plain} in all?|How many {name} did they {plain} altogether?]", f"the number of {name} of both together")
    elif s.chance(0.6):
        if left.value == right.value:
            left.value += 1
        hi, lo, w, v = (left, right, "p", "q") if left.value > right.value else (right, left, "q", "p")
        q = s.derive(hi, "-", lo, f"how many more {name} {{{w}}} has than {{{v}}}", WHY["difference"])
        s.ask(q, f"[How many more {name} did {{{w}}} {plain} than {{{v}}}?|How many fewer {name} did {{{v}}} {plain} than {{{w}}}?]", f"how many more {name} there are for {{{w}}} than for {{{v}}}")
    else:
        who, one, two = s.pick(("p", "a", "b"), ("q", "c", "d"))
        left, right = cells[one], cells[two]
        q = s.derive(left, "+", right, f"the number of {{x}} and {{y}} of {{{who}}}", WHY["together"])
        s.ask(q, f"[How many {{x}} and {{y}} did {{{who}}} {plain} in all?|How many things did {{{who}}} {plain} altogether?]", f"the number of {{x}} and {{y}} of {{{who}}}")


@family(weight=2, group="one_step")
def need_and_have(s):
    """A list of what is needed and of what is there already."""
    s.person("p")
    what, first, second, third = s.pick(("a cake", "cups of flour", "cups of sugar", "spoons of butter"), ("soup", "carrots", "potatoes", "onions"), ("a tree house", "boards", "screws", "hinges"), ("a costume", "buttons", "ribbons", "feathers"), ("a poster", "sheets of paper", "markers", "stickers"),
                                        ("a fruit salad", "apples", "bananas", "pears"), ("bread", "cups of flour", "spoons of salt", "cups of milk"), ("a birthday party", "cups", "plates", "balloons"))
    s.values.update(x=first, y=second, z=third, w=what)
    a, b = s.given(s.draw(4, 30), "{it} {x} are needed"), s.given(s.draw(3, 30), "{it} {y} are needed")
    c = s.given(s.draw(2, a.value - 1), "{it} {x} are there already")
    extra = s.chance(0.4)
    s.say("[For {w}, {p} <need> {a} {x} and {b} {y}.|{p} <want> to prepare {w} and <need> {a} {x} and {b} {y}.|{p} <plan> {w}. {p.i} <need> {a} {x} and {b} {y} for it.]", a=a, b=b)
    if extra:
        d = s.given(s.draw(2, 30), "{it} {z} are there already")
        s.say("[{p.i} already <have> {c} {x} and {d} {z}.|So far {p.i} <have> {c} {x} and {d} {z}.]", c=c, d=d)
    else:
        s.say("[{p.i} already <have> {c} {x}.|So far {p.i} <have> {c} {x}.|There <+be> {c} {x} at home.]", c=c)
    mode = s.pick("more", "more", "compare", "both")
    if mode == "more":
        q = s.derive(a, "-", c, "the number of {x} still missing", WHY["missing"])
        s.ask(q, "[How many more {x} does {p.i} need?|How many {x} are still missing?|How many {x} does {p} still have to get?]", "how many more {x} {p} needs")
    elif mode == "compare":
        if a.value == b.value:
            b.value += 1
        hi, lo, m, n = (a, b, "x", "y") if a.value > b.value else (b, a, "y", "x")
        q = s.derive(hi, "-", lo, f"how many more {{{m}}} than {{{n}}} are needed", WHY["difference"])
        s.ask(q, f"[How many more {{{m}}} than {{{n}}} are needed [in all|for {{w}}]?|How many fewer {{{n}}} than {{{m}}} does {{p}} need in all?]", f"how many more {{{m}}} than {{{n}}} are needed")
    else:
        rest = s.derive(a, "-", c, "the number of {x} still missing", WHY["missing"])
        q = s.derive(rest, "+", b, "the number of {x} and {y} still missing", WHY["together"])
        s.ask(q, "[How many {x} and {y} does {p} still have to get, if there are no {y} yet?|There are no {y} yet. How many {x} and {y} are still missing in all?]", "how many {x} and {y} are still missing")
