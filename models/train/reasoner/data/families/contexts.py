"""Places and occasions where a number of things goes up or down. `{x}` are the things, `{a}`, `{b}`, `{c}` the numbers before, of the change, and after."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    kinds: tuple  # of nouns for {x}; or a plural phrase
    start: str  # {a} at first
    some: str  # the same without the number
    up: str  # {b} are added
    up_some: str
    down: str  # {b} go away
    down_some: str
    end: str  # {c} in the end
    ask_start: str
    ask_up: str
    ask_down: str
    ask_end: str
    where: str  # "{x} on the fence", for naming the quantity
    fact_up: str
    fact_down: str
    unit: str = ""
    person: bool = False


CHANGES = (
    Change(("thing",), "{p} <have> {a} {x}[ in {p.his} collection| at home|].", "{p} <have> some {x}[ in {p.his} collection| at home|].",
           "[{p.i} <find> {b} more {x}|{p.i} <buy> {b} {x}|{p.i} then <get> {b} more {x} from a friend|{p.i} <win> {b} {x}].", "[{p.i} <find> some more {x}|{p.i} <buy> some more {x}|A friend <give> {p.me} some more {x}].",
           "[{p.i} <lose> {b} {x}|{p.i} <give> {b} {x} to a friend|{p.i} <throw> away {b} {x}|{p.i} <trade> away {b} of them].", "[{p.i} <lose> some of them|{p.i} <give> some {x} to a friend|{p.i} <throw> away some of the {x}].",
           "[Now {p.i} has {c} {x}|{p.i} now has {c} {x} in all|In the end {p.i} <have> {c} {x}].",
           "[How many {x} did {p.i} have at first|How many {x} did {p} have to begin with|How many {x} did {p.i} have in the beginning].", "How many {x} did {p.i} get?", "[How many {x} did {p.i} give away or lose|How many {x} are gone].",
           "[How many {x} does {p.i} have now|How many {x} does {p} have in all|How many {x} are there now].", "{x} {p} has", "{p} gets {it} more", "{it} {x} go away", person=True),
    Change(("food",), "{p} <have> {a} {x}[ in a bowl| for lunch|].", "{p} <have> some {x}[ in a bowl|].", "[{p.i} <buy> {b} more {x}|{p.his} [mother|father|neighbor] <bring> {b} more {x}|{p.i} <get> {b} {x} from {p.his} [sister|brother]].",
           "[{p.i} <buy> some more {x}|{p.his} mother <bring> some more {x}].", "[{p.i} <eat> {b} of them|{p.i} <give> {b} {x} to {p.his} [sister|brother]|{p.i} <drop> {b} {x} on the floor and could not use them].",
           "[{p.i} <eat> some of them|{p.i} <give> some {x} to {p.his} [sister|brother]].", "[Now there are {c} {x}|{p.i} now has {c} {x}|After that there <+be> {c} {x}].",
           "[How many {x} did {p} have at first|How many {x} were there in the beginning].", "[How many {x} were added|How many more {x} did {p.i} get].", "[How many {x} did {p.i} lose in this way|How many {x} are gone].",
           "[How many {x} does {p} have now|How many {x} are there now].", "{x} {p} has", "{it} {x} are added", "{it} {x} are gone", person=True),
    Change(("wild",), "[{a} {x} <+be> sitting {w}|There <+be> {a} {x} {w}|{a} {x} <+be> resting {w}].", "[Some {x} <+be> sitting {w}|There <+be> some {x} {w}].", "[{b} more {x} <+come> to join them|Then {b} {x} <+arrive>|Another {b} {x} <+join> them].",
           "[Some more {x} <+come> to join them|Then some more {x} <+arrive>].", "[{b} {x} <+leave>|{b} of them <+run> off|Then {b} of the {x} <+go> away].", "[Some of them <+leave>|Some of the {x} <+go> away].",
           "[Now there are {c} {x} {w}|In the end {c} {x} <+be> {w}].", "[How many {x} were {w} at first|How many {x} had been {w} in the beginning].", "[How many more {x} came|How many {x} came to join them].", "[How many {x} left|How many {x} went away].",
           "[How many {x} are {w} now|How many {x} are there now].", "{x} {w}", "{it} more {x} come", "{it} {x} leave"),
    Change(("flower",), "There <+be> {a} {x} in [the|a] vase.", "There <+be> some {x} in [the|a] vase.", "[{p} <cut> {b} more {x} and <put> them in the vase|{p} <add> {b} {x} to the vase|{p} <pick> {b} {x} in the garden and <put> them in the vase].",
           "[{p} <cut> some more {x} and <put> them in the vase|{p} <add> some {x}].", "[{p} <take> {b} {x} out of the vase|{b} of the {x} <+dry> up and <+be> thrown away|{p} <give> {b} of the {x} to a friend].", "[{p} <take> some {x} out of the vase|Some of the {x} <+dry> up and <+be> thrown away].", "[Now there are {c} {x} in the vase|The vase now has {c} {x} in it].",
           "[How many {x} were in the vase at first|How many {x} had been in the vase to begin with].", "[How many {x} were added|How many {x} did {p} put in the vase].", "How many {x} were taken away?", "[How many {x} are in the vase now|How many {x} does the vase hold now].",
           "{x} in the vase", "{it} {x} are added", "{it} {x} are taken away"),
    Change(("passengers", "people", "children"), "[There <+be> {a} {x} on a bus|{a} {x} <+be> riding on a bus|A bus <have> {a} {x} on it].", "Some {x} <+be> riding on a bus.", "At [a|the next] stop {b} [more |]{x} <+get> on.", "At a stop some more {x} <+get> on.",
           "At [a|the next] stop {b} {x} <+get> off.", "At a stop some {x} <+get> off.", "[Now there are {c} {x} on the bus|Then there <+be> {c} {x} on the bus].", "[How many {x} were on the bus at first|How many {x} were on the bus before the stop].",
           "How many {x} got on at the stop?", "How many {x} got off at the stop?", "[How many {x} are on the bus now|How many {x} are riding on the bus after that].", "{x} on the bus", "{it} {x} get on", "{it} {x} get off"),
    Change(("books", "comics", "magazines"), "The [school|town] library <have> {a} {x} on [a|one] shelf.", "The library <have> some {x} on a shelf.", "[Readers <+bring> back {b} {x}|The library <buy> {b} new {x} for the shelf|{b} {x} <+be> returned].", "[Readers <+bring> back some {x}|Some more {x} <+be> put there].",
           "[Readers <+borrow> {b} {x}|{b} {x} <+be> lent to readers|{p} <borrow> {b} of them].", "[Readers <+borrow> some of them|Some of the {x} <+be> lent out].", "[Now there are {c} {x} on the shelf|{c} {x} are on the shelf now].",
           "How many {x} were on the shelf at first?", "[How many {x} came to the shelf|How many {x} were added].", "[How many {x} were borrowed|How many {x} left the shelf].", "How many {x} are on the shelf now?", "{x} on the shelf", "{it} {x} come in", "{it} {x} are borrowed"),
    Change(("photos", "songs", "apps", "files", "messages"), "{p} <have> {a} {x} on {p.his} [phone|computer|tablet].", "{p} <have> some {x} on {p.his} [phone|computer].", "[{p.i} <add> {b} new {x}|{p.i} <get> {b} more {x}|{p.i} <save> {b} more {x}].", "{p.i} <add> some new {x}.",
           "[{p.i} <delete> {b} of them|{p.i} <remove> {b} {x}|{p.i} <delete> {b} old {x}].", "[{p.i} <delete> some of them|{p.i} <remove> some of the {x}].", "[Now {p.i} has {c} {x}|There are {c} {x} on it now].",
           "[How many {x} did {p.i} have at first|How many {x} were there before that].", "How many {x} did {p.i} add?", "How many {x} did {p.i} delete?", "How many {x} does {p.i} have now?", "{x} {p} has", "{it} {x} are added", "{it} {x} are deleted", person=True),
    Change(("dollars",), "[There <+be> {a} {x} in {p.my} wallet|{p} <have> {a} {x}|{p} <have> {a} {x} in {p.his} pocket].", "{p} <have> some money in {p.his} wallet.",
           "[{p.i} <earn> {b} {x} by [washing cars|mowing lawns|walking dogs]|{p.his} [aunt|grandfather|mother] <give> {p.me} {b} {x}|{p.i} <get> {b} more {x} from {p.his} [father|sister]].", "[{p.i} <earn> some more money|{p.his} mother <give> {p.me} some more money].",
           "[{p.i} <spend> {b} {x} [at a store|on lunch|on a present|at the market]|{p.i} <pay> {b} {x} for a [book|ticket|shirt]|{p.i} <lend> {b} {x} to a friend].", "[{p.i} <spend> some of it at a store|{p.i} <pay> for a ticket with some of it].",
           "[Now {p.i} has {c} {x}|{p.i} has {c} {x} left].", "[How many dollars did {p.i} have at first|How much money did {p} have to begin with].", "[How much money did {p.i} get|How many dollars did {p.i} get].", "[How much money did {p.i} spend or give away|How many dollars did {p.i} use].",
           "[How much money does {p} have now|How many dollars does {p.i} have now].", "dollars {p} has", "{p} gets {it} dollars", "{p} uses {it} dollars", person=True),
    Change(("animal",), "[There <+be> {a} {x} on a farm|A farmer <have> {a} {x}|{p.my} farm <have> {a} {x}].", "A farmer <have> some {x}.", "[The farmer <buy> {b} more {x}|{b} {x} <+be> born|{b} new {x} <+be> brought to the farm].", "[The farmer <buy> some more {x}|Some {x} <+be> born].",
           "[The farmer <sell> {b} {x}|{b} {x} <+be> sold to a neighbor|{b} of the {x} <+run> away].", "[The farmer <sell> some of them|Some of the {x} <+run> away].", "[Now there are {c} {x} on the farm|The farm now has {c} {x}].",
           "How many {x} were on the farm at first?", "[How many {x} were added|How many new {x} came to the farm].", "[How many {x} left the farm|How many {x} are gone].", "[How many {x} are on the farm now|How many {x} does the farmer have now].", "{x} on the farm", "{it} {x} are added", "{it} {x} leave the farm"),
    Change(("liters of water", "gallons of water", "liters of milk", "cups of juice"), "[There <+be> {a} {x} in a tank|A tank <hold> {a} {x}].", "There <+be> some {x} in a tank.", "[{p} <pour> in {b} more {x}|Then {b} {x} <+be> added].", "[{p} <pour> in some more|Some {x} <+be> added].",
           "[{b} {x} <+leak> out|{p} <take> out {b} {x}|{b} {x} <+be> used].", "[Some of it <leak> out|{p} <take> out some of it].", "[Now the tank holds {c} {x}|There are {c} {x} in the tank now].", "How many {x} were in the tank at first?", "How many {x} were added?", "How many {x} were taken out or lost?",
           "[How many {x} are in the tank now|How many {x} does the tank hold now].", "{x} in the tank", "{it} {x} are added", "{it} {x} are gone"),
    Change(("plant",), "[There <+be> {a} {x} in the park|{p} <grow> {a} {x} in {p.his} yard|A garden <have> {a} {x}].", "There <+be> some {x} in the park.", "[Workers <+plant> {b} more {x}|{b} new {x} <+be> planted].", "[Workers <+plant> some more {x}|Some new {x} <+be> planted].",
           "[{b} {x} <+die> in a storm|{b} of the {x} <+be> cut down|After a [storm|typhoon|cold winter], {b} {x} <+be> dead and <+be> removed].", "[Some of them <+die> in a storm|Some of the {x} <+be> cut down].", "[Now there are {c} {x}|{c} {x} are standing now].",
           "How many {x} were there at first?", "How many {x} were planted?", "How many {x} [died or were cut down|were lost]?", "[How many {x} are there now|How many {x} are left growing there now].", "{x} there", "{it} {x} are planted", "{it} {x} are lost"),
    Change(("ware",), "[A store <have> {a} {x}|A shop <have> {a} {x} in stock|There <+be> {a} {x} in a store].", "A store <have> some {x}.", "[A truck <bring> {b} more {x}|The owner <order> {b} more {x} and <get> them|{b} new {x} <+be> delivered].", "[A truck <bring> some more {x}|Some new {x} <+be> delivered].",
           "[{b} {x} <+be> sold|Customers <+buy> {b} of them|The store <sell> {b} {x}].", "[Some of them <+be> sold|Customers <+buy> some of the {x}].", "[Now the store has {c} {x}|There are {c} {x} in the store now].", "How many {x} did the store have at first?", "[How many {x} were delivered|How many {x} came in].",
           "[How many {x} were sold|How many {x} did customers buy].", "[How many {x} are in the store now|How many {x} does the store have now].", "{x} in the store", "{it} {x} are delivered", "{it} {x} are sold"),
    Change(("students", "boys", "girls", "members"), "[A club <have> {a} {x}|There <+be> {a} {x} in {p.my} [class|club]].", "[A club <have> some {x}|There <+be> some {x} in {p.my} club].", "[{b} new {x} <+join>|{b} more {x} <+come> in].", "[Some new {x} <+join>|Some more {x} <+come> in].",
           "[{b} {x} <+leave>|{b} of the {x} <+move> to another town].", "[Some {x} <+leave>|Some of the {x} <+move> to another town].", "[Now there are {c} {x} in it|The number of {x} is {c} now].", "How many {x} were there at first?", "How many {x} joined?", "How many {x} left?", "How many {x} are there now?", "{x} in the group", "{it} {x} join", "{it} {x} leave"),
    Change(("customers", "guests", "visitors"), "[There <+be> {a} {x} in a [restaurant|museum|cafe]|A waiter <have> {a} {x}|A [restaurant|hotel] <have> {a} {x}].", "There <+be> some {x} in a restaurant.", "[{b} more {x} <+come> in|Then {b} new {x} <+arrive>].", "[Some more {x} <+come> in|Some new {x} <+arrive>].", "[{b} {x} <+leave>|{b} of the {x} <+go> home].",
           "[Some {x} <+leave>|Some of the {x} <+go> home].", "[Now there are {c} {x}|There <+be> {c} {x} after that].", "[How many {x} were there at first|How many {x} were there in the beginning].", "[How many more {x} came|How many {x} arrived].", "[How many {x} left|How many {x} went home].", "[How many {x} are there now|How many {x} are there in the end].", "{x} there", "{it} {x} come in", "{it} {x} leave"),
    Change(("cars", "bikes", "trucks"), "[There <+be> {a} {x} in a parking lot|A parking lot <have> {a} {x} in it].", "There <+be> some {x} in a parking lot.", "[{b} more {x} <+drive> in|Then {b} {x} <+arrive>].", "Some more {x} <+arrive>.", "[{b} {x} <+leave>|{b} of the {x} <+drive> away].", "Some of the {x} <+leave>.",
           "[Now there are {c} {x} in the lot|The lot now has {c} {x}].", "How many {x} were in the lot at first?", "How many {x} arrived?", "How many {x} left?", "[How many {x} are in the lot now|How many {x} are parked there now].", "{x} in the parking lot", "{it} {x} arrive", "{it} {x} leave"),
)
PLACES = ("in a tree", "on the grass", "by the pond", "on a wall", "on the fence", "on the roof", "in a field")
