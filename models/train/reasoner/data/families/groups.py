"""Equal groups: the number of groups, their size and the total, any of them asked for, with numbers that do not matter beside them."""

from .registry import family
from .why import WHY

# (groups plural, group singular, members plural, where or how: a frame that states n groups and m members each)
FRAMES = (
    ("classrooms", "classroom", "students", "A school <have> {n} classrooms."), ("teams", "team", "players", "There <+be> {n} teams in a [league|tournament]."), ("tables", "table", "chairs", "There <+be> {n} tables in a [hall|restaurant]."),
    ("pots", "pot", "flowers", "{p} <have> {n} pots [on the balcony|in the garden]."), ("shelves", "shelf", "books", "{p.my} bookcase <have> {n} shelves."), ("baskets", "basket", "peaches", "There <+be> {n} baskets on a cart."),
    ("bags", "bag", "marbles", "{p} <have> {n} bags of marbles."), ("buses", "bus", "children", "A school <order> {n} buses for a trip."), ("packages", "package", "pieces of gum", "{p} <buy> {n} packages of gum."),
    ("pages", "page", "stickers", "{p.my} album <have> {n} pages."), ("floors", "floor", "windows", "An office building <have> {n} floors."), ("boats", "boat", "people", "{n} boats <+take> people across a lake."),
    ("trees", "tree", "oranges", "{p} <pick> oranges from {n} trees."), ("rooms", "room", "lamps", "A hotel <have> {n} rooms."), ("nests", "nest", "eggs", "{p} <find> {n} nests."), ("envelopes", "envelope", "photos", "{p} <fill> {n} envelopes."),
    ("trays", "tray", "muffins", "{p} <bake> {n} trays of muffins."), ("tents", "tent", "campers", "There <+be> {n} tents at a camp."), ("boxes", "box", "pencils", "A teacher <have> {n} boxes of pencils."), ("necklaces", "necklace", "beads", "{p} <make> {n} necklaces."),
    ("wagons", "wagon", "seats", "A small train <have> {n} wagons."), ("crates", "crate", "bottles", "A shop <get> {n} crates of bottles."), ("friends", "friend", "crackers", "{p} <have> {n} friends over."), ("aquariums", "aquarium", "fish", "A pet store <have> {n} aquariums."),
    ("notebooks", "notebook", "sheets", "{p} <buy> {n} notebooks."), ("chapters", "chapter", "pages", "A book <have> {n} chapters."), ("houses", "house", "doors", "There <+be> {n} houses on a street."), ("cartons", "carton", "eggs", "{p} <buy> {n} cartons of eggs."))
EACH = "[Each {g} <have> {m} {x}|There <+be> {m} {x} for each {g}|Every {g} <have> {m} {x}|All of them <+have> {m} {x} each]."
SAME = "[Each {g} <have> the same number of {x}|All {G} <have> the same number of {x}|The {x} <+be> spread equally over the {G}]."


def frame(s):
    groups, single, members, start = s.r.choice(FRAMES)
    s.person("p")
    s.values.update(G=groups, g=single, x=members)
    return start


def beside(s, chance=0.4):
    """A further group-like number that does not matter."""
    if s.chance(chance):
        n = s.given(s.draw(2, 60))
        template, fact = s.pick(("[{n} of the {x} <+be> new.|Of all the {x}, {n} <+be> new.]", "{it} {x} are new"), ("[It <take> {n} minutes to count them all.|The work <take> {n} minutes.]", "it takes {it} minutes"),
                                ("{n} people <+help> with this.", "{it} people help"), ("[All this <cost> {n} dollars.|{p} <pay> {n} dollars for everything.]", "it costs {it} dollars"), ("{p} <be> {n} years old.", "{p} is {it} years old"))
        s.fact(n, fact)
        s.say(template, n=n)


@family(weight=3, group="one_step")
def group_total(s):
    start = frame(s)
    n, m = s.given(s.amount(3, s.pick(12, 40, 99)), "there are {it} {G}"), s.given(s.draw(2, s.pick(9, 20, 50)), "each {g} has {it} {x}")
    s.say(start, n=n)
    if s.chance(0.5):
        beside(s, 0.3)
    s.say(EACH, m=m)
    beside(s, 0.2)
    total = s.derive(n, "*", m, "the number of {x} in all {G}", WHY["groups"])
    s.ask(total, "[How many {x} are there [in all|altogether|in total]?|What is the total number of {x}?|How many {x} is that?]", "the total number of {x}")


@family(weight=3, group="one_step")
def group_size(s):
    start = frame(s)
    size, k = s.draw(2, s.pick(12, 40)), s.draw(2, s.pick(12, 30))
    n, t = s.given(k, "there are {it} {G}"), s.given(size * k, "there are {it} {x} in all")
    s.say(start, n=n)
    beside(s, 0.25)
    s.say("[There <+be> {t} {x} in all|Altogether there <+be> {t} {x}|In total there <+be> {t} {x}]. " + SAME.replace("All {G} <have>", "All {G} <+have>"), t=t)
    beside(s, 0.15)
    each = s.derive(t, "/", n, "the number of {x} for each {g}", WHY["share"])
    s.ask(each, "[How many {x} does each {g} have?|How many {x} are there for each {g}?|What is the number of {x} per {g}?]", "the number of {x} for each {g}")


@family(weight=3, group="one_step")
def group_number(s):
    frame(s)
    size, k = s.draw(2, s.pick(12, 40)), s.draw(2, s.pick(12, 30))
    m, t = s.given(size, "each {g} takes {it} {x}"), s.given(size * k, "there are {it} {x} in all")
    order = s.chance(0.5)
    one = "[There are {t} {x} in all|{p} has {t} {x} in all|Altogether there are {t} {x}|There are a total of {t} {x}]."
    two = "[Each {g} has {m} {x}|There are {m} {x} for each {g}|Every {g} has {m} {x}|There are always {m} {x} to one {g}]."
    s.say(one if order else two, t=t, m=m)
    beside(s, 0.25)
    s.say(two if order else one, t=t, m=m)
    number = s.derive(t, "/", m, "the number of {G}", WHY["fill"])
    s.ask(number, "[How many {G} are there?|How many {G} is that?|For how many {G} is this enough?|What is the number of {G}?]", "the number of {G}")


@family(weight=3, group="one_step")
def groups_of_two_kinds(s):
    """Groups that hold two kinds; asked is one kind, both, or the difference."""
    groups, single, x, y = s.pick(("boxes", "box", "red pens", "blue pens"), ("rows", "row", "tulips", "roses"), ("bags", "bag", "green apples", "red apples"), ("teams", "team", "girls", "boys"), ("tables", "table", "cups", "plates"), ("packs", "pack", "markers", "pencils"), ("gardens", "garden", "bushes", "trees"),
                                  ("shelves", "shelf", "novels", "comics"), ("trays", "tray", "muffins", "donuts"), ("rooms", "room", "chairs", "lamps"), ("pots", "pot", "flowers", "sticks"), ("baskets", "basket", "plums", "pears"))
    s.values.update(G=groups, g=single, x=x, y=y)
    s.person("p")
    n, a, b = s.given(s.draw(2, 30), "there are {it} {G}"), s.given(s.draw(2, 20), "{it} {x} in each {g}"), s.given(s.draw(2, 20), "{it} {y} in each {g}")
    s.say("[There <+be> {n} {G}. Each {g} <have> {a} {x} and {b} {y}.|{p} <have> {n} {G} with {a} {x} and {b} {y} in each {g}.|{p} <put> {a} {x} and {b} {y} in each of {n} {G}.|In each {g} there <+be> {a} {x} and {b} {y}. There <+be> {n} {G}.]", n=n, a=a, b=b)
    mode = s.pick("x", "y", "both", "more")
    if mode in "xy":
        t = s.derive(n, "*", a if mode == "x" else b, f"the number of {{{mode}}} in all the {{G}}", WHY["groups"])
        s.ask(t, f"[How many {{{mode}}} are there in all?|How many {{{mode}}} are in all the {{G}} together?|What is the total number of {{{mode}}}?]", f"the total number of {{{mode}}}")
    elif mode == "both":
        one = s.derive(a, "+", b, "the number of {x} and {y} in one {g}", WHY["together"])
        t = s.derive(one, "*", n, "the number of {x} and {y} in all the {G}", WHY["each"])
        s.ask(t, "[How many {x} and {y} are there in all?|What is the total number of {x} and {y}?]", "the number of {x} and {y} in all")
    else:
        if a.value == b.value:
            b.value += 1
        hi, lo, m, k = (a, b, "x", "y") if a.value > b.value else (b, a, "y", "x")
        one = s.derive(hi, "-", lo, f"how many more {{{m}}} than {{{k}}} are in one {{g}}", WHY["difference"])
        t = s.derive(one, "*", n, f"how many more {{{m}}} than {{{k}}} there are in all", WHY["each"])
        s.ask(t, f"[How many more {{{m}}} than {{{k}}} are there in all?|How many fewer {{{k}}} than {{{m}}} are there altogether?]", f"how many more {{{m}}} than {{{k}}} there are")


@family(weight=2)
def group_chain(s):
    """Groups within groups, perhaps some used, perhaps packed again."""
    from .parts_of_chains import use_or_pack
    chain = s.pick((("schools", "school"), ("classes", "class"), ("students", "student")), (("streets", "street"), ("houses", "house"), ("windows", "window")), (("shelves", "shelf"), ("boxes", "box"), ("screws", "screw")), (("trucks", "truck"), ("crates", "crate"), ("bottles", "bottle")),
                   (("gardens", "garden"), ("pots", "pot"), ("flowers", "flower")), (("buildings", "building"), ("floors", "floor"), ("rooms", "room")), (("cabinets", "cabinet"), ("drawers", "drawer"), ("folders", "folder")), (("weeks", "week"), ("lessons", "lesson"), ("exercises", "exercise")))
    (A, a), (B, b), (C, c) = chain
    s.person("p")
    s.values.update(A=A, a1=a, B=B, b1=b, x=C, c1=c)
    n, m, k = s.given(s.draw(2, 9), "there are {it} {A}"), s.given(s.draw(2, 12), "each {a1} has {it} {B}"), s.given(s.draw(2, 15), "each {b1} has {it} {x}")
    s.say("[There <+be> {n} {A}. Each {a1} <have> {m} {B}, and each {b1} <have> {k} {x}.|There <+be> {n} {A} with {m} {B} each. In every {b1} there <+be> {k} {x}.|Each {b1} <have> {k} {x}. There <+be> {m} {B} in each of {n} {A}.]", n=n, m=m, k=k)
    groups = s.derive(n, "*", m, "the number of {B} in all {A}", WHY["groups"])
    total = s.derive(groups, "*", k, "the number of {x} in all {B}", WHY["groups"])
    use_or_pack(s, total)
