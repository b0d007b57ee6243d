"""Lengths, areas, weights and pieces."""

from .registry import JUDGED, family
from .why import WHY

ROOMS = ("room", "garden", "field", "carpet", "playground", "kitchen floor", "yard", "wall", "table top")


@family(weight=1, group="one_step")
def area_one(s):
    s.person("p")
    unit = s.pick("feet", "meters", "yards")
    thing = s.pick(*ROOMS)
    a, b = s.given(s.draw(3, 30), f"it is {{it}} {unit} long"), s.given(s.draw(2, 20), f"it is {{it}} {unit} wide")
    if s.chance(0.6):
        s.say(f"[{{p.my}} {thing} <be> {{a}} {unit} long and {{b}} {unit} wide.|A {thing} <have> a length of {{a}} {unit} and a width of {{b}} {unit}.]", a=a, b=b)
        q = s.derive(a, "*", b, "the area", "[the area of a rectangle is length times width|there are {b} rows of {a} squares, so multiply|area means how many squares cover it: length times width]")
        s.ask(q, f"[What is its area in square {unit}?|How many square {unit} does it cover?|How many square {unit} is that?]", f"the area in square {unit}")
    else:
        area = s.given(a.value * b.value, f"the area is {{it}} square {unit}")
        b.mentioned = False
        s.say(f"[The area of {{p.my}} {thing} <be> {{n}} square {unit}. It <be> {{a}} {unit} long.|A {thing} <cover> {{n}} square {unit} and <be> {{a}} {unit} long.]", n=area, a=a)
        q = s.derive(area, "/", a, "the width", "[area is length times width, so the width is area divided by length|to undo the multiplication we divide the area by the length]")
        s.ask(q, f"[How many {unit} wide is it?|What is its width in {unit}?]", f"the width in {unit}")


@family(weight=1.5)
def area_story(s):
    s.person("p")
    unit = s.pick("feet", "meters")
    thing = s.pick("room", "garden", "field", "yard", "kitchen floor")
    a, b = s.given(s.draw(3, 20), f"it is {{it}} {unit} long"), s.given(s.draw(2, 15), f"it is {{it}} {unit} wide")
    s.say(f"[{{p.my}} {thing} <be> {{a}} {unit} long and {{b}} {unit} wide.|A {thing} <be> {{b}} {unit} wide and {{a}} {unit} long.]", a=a, b=b)
    area = s.derive(a, "*", b, "the area", "[the area of a rectangle is length times width|there are {b} rows of {a} squares, so multiply]")
    mode = s.pick("cost", "rest", "have", "around", "around_cost", "two")
    if mode == "cost":
        c = s.given(s.draw(2, 12), f"one square {unit[:-1] if unit == 'meters' else 'foot'} costs {{it}}", unit="$")
        s.say(f"[To cover one square {'foot' if unit == 'feet' else 'meter'} with new material <cost> {{c}}.|New tiles <+cost> {{c}} for each square {'foot' if unit == 'feet' else 'meter'}.]", c=c)
        q = s.derive(area, "*", c, "the cost", WHY["price"], unit="$")
        s.ask(q, "[How many dollars does it cost to cover all of it?|What is the cost in dollars for all of it?]", "the cost of covering it")
    elif mode in ("rest", "have"):
        r = s.given(s.draw(2, area.value - 1), f"{{it}} square {unit} are done" if mode == "rest" else f"there is material for {{it}} square {unit}")
        s.say(f"{{r}} square {unit} of it <+be> done already." if mode == "rest" else f"{{p}} already <have> material for {{r}} square {unit}.", r=r)
        q = s.derive(area, "-", r, f"the square {unit} that are missing", WHY["missing"])
        s.ask(q, f"[How many square {unit} are still to be done?|How many square {unit} are missing?]" if mode == "rest" else f"For how many more square {unit} does {{p}} need material?", f"the square {unit} that are missing")
    elif mode in ("around", "around_cost"):
        half = s.derive(a, "+", b, "one long and one short side together", "[the way around has two long and two short sides; first add one of each|we add length and width first]")
        around = s.derive(half, "*", s.known(2, ""), "the way around it", "[each side comes twice, so multiply by 2|there are two of each side, so double it]")
        if mode == "around":
            s.ask(around, f"[What is its perimeter in {unit}?|How many {unit} is it once around the edge?]", f"the way around it in {unit}")
            return
        c = s.given(s.draw(2, 9), f"one {'foot' if unit == 'feet' else 'meter'} of border costs {{it}}", unit="$")
        s.say(f"One {'foot' if unit == 'feet' else 'meter'} of border <cost> {{c}}.", c=c)
        q = s.derive(around, "*", c, "the cost of the border", WHY["price"], unit="$")
        s.ask(q, "How many dollars does a border all around it cost?", "the cost of a border all around")
    else:
        c, d = s.given(s.draw(2, 12), f"the second is {{it}} {unit} long"), s.given(s.draw(2, 12), f"the second is {{it}} {unit} wide")
        s.say(f"A second one <be> {{c}} {unit} long and {{d}} {unit} wide.", c=c, d=d)
        other = s.derive(c, "*", d, "the area of the second", "[again the area is length times width|the second one is also length times width]")
        q = s.derive(area, "+", other, "both areas together", WHY["together"])
        s.ask(q, f"[How many square {unit} do both cover together?|What is the area of both together in square {unit}?]", f"both areas together in square {unit}")


@family(weight=1.5, use=JUDGED)
def weights(s):
    """Several things that weigh something, a basket of them, a limit."""
    s.person("p")
    unit = s.pick("pounds", "kilograms")
    x, y = s.r.sample(("bags of sand", "stones", "sacks of flour", "boxes of tools", "watermelons", "logs", "buckets of paint"), 2)
    s.values.update(x=x, y=y)
    n, w, m, v = s.given(s.draw(2, 9), "there are {it} {x}"), s.given(s.draw(2, 20), f"each of the {{x}} weighs {{it}} {unit}"), s.given(s.draw(2, 9), "there are {it} {y}"), s.given(s.draw(2, 20), f"each of the {{y}} weighs {{it}} {unit}")
    mode = s.pick("both", "limit", "one_more", "difference")
    one = s.derive(n, "*", w, "the weight of the {x}", WHY["each"])
    if mode == "one_more":
        t = s.given(s.draw(3, 40), f"the empty cart weighs {{it}} {unit}")
        m.mentioned = v.mentioned = False
        s.say(f"[{{p}} <load> {{n}} {{x}} onto a cart. Each of them <weigh> {{w}} {unit}, and the empty cart <weigh> {{t}} {unit}.|An empty cart <weigh> {{t}} {unit}. {{p}} <put> {{n}} {{x}} on it that <+weigh> {{w}} {unit} each.]", n=n, w=w, t=t)
        q = s.derive(one, "+", t, "the weight of the loaded cart", WHY["together"])
        s.ask(q, f"[How many {unit} does the loaded cart weigh?|What is the weight of the full cart in {unit}?]", "the weight of the loaded cart")
        return
    s.say(f"[{{p}} <have> {{n}} {{x}} of {{w}} {unit} each and {{m}} {{y}} of {{v}} {unit} each.|There <+be> {{n}} {{x}}, which <+weigh> {{w}} {unit} each, and {{m}} {{y}}, which <+weigh> {{v}} {unit} each.]", n=n, w=w, m=m, v=v)
    two = s.derive(m, "*", v, "the weight of the {y}", WHY["each"])
    if mode == "difference" and one.value != two.value:
        hi, lo, h, k = (one, two, "x", "y") if one.value > two.value else (two, one, "y", "x")
        q = s.derive(hi, "-", lo, "the difference in weight", WHY["difference"])
        s.ask(q, f"[How many {unit} more do the {{{h}}} weigh than the {{{k}}} in all?|By how many {unit} are all the {{{h}}} heavier than all the {{{k}}}?]", "the difference in weight")
        return
    both = s.derive(one, "+", two, "the weight of all together", WHY["together"])
    if mode == "limit":
        limit = s.given(both.value + s.draw(3, 100), f"the limit is {{it}} {unit}")
        s.say(f"[A truck can carry {{l}} {unit}, and {{p}} <load> all of them on it.|All of them <+be> put on a cart that can carry {{l}} {unit}.]", l=limit)
        q = s.derive(limit, "-", both, f"the {unit} that can still be added", WHY["missing"])
        s.ask(q, f"[How many more {unit} can be loaded?|How many {unit} are still free?]", f"the {unit} that can still be added")
    else:
        s.ask(both, f"[How many {unit} do all of them weigh together?|What is the total weight in {unit}?]", "the weight of all together")


@family(weight=1, use=JUDGED)
def liquids(s):
    """Jugs and glasses."""
    s.person("p")
    unit = s.pick("cups", "ounces", "milliliters") 
    x = s.pick("lemonade", "apple juice", "milk", "tea", "soup", "cocoa")
    small = s.draw(2, 12) if unit != "milliliters" else s.draw(2, 10) * 25
    n, m = s.given(s.draw(3, 15), "there are {it} glasses"), s.given(small, f"each glass takes {{it}} {unit}")
    used = s.derive(n, "*", m, f"the {unit} in the glasses", WHY["groups"])
    if s.chance(0.6):
        t = s.given(used.value + s.draw(2, 60), f"there are {{it}} {unit} of {x}")
        s.say(f"[{{p}} <make> {{t}} {unit} of {x} and <fill> {{n}} glasses with {{m}} {unit} each.|A pot <hold> {{t}} {unit} of {x}. {{p}} <pour> {{m}} {unit} into each of {{n}} glasses.]", t=t, n=n, m=m)
        q = s.derive(t, "-", used, f"the {unit} that are left", WHY["lose"])
        s.ask(q, f"[How many {unit} of {x} are left?|How many {unit} remain?]", f"the {unit} that are left")
    else:
        b = s.given(s.draw(2, 40), f"{{it}} {unit} were spilled")
        s.say(f"[{{p}} <fill> {{n}} glasses with {{m}} {unit} of {x} each and <spill> {{b}} {unit} more.|{{p}} <pour> {{m}} {unit} of {x} into each of {{n}} glasses. Another {{b}} {unit} <+be> spilled.]", n=n, m=m, b=b)
        q = s.derive(used, "+", b, f"the {unit} in all", WHY["together"])
        s.ask(q, f"[How many {unit} of {x} did {{p}} use in all?|How many {unit} is that with the spilled ones?]", f"the {unit} in all")
