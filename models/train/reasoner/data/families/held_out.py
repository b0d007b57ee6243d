"""Whole families for evaluation alone: their themes, sentences and combinations appear nowhere in training."""

from .registry import family
from .why import WHY


@family(held_out=True)
def tank_flow(s):
    t, i, o = s.given(s.draw(3, 15), "{it} minutes"), s.given(s.draw(12, 40), "{it} liters flow in each minute"), s.given(s.draw(2, 11), "{it} liters leak out each minute")
    s.say("[A pump fills an empty pool with {i} liters of water every minute, but {o} liters drain out through a crack every minute.|Every minute {i} liters of rain run into an empty barrel while {o} liters seep out at the bottom.]", i=i, o=o)
    net = s.derive(i, "-", o, "the liters that stay in each minute", WHY["lose"])
    total = s.derive(net, "*", t, "the liters after {t} minutes", WHY["each"], t=t)
    s.ask(total, "[How many liters are in it after {t} minutes?|How much water, in liters, is inside when {t} minutes have passed?]", "the liters of water in the end", t=t)


@family(held_out=True)
def elevator(s):
    a = s.given(s.draw(5, 30), "the elevator starts on floor {it}")
    b, c = s.given(s.draw(2, 15), "it goes up {it} floors"), s.given(s.draw(2, 6), "it goes down {it} floors")
    s.say("[An elevator is on floor {a}. It rises {b} floors and then sinks {c} floors.|{p} steps into an elevator on floor {a}, rides up {b} floors and then down {c} floors.]", a=a, b=b, c=c, p=s.person())
    top = s.derive(a, "+", b, "the floor after going up", WHY["gain"])
    end = s.derive(top, "-", c, "the floor after going down", WHY["lose"])
    s.ask(end, "[Which floor is the elevator on now?|On what floor does the ride end?]", "the floor in the end")
