"""Whole families for evaluation alone: their themes and sentences appear nowhere in the generated training problems."""

from ..story import Unfit
from .registry import HELD_OUT, family
from .why import WHY


@family(use=HELD_OUT)
def pool_flow(s):
    t, i, o = s.given(s.draw(3, 15), "{it} minutes"), s.given(s.draw(12, 40), "{it} liters flow in each minute"), s.given(s.draw(2, 11), "{it} liters run out each minute")
    s.say("[A pump fills an empty pool with {i} liters of water every minute, but {o} liters drain out through a crack every minute.|Every minute {i} liters of rain run into an empty barrel while {o} liters seep out at the bottom.|An empty basin gains {i} liters each minute from a hose and loses {o} liters each minute through its drain.]", i=i, o=o)
    net = s.derive(i, "-", o, "the liters that stay in each minute", WHY["lose"])
    total = s.derive(net, "*", t, "the liters after {t} minutes", WHY["each"], t=t)
    s.ask(total, "[How many liters are in it after {t} minutes?|How much water, in liters, is inside when {t} minutes have passed?]", "the liters of water in the end", t=t)


@family(use=HELD_OUT)
def elevator(s):
    s.person("p")
    a, b, c = s.given(s.draw(2, 30), "the start is floor {it}"), s.given(s.draw(3, 15), "it goes up {it} floors"), s.given(s.draw(2, 9), "it goes down {it} floors")
    s.say("[An elevator is on floor {a}. It rises {b} floors and then sinks {c} floors.|{p} steps into an elevator on floor {a}, rides up {b} floors and then down {c} floors.|From floor {a}, an elevator climbs {b} floors. Then it comes down {c} floors.]", a=a, b=b, c=c)
    top = s.derive(a, "+", b, "the floor after going up", WHY["gain"])
    end = s.derive(top, "-", c, "the floor after going down", WHY["lose"])
    s.ask(end, "[Which floor is the elevator on now?|On what floor does the ride end?]", "the floor in the end")


@family(use=HELD_OUT)
def theater(s):
    a, b = s.given(s.draw(6, 25), "there are {it} rows"), s.given(s.draw(8, 25), "each row has {it} seats")
    c = s.given(s.draw(5, a.value * b.value - 1), "{it} seats are taken")
    s.say("[A theater has {a} rows of {b} seats. At tonight's show {c} seats are taken.|In a cinema there are {a} rows, each with {b} seats, and {c} tickets have been sold for the film.|{c} people sit in a concert hall that has {a} rows with {b} seats in each row.]", a=a, b=b, c=c)
    seats = s.derive(a, "*", b, "the number of seats", WHY["groups"])
    free = s.derive(seats, "-", c, "the number of empty seats", WHY["lose"])
    s.ask(free, "[How many seats stay empty?|How many seats are still free?]", "the number of empty seats")


@family(use=HELD_OUT)
def league_points(s):
    s.person("p")
    w, d, k = s.given(s.draw(3, 15), "{it} wins"), s.given(s.draw(2, 12), "{it} draws"), s.given(s.pick(2, 3, 4, 5), "a win counts {it} points")
    s.say("[In a league a win brings {k} points and a draw brings one point. {p}'s team has {w} wins and {d} draws.|{p}'s hockey team won {w} matches and drew {d}. Every win is worth {k} points, every draw one point.]", w=w, d=d, k=k)
    wins = s.derive(w, "*", k, "the points from wins", WHY["each"])
    total = s.derive(wins, "+", d, "the points in all", WHY["together"])
    s.ask(total, "[How many points does the team have?|What is the team's total of points?]", "the points of the team")


@family(use=HELD_OUT)
def plant_height(s):
    g, n, h = s.given(s.draw(2, 9), "it grows {it} centimeters a week"), s.given(s.draw(3, 12), "{it} weeks"), s.given(s.draw(4, 40), "it is {it} centimeters tall at first")
    plant = s.pick("bean stalk", "sunflower seedling", "bamboo shoot", "corn stalk")
    s.say(f"[A {plant} is {{h}} centimeters tall and grows {{g}} centimeters every week.|When first measured, a {plant} stood {{h}} centimeters high. It gets taller by {{g}} centimeters a week.]", h=h, g=g)
    grown = s.derive(g, "*", n, "the growth in {n} weeks", WHY["each"], n=n)
    tall = s.derive(h, "+", grown, "the height after {n} weeks", WHY["gain"], n=n)
    s.ask(tall, "[How tall is it after {n} weeks, in centimeters?|What is its height in centimeters {n} weeks later?]", "the height after {n} weeks", n=n)


@family(use=HELD_OUT)
def cut_rope(s):
    s.person("p")
    k, m = s.given(s.draw(3, 12), "{it} pieces are cut"), s.given(s.draw(3, 20), "each piece is {it} inches long")
    r = s.draw(2, 40)
    total = s.given(k.value * m.value + r, "the whole is {it} inches long")
    thing = s.pick("string", "ribbon roll", "wire", "hose")
    s.say(f"[{{p}} snips {{k}} pieces of {{m}} inches each from a {thing} that is {{t}} inches long.|From a {{t}}-inch {thing}, {{p}} cuts off {{k}} pieces, each {{m}} inches long.]", k=k, m=m, t=total)
    cut = s.derive(k, "*", m, "the inches cut off", WHY["groups"])
    left = s.derive(total, "-", cut, "the inches that remain", WHY["lose"])
    s.ask(left, f"[How many inches of the {thing} remain?|How long is the rest of the {thing} in inches?]", "the inches that remain")


@family(use=HELD_OUT)
def temperature(s):
    a = s.given(s.draw(10, 30), "{it} degrees at dawn")
    b, c = s.given(s.draw(3, 15), "it rises {it} degrees"), s.given(s.draw(2, 12), "it falls {it} degrees")
    s.say("[At dawn a thermometer showed {a} degrees. By noon it was {b} degrees warmer, and by night it had cooled down by {c} degrees.|The temperature was {a} degrees at sunrise, climbed by {b} degrees until noon and fell by {c} degrees until midnight.]", a=a, b=b, c=c)
    noon = s.derive(a, "+", b, "the temperature at noon", WHY["gain"])
    night = s.derive(noon, "-", c, "the temperature at night", WHY["lose"])
    s.ask(night, "[What temperature, in degrees, was it at night?|How many degrees was it in the end?]", "the temperature at night")


@family(use=HELD_OUT)
def burning_candle(s):
    rate, hours = s.draw(2, 6), s.draw(2, 9)
    rest = s.draw(1, 20)
    h, r = s.given(rate * hours + rest, "it is {it} centimeters tall at first"), s.given(rate, "it burns {it} centimeters each hour")
    e = s.given(rest, "{it} centimeters are left")
    s.say("[A {h}-centimeter candle burns down {r} centimeters every hour. Now {e} centimeters are left.|Each hour a burning candle gets {r} centimeters shorter. It was {h} centimeters tall and now measures {e}.]", h=h, r=r, e=e)
    burned = s.derive(h, "-", e, "the centimeters that have burned", WHY["change_down"])
    t = s.derive(burned, "/", r, "the hours it has burned", WHY["fill"])
    s.ask(t, "[For how many hours has it been burning?|How many hours has the candle burned?]", "the hours it has burned")


@family(use=HELD_OUT)
def late_fees(s):
    s.person("p")
    n, c, d = s.given(s.draw(2, 6), "{it} films are late"), s.given(s.draw(2, 30), "the fee is {it} cents a day"), s.given(s.draw(2, 10), "{it} days late")
    s.say("[A video store charges {c} cents a day for each late film. {p} brings back {n} films {d} days late.|{p} returned {n} films {d} days after they were due. The fee for one film is {c} cents per day.]", n=n, c=c, d=d)
    one = s.derive(c, "*", d, "the fee for one film", WHY["each"])
    total = s.derive(one, "*", n, "the fee for all films", WHY["each"])
    s.ask(total, "[How many cents does {p} owe?|What is the whole fee in cents?]", "the fee in cents")


@family(use=HELD_OUT)
def ferry(s):
    k, t = s.given(s.draw(4, 20), "each crossing carries {it} vehicles"), s.given(s.draw(2, 9), "there are {it} crossings")
    q = s.given(k.value * t.value + s.draw(3, 60), "{it} vehicles wait")
    s.say("[{q} vehicles queue for a small ferry that carries {k} of them on each crossing. It has made {t} crossings so far.|A ferry takes {k} vehicles per crossing. In the queue there were {q} vehicles, and {t} full crossings have been made.]", q=q, k=k, t=t)
    gone = s.derive(k, "*", t, "the vehicles taken across", WHY["each"])
    left = s.derive(q, "-", gone, "the vehicles still waiting", WHY["lose"])
    s.ask(left, "[How many vehicles are still waiting?|How many vehicles remain in the queue?]", "the vehicles still waiting")


@family(use=HELD_OUT)
def stairs(s):
    s.person("p")
    f, k, r = s.given(s.draw(3, 15), "there are {it} flights"), s.given(s.draw(8, 24), "each flight has {it} steps"), s.given(s.draw(1, 3), "{it} flights are left")
    if r.value == 1:
        raise Unfit("one flight")
    s.say("[A lighthouse has {f} flights of stairs with {k} steps each. {p} has all but {r} flights behind {p.him}.|{p} climbs a tower of {f} flights, each with {k} steps, and rests when {r} flights are still ahead.]", f=f, k=k, r=r)
    done = s.derive(f, "-", r, "the flights climbed so far", WHY["lose"])
    steps = s.derive(done, "*", k, "the steps climbed so far", WHY["groups"])
    s.ask(steps, "[How many steps has {p} climbed so far?|How many steps lie behind {p}?]", "the steps climbed so far")


@family(use=HELD_OUT)
def recipe_scale(s):
    s.person("p")
    a, g = s.given(s.draw(2, 12), "the recipe takes {it} spoons"), s.given(s.draw(2, 6), "the recipe serves {it}")
    n = s.draw(2, 6)
    people = s.given(g.value * n, "{it} people come")
    what = s.pick("curry powder", "honey", "olive oil", "cocoa powder", "soy sauce")
    s.say(f"[A recipe for {{g}} people takes {{a}} spoons of {what}. {{p}} cooks it for {{n}} people.|To serve {{g}} people, a dish needs {{a}} spoons of {what}. Today {{n}} people will eat at {{p}}'s house.]", g=g, a=a, n=people)
    batches = s.derive(people, "/", g, "how many times the recipe is needed", WHY["fill"])
    total = s.derive(batches, "*", a, f"the spoons of {what}", WHY["each"])
    s.ask(total, f"[How many spoons of {what} are needed?|How many spoons of {what} must {{p}} use?]", f"the spoons of {what}")


@family(use=HELD_OUT)
def marathon_training(s):
    s.person("p")
    a, b = s.given(s.draw(2, 10), "{it} kilometers on the first day"), s.given(s.draw(1, 5), "{it} kilometers more each following day")
    if b.value == 1:
        raise Unfit("one kilometer")
    s.say("[{p} trains for a race. On the first day the run is {a} kilometers, and each following day it is {b} kilometers longer than the day before.|A training plan starts with {a} kilometers and adds {b} kilometers every next day. {p} follows it.]", a=a, b=b)
    second = s.derive(a, "+", b, "the kilometers on the second day", WHY["more"])
    third = s.derive(second, "+", b, "the kilometers on the third day", WHY["more"])
    if s.chance(0.5):
        s.ask(third, "How many kilometers does {p} run on the third day?", "the kilometers on the third day")
        return
    two = s.derive(a, "+", second, "the kilometers of the first two days", WHY["together"])
    s.ask(s.derive(two, "+", third, "the kilometers of three days", WHY["gain"]), "[How many kilometers does {p} run on the first three days together?|How many kilometers are run in the first three days?]", "the kilometers of three days")


@family(use=HELD_OUT)
def scale_balance(s):
    x, y = s.pick(("melon", "melons"), ("brick", "bricks"), ("jar", "jars"), ("can", "cans")), None
    n, w = s.given(s.draw(2, 9), "{it} of them on one side"), s.given(s.draw(2, 15), "")
    e = s.draw(2, 30)
    s.values.update(o=x[0], O=x[1])
    w.value = s.draw(2, 15)
    total = s.given(n.value * w.value + e, "{it} grams on the other side")
    w.mentioned = False
    extra = s.given(e, "{it} extra grams beside them")
    s.say("[On a balance, {n} equal {O} and a weight of {e} grams on the left hold up {t} grams on the right.|A balance is level with {t} grams in one pan and {n} equal {O} plus a {e}-gram weight in the other pan.]", n=n, e=extra, t=total)
    rest = s.derive(total, "-", extra, "the grams of the {O} together", WHY["missing"])
    one = s.derive(rest, "/", n, "the grams of one {o}", WHY["share"])
    s.ask(one, "[How many grams does one {o} weigh?|What is the weight of one {o} in grams?]", "the grams of one {o}")
