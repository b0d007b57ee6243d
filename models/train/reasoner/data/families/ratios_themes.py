"""Themes of `ratios`: so much for so many, equal parts and a rest, rates over things and days, loads of a whole, stocks that run down. Clauses are in lower case, without a period; `[a|b]` are alternatives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """{n} things take, or give, {a} of the stuff."""

    x: str  # stuff
    B: str  # things
    o: str  # one of them
    prep: str  # the stuff `for` or `from` the things
    low: int  # stuff for one thing
    high: int
    told: str  # {n} and {a}
    much: str  # asks for the stuff of {m} things
    back: str  # asks for the things of {c}
    stock: str = ""  # {h} of the stuff are there
    left: str = ""  # asks what is left of it after {m} things


SCALES = (
    Scale("meters of paper", "tables", "table", "for", 2, 6, "[to cover {n} tables, a party <need> {a} meters of paper|{a} meters of paper <+cover> {n} tables of the same size|{n} long tables at a party <+be> covered with {a} meters of paper, the same on each]",
          "[How many meters of paper <+be> needed for {m} tables|If there <+be> {m} such tables, how many meters of paper would it take|How much paper, in meters, <do> it take to cover {m} tables]", "[How many tables can be covered with {c} meters of paper|{c} meters of paper <+be> enough for how many tables]",
          "[the roll <have> {h} meters of paper on it|there <+be> {h} meters of paper on the roll]", "[How many meters of paper <+be> left when {m} tables are covered|After {m} tables, how many meters of paper <+remain>]"),
    Scale("liters of paint", "walls", "wall", "for", 2, 7, "[{a} liters of paint <+be> just enough for {n} equal walls|a painter <use> {a} liters of paint on {n} walls of one size|for {n} walls of a new school the workers <+mix> {a} liters of paint]",
          "[How many liters of paint would {m} such walls need|How many liters of paint <+go> on {m} walls|A hallway with {m} such walls comes next. How many liters of paint <be> that]", "[How many walls can be painted with {c} liters of paint|For how many walls <+do> {c} liters of paint last]",
          "[{h} liters of paint <+stand> ready|the painter <order> {h} liters of paint]", "[How many liters of paint <+be> not used after {m} walls|When {m} walls are done, how many liters of paint <+be> left]"),
    Scale("kilograms of feed", "goats", "goat", "for", 2, 5, "[{n} goats <+eat> {a} kilograms of feed a week|a herd of {n} goats <get> {a} kilograms of feed every week|a farmer <carry> {a} kilograms of feed a week to {n} hungry goats]",
          "[How many kilograms of feed would {m} goats eat a week|The herd grows to {m} goats. How many kilograms of feed <+be> needed a week then|How much feed, in kilograms, <be> right for {m} goats and one week]", "[How many goats can be fed for a week with {c} kilograms of feed|{c} kilograms of feed last a week for how many goats]",
          "[the barn <hold> {h} kilograms of feed|{h} kilograms of feed <+lie> in the barn]", "[How many kilograms of feed <+be> left after a week with {m} goats|What remains of the feed, in kilograms, after feeding {m} goats for a week]"),
    Scale("drops of glue", "model planes", "model plane", "for", 4, 15, "[{p} <put> together {n} model planes with {a} drops of glue|{a} drops of glue <+go> into {n} equal model planes that {p} <build>|after {n} equal model planes, {p} <have> used {a} drops of glue]",
          "[How many drops of glue <+do> {m} model planes take|{p} wants to build {m} model planes. How many drops of glue will be needed|How many drops of glue <+be> enough for {m} such model planes]", "[How many model planes can be built with {c} drops of glue|{c} drops of glue are in the tube. For how many model planes will that do]",
          "[the tube <hold> {h} drops of glue|there <+be> {h} drops of glue in the tube]", "[How many drops of glue <+be> left after {m} model planes|Once {m} model planes are built, how many drops of glue <+be> still in the tube]"),
    Scale("pills", "patients", "patient", "for", 2, 6, "[a nurse <hand> out {a} pills a day to {n} patients|{n} patients on a ward <+take> {a} pills a day, all the same number|every day {a} pills <+be> set out for {n} patients who all get the same]",
          "[How many pills a day would {m} patients need|When {m} patients <+be> on the ward, how many pills <+do> they take a day|How many pills must be set out a day for {m} patients]", "[For how many patients <+be> {c} pills a day meant|If {c} pills are set out for a day, how many patients <+be> there]",
          "[the cabinet <have> {h} pills in it|there <+be> {h} pills in the cabinet]", "[How many pills <+be> left after one day with {m} patients|{m} patients get their pills for one day. How many pills <+remain>]"),
    Scale("screws", "bookcases", "bookcase", "for", 6, 20, "[{n} bookcases <+be> held together by {a} screws|a carpenter <need> {a} screws for {n} bookcases of the same kind|a bag with {a} screws <be> exactly right for {n} equal bookcases]",
          "[How many screws <+do> {m} bookcases need|How many screws must be bought for {m} such bookcases|The school <order> {m} of these bookcases. How many screws <+be> needed]", "[How many bookcases can be built with {c} screws|For how many bookcases <+be> {c} screws enough]",
          "[the workshop <have> {h} screws|{h} screws <+lie> in a drawer of the workshop]", "[How many screws <+be> left after {m} bookcases|When {m} bookcases are built, how many screws <+be> still there]"),
    Scale("cards", "players", "player", "for", 3, 9, "[in a card game {n} players <+hold> {a} cards in all, everyone the same number|{a} cards <+be> dealt to {n} players, equally many to each|when {n} players <+play>, the dealer <give> out {a} cards, evenly]",
          "[How many cards <+be> dealt to {m} players by the same rule|If {m} players <+join> the game, how many cards must be given out|How many cards <+do> {m} players hold together]", "[How many players <+be> there if {c} cards are dealt|{c} cards <+be> enough for how many players]",
          "[the deck <have> {h} cards|there <+be> {h} cards in the deck]", "[How many cards stay in the deck with {m} players|After the cards are dealt to {m} players, how many cards <+be> left]"),
    Scale("campers", "tents", "tent", "in", 2, 8, "[{a} campers <+spend> the night in {n} tents, with no place left|{n} full tents <+have> room for {a} campers|at the summer camp {n} tents of one size <+be> filled by {a} campers]",
          "[How many campers can sleep in {m} such tents|If the camp <have> {m} of these tents, how many campers <+find> a place|For how many campers <+be> {m} tents enough]", "[How many tents <+do> {c} campers need|{c} campers are coming. How many tents must be put up]"),
    Scale("students", "vans", "van", "in", 6, 14, "[{n} full vans <+carry> {a} students|on a class trip {a} students <+fit> exactly into {n} vans|it <take> {n} vans of the same size to drive {a} students to the museum]",
          "[How many students fit into {m} such vans|With {m} of these vans, how many students can ride|How many students <+do> {m} full vans carry]", "[How many vans <+do> {c} students need|For {c} students, how many vans must be rented]"),
    Scale("eggs", "hens", "hen", "from", 3, 7, "[{n} hens <+lay> {a} eggs a week|in one week {p} <collect> {a} eggs from {n} hens|{a} eggs a week <+be> what {n} hens <+give>]",
          "[How many eggs would {m} hens lay in a week|If {p} had {m} such hens, how many eggs would there be each week|How many eggs a week can be expected from {m} hens]", "[How many hens <do> it take to get {c} eggs a week|{c} eggs are laid in a week. How many hens is that]"),
    Scale("jars of honey", "hives", "hive", "from", 4, 15, "[a beekeeper <fill> {a} jars of honey from {n} hives|{n} hives <+yield> {a} jars of honey a summer, all equally much|the {n} hives behind the mill <+give> {a} jars of honey each summer]",
          "[How many jars of honey would {m} hives give|The beekeeper plans to have {m} hives. How many jars of honey will they yield|How many jars of honey can be filled from {m} such hives]", "[How many hives must there be for {c} jars of honey|{c} jars of honey come from how many hives]"),
    Scale("dollars", "hours of parking", "hour of parking", "for", 2, 9, "[{n} hours of parking <+cost> {a} dollars|a driver <pay> {a} dollars for {n} hours of parking|the ticket for {n} hours of parking <cost> {a} dollars, and longer times <+cost> as much per hour]",
          "[How many dollars <+do> {m} hours of parking cost|How much, in dollars, must be paid for {m} hours of parking|A car stays longer, and {m} hours of parking are due. How many dollars is that]", "[How many hours of parking can be had for {c} dollars|{c} dollars are paid at the machine. For how many hours of parking is that]"),
    Scale("scarves", "balls of wool", "ball of wool", "from", 2, 4, "[{p} <make> {a} doll scarves from {n} balls of wool|{n} balls of wool <+be> enough for {a} doll scarves|out of {n} balls of wool {p} <get> {a} little scarves]",
          "[How many scarves can be made from {m} balls of wool|If {p} buys {m} balls of wool, how many scarves will there be|How many scarves <+do> {m} balls of wool give]", "[How many balls of wool <+be> needed for {c} scarves|{p} wants to make {c} scarves. How many balls of wool does that take]"),
    Scale("minutes", "songs", "song", "for", 2, 6, "[a band <play> {n} equally long songs in {a} minutes|{n} songs of the same length <+fill> {a} minutes of a show|it <take> {a} minutes to play {n} songs that are equally long]",
          "[How many minutes <+do> {m} such songs take|How many minutes would a set of {m} songs last|The band plans {m} songs of this length. How many minutes is that]", "[How many songs fit into {c} minutes|{c} minutes are left for music. How many of these songs can be played]"),
    Scale("grams of seed", "feeders", "bird feeder", "for", 20, 60, "[{p} <fill> {n} bird feeders with {a} grams of seed|{a} grams of seed <+go> into {n} feeders, evenly|for the {n} feeders in the park, {a} grams of seed <+be> used each morning]",
          "[How many grams of seed <+do> {m} feeders need|With {m} feeders of that kind, how many grams of seed would be used|How much seed, in grams, <be> enough to fill {m} feeders]", "[How many feeders can be filled with {c} grams of seed|{c} grams of seed <+fill> how many feeders]",
          "[a sack <hold> {h} grams of seed|{h} grams of seed <+be> in the sack]", "[How many grams of seed <+be> left once {m} feeders are full|After filling {m} feeders, how many grams of seed <+remain>]"),
)


@dataclass(frozen=True)
class Equality:
    """{k} equal parts of {x} each and a rest of {b} make {c}."""

    many: str
    one: str
    unit: str  # $ for money
    ks: tuple
    xs: tuple
    bs: tuple
    count: str  # {k} parts, and that there is a rest
    some: str  # the same without the number
    each: str  # {x}
    base: str  # {b}
    whole: str  # {c}
    both: str  # {k}, {b}, {c}
    ask_x: str
    ask_c: str
    ask_b: str
    ask_k: str
    rest: str  # noun phrase of the rest
    all: str  # noun phrase of the whole


EQUALITIES = (
    Equality("crates", "crate", "kilos", (3, 9), (4, 20), (5, 25), "[a truck <carry> {k} equal crates on a pallet|{k} equal crates <+stand> on a pallet]", "[a truck <carry> some equal crates on a pallet|a number of equal crates <+stand> on a pallet]",
             "[each crate <weigh> {x} kilos|the weight of every crate <be> {x} kilos|one crate <have> a weight of {x} kilos|the truck driver <read> {x} kilos on each crate]", "[the empty pallet <weigh> {b} kilos|the pallet under them <have> a weight of {b} kilos|{b} kilos of the load <+be> the pallet alone]", "[everything together <weigh> {c} kilos|the whole load, pallet and crates, <weigh> {c} kilos|on the road the full load <be> {c} kilos]",
             "[{k} equal crates and a {b}-kilo pallet together <+weigh> {c} kilos|a truck <carry> a load of {c} kilos: {k} equal crates and the {b}-kilo pallet under them|with {k} equal crates on it, a pallet of {b} kilos <come> to {c} kilos in all]",
             "How many kilos <do> [one crate|each crate|a single crate] weigh", "[How many kilos <do> everything weigh together|What <be> the weight of the whole load in kilos]", "[How many kilos <do> the empty pallet weigh|How heavy <be> the pallet, in kilos]", "[How many crates <+be> on the pallet|How many crates <do> the truck carry]", "the pallet", "the whole load"),
    Equality("tickets", "ticket", "$", (2, 9), (5, 20), (3, 15), "{p} <buy> {k} zoo tickets and a snack", "{p} <buy> some zoo tickets and a snack", "[each ticket <cost> {x}|the price of one ticket <be> {x}|{x} <+be> paid for every ticket|every visitor <pay> {x} for a ticket]", "[the snack <cost> {b}|{b} <+be> paid for the snack|the snack <take> {b} of the money]", "[the bill <be> {c} in all|all of it together <cost> {c}|{p} <pay> {c} in total|for tickets and snack together, {c} <+be> paid]",
             "[{k} zoo tickets and a snack for {b} <+cost> {c} together|{p} <pay> {c} for {k} zoo tickets and a snack, and the snack alone <cost> {b}|at the zoo, {p} <spend> {c}: {b} on a snack and the rest on {k} tickets]",
             "[How many dollars <do> one ticket cost|What <be> the price of a ticket in dollars]", "[How many dollars <do> {p} pay in all|How much <be> the bill in dollars]", "[How many dollars <do> the snack cost|What <be> the price of the snack in dollars]", "[How many tickets <do> {p} buy|How many tickets <+be> on the bill]", "the snack", "everything"),
    Equality("shelves", "shelf", "centimeters", (3, 8), (15, 40), (5, 15), "a bookcase <have> {k} equal shelves on a base", "a bookcase <have> several equal shelves on a base", "[each shelf <be> {x} centimeters high|every shelf <take> {x} centimeters of the height|from one shelf to the next there <+be> {x} centimeters]", "[the base <be> {b} centimeters high|the base <lift> it {b} centimeters off the floor|{b} centimeters <+belong> to the base]", "[the bookcase <be> {c} centimeters high in all|its total height <be> {c} centimeters|from the floor to the top there <+be> {c} centimeters]",
             "[{k} equal shelves and a base of {b} centimeters <+make> a bookcase {c} centimeters high|a bookcase of {c} centimeters <consist> of a {b}-centimeter base and {k} shelves of the same height|above a base of {b} centimeters <+be> {k} equal shelves, and the bookcase <reach> a height of {c} centimeters]",
             "[How many centimeters high <be> each shelf|What <be> the height of one shelf in centimeters]", "[How many centimeters high <be> the bookcase|What <be> the height of the bookcase in centimeters]", "[How many centimeters high <be> the base|What <be> the height of the base in centimeters]", "How many shelves <do> the bookcase have", "the base", "the bookcase"),
    Equality("notebooks", "notebook", "$", (2, 9), (2, 8), (2, 12), "{p} <take> {k} equal notebooks and one pen to the counter", "{p} <take> some equal notebooks and one pen to the counter", "[a notebook <cost> {x}|each notebook <be> sold for {x}|{x} <be> the price of every notebook]", "[the pen <cost> {b}|for the pen, {b} <+be> charged|the price of the pen <be> {b}]", "[the total <be> {c}|altogether this <cost> {c}|{p} <pay> {c} at the counter]",
             "[{k} equal notebooks and one pen for {b} <+cost> {c}|{p} <spend> {c} on {k} equal notebooks and a pen, which <cost> {b}|out of {c}, {p} <pay> {b} for a pen and the rest for {k} equal notebooks]",
             "[How many dollars <do> one notebook cost|What <be> the price of each notebook in dollars]", "[How many dollars <do> {p} spend|How much <do> the notebooks and the pen cost in dollars]", "[How many dollars <do> the pen cost|What <be> the pen's price in dollars]", "How many notebooks <do> {p} buy", "the pen", "everything"),
    Equality("panels", "panel", "meters", (3, 12), (2, 8), (2, 6), "a fence <be> made of {k} equal panels and a gate", "a fence <be> made of equal panels and a gate", "[each panel <be> {x} meters long|one panel <cover> {x} meters|every panel <have> a length of {x} meters]", "[the gate <be> {b} meters wide|for the gate {b} meters <+be> used|the gate <leave> an opening of {b} meters]", "[the fence with its gate <be> {c} meters long|the whole length, gate included, <be> {c} meters|panels and gate together <+reach> over {c} meters]",
             "[{k} equal panels and a gate of {b} meters <+form> a fence of {c} meters|a fence {c} meters long <have> a {b}-meter gate, and the rest <be> {k} equal panels|along a garden of {c} meters there <+be> {k} equal fence panels and a gate that <be> {b} meters wide]",
             "[How many meters long <be> each panel|What <be> the length of one panel in meters]", "[How many meters long <be> the fence with its gate|What <be> the whole length in meters]", "[How many meters wide <be> the gate|What <be> the width of the gate in meters]", "[How many panels <do> the fence have|How many panels <+be> in the fence]", "the gate", "the whole fence"),
    Equality("lessons", "lesson", "minutes", (2, 6), (20, 50), (10, 30), "a school morning <have> {k} lessons and one break", "a school morning <have> a few lessons of the same length and one break", "[each lesson <last> {x} minutes|a lesson <take> {x} minutes|every lesson <be> {x} minutes long]", "[the break <last> {b} minutes|there <be> a pause of {b} minutes for the break|the break <be> {b} minutes long]", "[the morning <be> {c} minutes long|from the first bell to the last there <+be> {c} minutes|with the break, the whole morning <last> {c} minutes]",
             "[{k} equal lessons and a break of {b} minutes <+fill> a school morning of {c} minutes|a school morning of {c} minutes <have> {k} lessons of the same length and a {b}-minute break|of the {c} minutes of a school morning, {b} <+be> a break, and {k} equal lessons <+take> the others]",
             "[How many minutes <do> each lesson last|How long <be> one lesson in minutes]", "[How many minutes long <be> the morning|How long <be> the whole morning in minutes]", "[How many minutes <do> the break last|How long <be> the break in minutes]", "[How many lessons <+be> there|How many lessons <do> the morning have]", "the break", "the whole morning"),
    Equality("chapters", "chapter", "pages", (4, 15), (8, 30), (4, 20), "a book <have> an introduction and {k} equally long chapters", "a book <have> an introduction and a number of equally long chapters", "[each chapter <have> {x} pages|a chapter <be> {x} pages long|every chapter <fill> {x} pages]", "[the introduction <have> {b} pages|the introduction <take> up {b} pages|{b} pages <+belong> to the introduction]", "[the whole book <have> {c} pages|altogether the book <be> {c} pages thick|the last page of the book <have> the number {c}]",
             "[an introduction of {b} pages and {k} equally long chapters <+make> a book of {c} pages|a book with {c} pages <open> with an introduction of {b} pages, and {k} equal chapters <+follow>|a book <have> {c} pages, of which {b} <+be> the introduction and the others {k} equal chapters]",
             "[How many pages <+be> in each chapter|How many pages long <be> one chapter]", "[How many pages <do> the whole book have|How many pages <+be> in the book]", "[How many pages <do> the introduction have|How many pages long <be> the introduction]", "[How many chapters <do> the book have|How many chapters <+be> there]", "the introduction", "the book"),
    Equality("wagons", "wagon", "meters", (4, 15), (9, 25), (12, 22), "a train <have> an engine and {k} equal wagons", "a train <have> an engine and several equal wagons", "[each wagon <be> {x} meters long|a wagon <have> a length of {x} meters|every wagon <take> up {x} meters of track]", "[the engine <be> {b} meters long|the engine <take> up {b} meters|the length of the engine <be> {b} meters]", "[from end to end the train <be> {c} meters long|the whole train <measure> {c} meters|the train <fill> {c} meters of track]",
             "[an engine of {b} meters <pull> {k} equal wagons, and the train <be> {c} meters long|a train {c} meters long <consist> of {k} equal wagons and a {b}-meter engine|behind an engine {b} meters long there <+be> {k} equal wagons, which <+make> a train of {c} meters]",
             "[How many meters long <be> each wagon|What <be> the length of one wagon in meters]", "[How many meters long <be> the train|What <be> the length of the train in meters]", "[How many meters long <be> the engine|What <be> the length of the engine in meters]", "[How many wagons <do> the train have|How many wagons <do> the engine pull]", "the engine", "the train"),
    Equality("nights", "night", "$", (2, 9), (30, 90), (10, 60), "{p} <book> {k} nights in a cabin and <pay> for cleaning once", "{p} <book> some nights in a cabin and <pay> for cleaning once", "[each night <cost> {x}|one night in the cabin <cost> {x}|for every night, {x} <+be> charged]", "[the cleaning <cost> {b}|a cleaning fee of {b} <be> added|the owner <ask> {b} for cleaning]", "[the stay <cost> {c} in all|the invoice <say> {c}|{p} <pay> {c} for the whole stay]",
             "[{k} nights in a cabin <+come> to {c} with a cleaning fee of {b}|for {k} nights in a cabin {p} <pay> {c}, of which {b} <+be> for cleaning|the invoice of {c} <contain> {k} nights in a cabin and {b} for the cleaning]",
             "[How many dollars <do> one night cost|What <be> the price of a night in dollars]", "[How many dollars <do> the stay cost in all|How much <do> {p} pay for the stay in dollars]", "[How many dollars <do> the cleaning cost|How much <be> the cleaning fee in dollars]", "[How many nights <do> {p} book|How many nights <+be> on the invoice]", "the cleaning", "the stay"),
    Equality("teams", "team", "children", (3, 9), (4, 12), (2, 6), "at a sports day there <+be> {k} equal teams, and a few children <+help> as judges", "at a sports day there <+be> some equal teams, and a few children <+help> as judges", "[each team <have> {x} children|{x} children <+play> in every team|every team <be> made of {x} children]", "[the judges <+be> {b} children|{b} children <+work> as judges|the group of judges <be> {b} children]", "[in all, {c} children <+take> part|there <+be> {c} children together|players and judges <+be> {c} children together]",
             "[of {c} children at a sports day, {b} <+be> judges and the others <+form> {k} equal teams|{c} children <+come> to a sports day: {k} teams of the same size and {b} judges|{b} children <+be> judges at a sports day, {k} equal teams <+play>, and {c} children <+be> there in all]",
             "[How many children <+be> in each team|How many children <do> one team have]", "[How many children <+take> part in all|How many children <+be> there together]", "[How many children <+be> judges|How many children <+work> as judges]", "[How many teams <+be> there|How many teams <+play> that day]", "the judging group", "the whole sports day"),
    Equality("months", "month", "$", (3, 12), (10, 40), (15, 90), "{p} <pay> for a bike with a first payment and {k} equal monthly rates", "{p} <pay> for a bike with a first payment and several equal monthly rates", "[each month {p} <pay> {x}|the rate for a month <be> {x}|every monthly rate <be> {x}]", "[the first payment <be> {b}|{b} <+be> paid at once|{p} <hand> over {b} on the first day]", "[the bike <cost> {c} in this way|all payments together <+be> {c}|in the end {p} <have> paid {c}]",
             "[a bike for {c} <be> paid with {b} at once and the rest in {k} equal monthly rates|{p} <pay> {b} at once for a bike that <cost> {c}, and then the same rate for {k} months|after a first payment of {b}, {k} equal monthly rates <+bring> the sum for a bike to {c}]",
             "[How many dollars <be> the rate for one month|How many dollars <do> {p} pay each month]", "[How many dollars <do> the bike cost in all|How much <+be> all payments together in dollars]", "[How many dollars <be> the first payment|How much <do> {p} pay at once, in dollars]", "For how many months <do> {p} pay", "the first payment", "the bike"),
    Equality("tiles", "tile", "centimeters", (4, 12), (8, 25), (2, 9), "a row of {k} equal tiles and one narrow strip <fill> a wall", "a row of equal tiles and one narrow strip <fill> a wall", "[each tile <be> {x} centimeters wide|the width of a tile <be> {x} centimeters|every tile <cover> {x} centimeters]", "[the strip <be> {b} centimeters wide|the strip <fill> the last {b} centimeters|{b} centimeters <+be> left for the strip]", "[the wall <be> {c} centimeters wide|the row <be> {c} centimeters from end to end|together they <+cover> {c} centimeters]",
             "[{k} equal tiles and a strip of {b} centimeters <+fill> a wall of {c} centimeters|along a wall of {c} centimeters, {k} equal tiles <+be> laid, and a gap of {b} centimeters <be> closed with a strip|on a wall {c} centimeters wide a row <have> {k} equal tiles and a strip of {b} centimeters]",
             "[How many centimeters wide <be> each tile|What <be> the width of one tile in centimeters]", "[How many centimeters wide <be> the wall|How wide <be> the whole row in centimeters]", "[How many centimeters wide <be> the strip|What <be> the width of the strip in centimeters]", "[How many tiles <+be> in the row|How many tiles <do> the row have]", "the strip", "the wall"),
)


@dataclass(frozen=True)
class Daily:
    """{n} things at {k} each a day for {d} days."""

    many: str
    one: str
    unit: str  # what is counted; $ for money
    day: str
    ns: tuple
    ks: tuple
    ds: tuple
    things: str  # {n}
    rate: str  # {k}
    span: str  # {d}
    told: str  # {n} and {d}
    full: str  # {n}, {k} and {d}
    ask: str  # the total
    ask_d: str  # the days until {c}
    plus: str  # {e} on top, once
    minus: str  # {e} off, once
    stock: str  # {h} is there
    left: str  # asks what is left


RENT = ("[a delivery fee of {e} <come> on top|{e} more <+be> charged for delivery]", "[a coupon <take> {e} off the bill|the owner <give> a discount of {e}]", "{p} <have> {h} for this", "[How many dollars <+be> left|How many dollars <do> {p} have after paying]")
DAILIES = (
    Daily("drills", "drill", "$", "day", (2, 6), (4, 15), (2, 9), "{p} <rent> {n} drills", "[each drill <cost> {k} a day|the rent for one drill and one day <be> {k}|per day, {k} <+be> due for every drill]", "[the work <take> {d} days|the tools <+be> kept for {d} days|after {d} days the drills <+go> back to the shop]", "[{p} <rent> {n} drills for {d} days|for {d} days, {p} <need> {n} rented drills|{n} rented drills <+be> at work in {p.my} house for {d} days]",
          "[{p} <rent> {n} drills for {d} days at {k} a day for each drill|at {k} a day for each one, {p} <keep> {n} rented drills for {d} days|one drill <cost> {k} a day, and {p} <rent> {n} of them for {d} days]", "[How many dollars <do> {p} pay for the drills|How much <be> the rent in dollars]", "[For how many days can {p} keep the drills with {c}|{c} <+be> paid in rent. For how many days <+be> the drills kept]", *RENT),
    Daily("kayaks", "kayak", "$", "day", (2, 8), (12, 40), (2, 6), "a club <hire> {n} kayaks", "[a kayak <cost> {k} for one day|the lake shop <ask> {k} a day for each kayak|per kayak and day, {k} <+be> charged]", "[the trip <last> {d} days|the kayaks <+be> out for {d} days|they <+come> back after {d} days]", "[a club <hire> {n} kayaks for {d} days|during a trip of {d} days a club <use> {n} hired kayaks|{n} hired kayaks <+be> on a river trip of {d} days]",
          "[for a trip of {d} days, a club <hire> {n} kayaks, and every kayak <cost> {k} a day|a club <pay> {k} a day for each of {n} kayaks and <keep> them for {d} days]", "[How many dollars <do> the kayaks cost|How much <do> the club pay for the kayaks in dollars]", "[How many days can the club paddle for {c}|The bill <be> {c}. How many days <+be> the kayaks out]",
          "[life vests <+cost> {e} once|{e} <+be> added for life vests]", "[a voucher <take> {e} off the price|because of a damaged paddle the shop <take> {e} off the price]", "the club <have> {h} in its cash box", "[How many dollars <+be> left in the cash box|How many dollars <do> the club have after that]"),
    Daily("horses", "horse", "kilos of hay", "day", (2, 9), (4, 12), (3, 14), "{n} horses <+stand> in a stable", "[each horse <eat> {k} kilos of hay a day|the daily share of one horse <be> {k} kilos of hay|a horse <need> {k} kilos of hay per day]", "[the snow <keep> the stable shut for {d} days|the farmer <plan> for {d} days|{d} days <+go> by]", "[{n} horses <+have> to be fed for {d} days|for {d} days a farmer <feed> {n} horses|a stable with {n} horses <be> looked after for {d} days]",
          "[over {d} days, {n} horses <+eat> {k} kilos of hay each per day|a farmer <give> {k} kilos of hay a day to each of {n} horses, for {d} days]", "[How many kilos of hay <+do> the horses eat in this time|How many kilos of hay <+be> needed]", "[For how many days <+do> {c} kilos of hay last|How many days until {c} kilos of hay are eaten]",
          "[a visiting pony <eat> {e} kilos of hay in that time as well|another {e} kilos of hay <+be> spoiled by rain and must be counted too]", "[{e} kilos of hay are saved because of days on the meadow|the horses <+find> grass on the meadow, which <save> {e} kilos of hay]", "the loft <hold> {h} kilos of hay", "[How many kilos of hay <+be> left in the loft|How many kilos of hay <+remain>]"),
    Daily("street lamps", "lamp", "units of power", "night", (3, 20), (2, 9), (3, 14), "a village lane <have> {n} street lamps", "[each lamp <use> {k} units of power a night|one lamp <need> {k} units of power every night|per night, {k} units of power <+go> into each lamp]", "[the lane <be> lit for {d} nights|the meter <be> read after {d} nights|{d} nights <+go> by]", "[{n} street lamps <+burn> for {d} nights|for {d} nights a village lane <be> lit by {n} street lamps]",
          "[{n} street lamps, each with {k} units of power a night, <+be> on for {d} nights|in {d} nights, {n} street lamps <+be> on, and every lamp <use> {k} units of power a night]", "[How many units of power <+do> the lamps use|How many units of power <do> the meter count]", "[After how many nights <do> the meter show {c} units of power|How many nights does it take until the lamps have used {c} units of power]",
          "[a fountain <use> another {e} units of power in that time|on top of this, a fountain <take> {e} units of power]", "[a solar panel <give> back {e} units of power|{e} units of power <+come> from a solar panel and do not count]", "the village <have> {h} units of power to use", "[How many units of power <+be> left|How many units of power <+do> the lamps leave over]"),
    Daily("workers", "worker", "$", "day", (2, 9), (40, 120), (2, 8), "a builder <hire> {n} workers", "[each worker <earn> {k} a day|the daily wage of a worker <be> {k}|per day, every worker <get> {k}]", "[the roof <take> {d} days|they <+work> for {d} days|after {d} days the roof <be> done]", "[{n} workers <+need> {d} days for a roof|for {d} days, {n} workers <+be> busy on a roof|a roof <keep> {n} workers busy for {d} days]",
          "[a builder <pay> {k} a day to each of {n} workers, who <+work> for {d} days|{n} workers <+repair> a roof in {d} days, and each one <get> {k} a day]", "[How many dollars <do> the builder pay in wages|How much <+be> the wages together in dollars]", "[For how many days can the builder pay the workers with {c}|The wages <+come> to {c}. How many days of work <be> that]",
          "[the crane <cost> another {e}|a crane <be> rented for {e} on top]", "[the town <pay> {e} of this|{e} of it <+be> covered by the town]", "the builder <have> {h} in the account", "[How many dollars <+be> left in the account|How many dollars <do> the builder have afterwards]"),
    Daily("screens", "screen", "ads", "hour", (2, 9), (6, 30), (3, 12), "a station <have> {n} big screens", "[every screen <show> {k} ads an hour|each screen <run> {k} ads in one hour|per hour, {k} ads <+go> over each screen]", "[the screens <+be> on for {d} hours|the station <be> open for {d} hours|{d} hours <+pass>]", "[{n} big screens <+be> on for {d} hours in a station|for {d} hours, a station <switch> on {n} big screens]",
          "[{n} screens in a station <+show> {k} ads an hour each, for {d} hours|in {d} hours, each of {n} screens in a station <show> {k} ads an hour]", "[How many ads <+be> shown in all|How many times <be> an ad shown on the screens]", "[After how many hours <+have> the screens shown {c} ads|How many hours <do> it take to show {c} ads]",
          "[a screen at the entrance <show> {e} more ads|{e} ads <+be> shown at the entrance as well]", "[because of a power cut {e} ads <+be> skipped|{e} ads <+be> not shown because of a power cut]", "customers <+have> paid for {h} ads", "[How many ads <+be> still to be shown|How many paid ads <+be> left]"),
    Daily("bakers", "baker", "loaves", "hour", (2, 7), (8, 30), (2, 8), "{n} bakers <+work> in a bakery", "[each baker <shape> {k} loaves an hour|a baker <finish> {k} loaves in an hour|per hour, {k} loaves <+come> from the hands of each baker]", "[the shift <last> {d} hours|they <+work> for {d} hours]", "[{n} bakers <+work> a shift of {d} hours|a shift of {d} hours <be> done by {n} bakers]",
          "[{n} bakers <+shape> {k} loaves an hour each in a shift of {d} hours|during {d} hours, {n} bakers <+be> at work, each with {k} loaves an hour]", "[How many loaves <+do> the bakers shape|How many loaves <+be> made in the shift]", "[How many hours <+do> the bakers need for {c} loaves|After how many hours <+be> {c} loaves ready]",
          "[a machine <make> {e} more loaves|{e} loaves from a machine <+be> added]", "[{e} loaves <+be> burned and do not count|{e} loaves <+go> wrong and do not count]", "shops <+have> ordered {h} loaves", "[How many ordered loaves <+be> still missing|How many loaves <+be> still to be made]"),
    Daily("phones", "phone", "photos", "day", (2, 6), (3, 15), (3, 14), "a family <take> {n} phones on vacation", "[with each phone {k} photos a day <+be> taken|each phone <be> used for {k} photos a day|every day {k} photos <+be> added on each phone]", "[the vacation <last> {d} days|they <+be> away for {d} days|they <+come> home after {d} days]", "[a family <go> away for {d} days with {n} phones|{n} phones <+be> used on a vacation of {d} days]",
          "[on a vacation of {d} days a family <take> {k} photos a day with each of {n} phones|{n} phones <+be> used for {k} photos each per day on a vacation of {d} days]", "[How many photos <+be> taken on the vacation|How many photos <do> the family take]", "[After how many days <+be> there {c} photos|How many days <do> it take to get {c} photos]",
          "[an aunt <send> {e} more photos|{e} more photos <+come> from an aunt]", "[{e} of the photos <+be> deleted|{e} blurred photos <+be> deleted]", "the online album <have> space for {h} photos", "[For how many more photos <be> there space|How many places for photos <+be> left in the album]"),
    Daily("parrots", "parrot", "spoons of seed", "day", (2, 8), (2, 6), (4, 20), "{p} <keep> {n} parrots", "[a parrot <get> {k} spoons of seed a day|each parrot <eat> {k} spoons of seed daily|{k} spoons of seed a day <+be> right for one parrot]", "[the owner's trip <last> {d} days|this <go> on for {d} days]", "[a neighbor <look> after {n} parrots for {d} days|for {d} days, {n} parrots <+be> in the care of a neighbor]",
          "[for {d} days, {p} <give> each of {n} parrots {k} spoons of seed a day|{p} <feed> {n} parrots with {k} spoons of seed per bird and day, for {d} days]", "[How many spoons of seed <+do> the parrots eat|How many spoons of seed <+be> used up]", "[How many days <+do> {c} spoons of seed last for the parrots|In how many days <+be> {c} spoons of seed eaten]",
          "[{e} spoons of seed <+be> spilled on top of that and count as used|wild birds <+get> another {e} spoons of seed]", "[guests <+bring> {e} spoons of seed as a gift, which count against this|fruit <replace> {e} spoons of seed]", "the bag <hold> {h} spoons of seed", "[How many spoons of seed <+be> left in the bag|How many spoons of seed <+remain>]"),
    Daily("cows", "cow", "liters of milk", "day", (3, 15), (6, 20), (2, 7), "{p} <milk> {n} cows", "[each cow <give> {k} liters of milk a day|every day, one cow <bring> {k} liters of milk|{k} liters of milk a day <+come> from each cow]", "[the milk truck <come> after {d} days|the milk of {d} days <be> kept cold]", "[{p} <milk> {n} cows for {d} days|the milk of {n} cows <be> gathered for {d} days]",
          "[{n} cows <+give> {k} liters of milk each per day, and the milk of {d} days <be> gathered|for {d} days, {p} <get> {k} liters of milk a day from each of {n} cows]", "[How many liters of milk <+do> the cows give in this time|How many liters of milk <+be> gathered]", "[After how many days <+be> there {c} liters of milk|How many days <+do> the cows need for {c} liters of milk]",
          "[a neighbor <bring> {e} more liters of milk|{e} liters of milk from a neighbor <+be> added]", "[the calves <+get> {e} liters of the milk|{e} liters of milk <+be> given to the calves]", "the dairy <want> {h} liters of milk", "[How many liters of milk <+be> still missing for the dairy|How many more liters of milk <do> the dairy want]"),
)


@dataclass(frozen=True)
class Load:
    """A whole of {w} is worked off in trips of {r}."""

    x: str  # what is moved or made
    trip: str  # singular
    rs: tuple
    ts: tuple
    whole: str  # {w}
    unknown: str  # the whole without its number
    each: str  # {r}
    done: str  # {t}
    left: str  # {e} are left
    ask_done: str
    ask_left: str
    ask_more: str
    ask_all: str  # trips for everything
    ask_r: str
    ask_w: str
    deed: str  # "moved": the noun phrase for what is done


LOADS = (
    Load("skiers", "ride", (4, 12), (3, 10), "[{w} skiers <+wait> at the valley station of a gondola|a gondola <have> to bring {w} skiers up the mountain|{w} skiers <+want> to go up by gondola]", "a group of skiers <wait> at the valley station of a gondola", "[the gondola <take> {r} skiers on each ride|{r} skiers <+fit> in on every ride|on one ride there <be> room for {r} skiers]", "[{t} rides <+have> gone up full|the gondola <do> {t} full rides|so far there <+be> {t} full rides]", "[{e} skiers <+be> still waiting|there <+be> {e} skiers left below]",
         "How many skiers <+be> up on the mountain by then", "[How many skiers <+be> still waiting|How many skiers <+be> left in the valley]", "[How many more rides <+be> needed for the rest|How many rides must still follow]", "[How many rides <+be> needed for all skiers|In how many rides <+be> all skiers on top]", "How many skiers <do> the gondola take on one ride", "How many skiers <+wait> at the beginning", "brought up"),
    Load("boxes", "trip", (5, 20), (2, 8), "[a family <move> house with {w} boxes|{w} boxes <+have> to go to the new apartment|for a move, {w} boxes <+be> packed]", "a family <move> house with many boxes", "[the van <take> {r} boxes a trip|on every trip, {r} boxes <+be> in the van|{r} boxes <+fit> into the van each time]", "[the van <make> {t} trips before lunch|before lunch {t} trips <+be> done|by noon the van <have> gone {t} times]", "[{e} boxes <+be> still in the old apartment|{e} boxes <+have> not been moved yet|after that, {e} boxes <+be> left to move]",
         "How many boxes <+be> moved before lunch", "[How many boxes <+be> still in the old apartment|How many boxes must be moved after lunch]", "[How many trips <+be> left for the afternoon|How many more trips must the van make]", "[How many trips <do> the move take in all|How many trips <do> the van need for all boxes]", "How many boxes <do> the van take on one trip", "How many boxes <do> the family have in all", "moved"),
    Load("copies", "minute", (10, 60), (2, 9), "[{p} <need> {w} copies of a flyer|a photocopier <be> set to {w} copies|a school <order> {w} copies at a copy shop]", "{p} <start> a photocopier with a large number of copies", "[the photocopier <print> {r} copies a minute|in each minute {r} copies <+come> out|every minute the machine <put> out {r} copies]", "[{t} minutes <+have> passed|the machine <run> for {t} minutes|{t} minutes <+go> by]", "[{e} copies <+be> still to be printed|the display <show> that {e} copies <+be> missing]",
         "How many copies <+be> printed by then", "[How many copies <+be> still to be printed|How many copies <+be> missing]", "[How many more minutes <do> the machine need|For how many minutes must it still run]", "[How many minutes <do> the whole job take|In how many minutes <+be> all copies printed]", "How many copies <do> the photocopier print in a minute", "How many copies <+be> wanted in all", "printed"),
    Load("rolls", "batch", (12, 40), (2, 7), "[a bakery <have> an order of {w} rolls|{w} rolls <+be> ordered at a bakery|a hotel <want> {w} rolls from a bakery]", "a bakery <have> a big order of rolls", "[the oven <hold> {r} rolls in a batch|one batch in the oven <be> {r} rolls|{r} rolls <+go> into the oven as one batch]", "[{t} batches <+be> out of the oven|in the early morning, {t} batches <+be> finished]", "[{e} rolls <+be> still to be baked|there <+be> {e} rolls of the order left to bake]",
         "How many rolls <+be> baked so far", "[How many rolls <+be> still to be baked|How many rolls of the order <+be> missing]", "[How many more batches must go into the oven|How many batches <+be> still to come]", "[How many batches <do> the whole order take|How many batches <+be> needed for the order]", "How many rolls <+be> in one batch", "How many rolls <+be> ordered in all", "baked"),
    Load("visitors", "tour", (8, 25), (2, 8), "[{w} visitors <+want> to see the castle|at the castle gate there <+be> {w} visitors|{w} visitors <+come> to the old castle]", "a crowd of visitors <want> to see the castle", "[the guide <take> {r} visitors on each tour|every tour <be> for {r} visitors|{r} visitors <+go> along on every tour]", "[{t} tours <+be> over|the guide <give> {t} tours in the morning|by noon there <+be> {t} finished tours]", "[{e} visitors <+be> still outside|there <+be> {e} visitors who <+have> not been inside]",
         "How many visitors <+have> seen the castle by then", "[How many visitors <+be> still outside|How many visitors <+have> not seen the castle yet]", "[How many more tours <+be> necessary|How many tours must the guide still give]", "[How many tours <+be> needed for all visitors|In how many tours can everyone see the castle]", "How many visitors <+go> on one tour", "How many visitors <+be> there at first", "led around"),
    Load("kilos of gravel", "load", (15, 60), (3, 12), "[a heap of {w} kilos of gravel <lie> in the yard|{p} <get> a delivery of {w} kilos of gravel|{w} kilos of gravel <+be> dumped in the yard]", "a heap of gravel <lie> in the yard", "[{p} <take> {r} kilos of gravel in each load of the wheelbarrow|a load in the wheelbarrow <be> {r} kilos of gravel|{r} kilos of gravel <+fit> into the wheelbarrow as one load]", "[{p} <push> {t} loads to the path|{t} loads <+be> brought to the path|{p} <bring> {t} loads of it to the path]", "[{e} kilos of gravel <+be> still in the yard|the heap now <have> {e} kilos of gravel]",
         "How many kilos of gravel <+be> on the path by then", "[How many kilos of gravel <+be> still in the yard|How many kilos of gravel <+remain>]", "[How many more loads <+be> there to push|How many loads <+be> still to be brought]", "[How many loads <do> the whole heap make|How many loads <+be> needed for all the gravel]", "How many kilos of gravel <+be> in one load", "How many kilos of gravel <+be> in the heap at first", "brought away"),
    Load("parcels", "flight", (2, 6), (3, 12), "[a drone <have> {w} parcels to deliver on an island|{w} parcels <+be> meant for an island|people on an island <+wait> for {w} parcels that a drone <bring>]", "a drone <have> many parcels to deliver on an island", "[the drone <carry> {r} parcels per flight|on one flight, {r} parcels <+be> carried by the drone|each flight <bring> {r} parcels to their goal]", "[the drone <come> back from {t} flights|{t} flights <+be> done|so far the drone <do> {t} flights]", "[{e} parcels <+be> not delivered yet|at the depot there <+be> {e} parcels left]",
         "How many parcels <+be> delivered by then", "[How many parcels <+be> not delivered yet|How many parcels <+be> left at the depot]", "[How many more flights <do> the drone need|How many flights <+be> still ahead]", "[How many flights <do> it take to deliver all parcels|How many flights <do> the drone make in all]", "How many parcels <do> the drone carry on one flight", "How many parcels <+be> there in all", "delivered"),
    Load("plates", "round", (6, 24), (2, 8), "[after a wedding {w} plates <+be> dirty|{w} dirty plates <+stand> in the kitchen of an inn|in a canteen {w} plates <+have> to be washed]", "after a wedding many plates <+be> dirty", "[the dishwasher <clean> {r} plates in a round|{r} plates <+go> into the dishwasher each round|a round in the dishwasher <be> {r} plates]", "[{t} rounds <+be> finished|the dishwasher <run> {t} rounds|it <be> time for a coffee after {t} rounds]", "[{e} plates <+be> still dirty|there <+be> {e} dirty plates left]",
         "How many plates <+be> clean by then", "[How many plates <+be> still dirty|How many dirty plates <+be> left]", "[How many more rounds must the dishwasher run|How many rounds <+be> still needed]", "[How many rounds <+be> needed for all plates|In how many rounds <+be> all plates clean]", "How many plates <+be> cleaned in one round", "How many plates <+be> dirty at first", "cleaned"),
    Load("questions", "evening", (5, 15), (3, 9), "[{p} <learn> for a driving test with {w} questions|a book for the driving test <have> {w} questions|{w} questions <+be> to be learned for the driving test]", "{p} <learn> for a driving test from a book with many questions", "[{p} <answer> {r} questions every evening|every evening {r} questions <+be> answered|an evening <be> good for {r} questions]", "[{t} evenings <+be> over|after the start, {t} evenings <+have> gone by]", "[{e} questions <+be> still open|{e} questions <+be> not answered yet]",
         "How many questions <+be> answered by then", "[How many questions <+be> still open|How many questions <+be> left]", "[How many more evenings <+be> needed|How many evenings <+be> still to come]", "[How many evenings <do> the whole book take|In how many evenings can all questions be answered]", "How many questions <do> {p} answer in one evening", "How many questions <do> the book have", "answered"),
    Load("sheep", "hour", (4, 12), (2, 8), "[{w} sheep <+have> to be shorn|on a hill farm {w} sheep <+wait> for the shearer|a shearer <come> to a farm with {w} sheep]", "a flock of sheep <wait> for the shearer on a hill farm", "[the shearer <do> {r} sheep an hour|in an hour, {r} sheep <+lose> their wool|{r} sheep <+be> shorn every hour]", "[the shearer <be> at work for {t} hours|{t} hours <+go> by|after {t} hours there <be> a break]", "[{e} sheep <+be> not shorn yet|{e} sheep still <+have> their wool]",
         "How many sheep <+be> shorn by then", "[How many sheep <+be> not shorn yet|How many sheep still <+have> their wool]", "[How many more hours <do> the shearer need|How many hours of work <+be> left]", "[How many hours <do> it take to shear all of them|How many hours <do> the shearer need for the whole flock]", "How many sheep <do> the shearer do in an hour", "How many sheep <+be> in the flock", "shorn"),
)


@dataclass(frozen=True)
class Stock:
    """A stock of {h} that shrinks by {r} per time, until {e} is left."""

    x: str  # noun phrase with the unit: "grams of gas"
    thing: str  # where they are: "in the bottle"
    time: str  # singular
    rs: tuple
    ts: tuple
    es: tuple
    start: str  # {h}
    some: str  # the stock without its number
    rate: str  # {r}
    after: str  # {t}
    left: str  # {e}
    ask_left: str  # after {t}
    ask_time: str  # until {e}
    ask_empty: str
    ask_start: str
    ask_rate: str


STOCKS = (
    Stock("grams of gas", "in the bottle", "day", (20, 90), (3, 12), (20, 200), "[a bottle for a camping stove <hold> {h} grams of gas|at the start of a camping trip there <+be> {h} grams of gas in the bottle|{p} <go> camping with {h} grams of gas in the bottle]", "a bottle for a camping stove <be> filled with gas", "[the stove <burn> {r} grams of gas a day|every day {r} grams of gas <+be> burned|a day of cooking <take> {r} grams of gas]", "[{t} days <+go> by|the campers <+stay> for {t} days]", "[{e} grams of gas <+be> left in the bottle|there <+remain> {e} grams of gas in the bottle]",
          "[How many grams of gas <+be> in the bottle after {t} days|After {t} days of camping, how many grams of gas <+be> left]", "[How many days <do> it take until {e} grams of gas <+be> left|After how many days <+be> there {e} grams of gas in the bottle]", "[How many days <do> the gas last|After how many days <be> the bottle empty]", "How many grams of gas <+be> in the bottle at first", "How many grams of gas <do> the stove burn a day"),
    Stock("percent", "of the charge", "hour", (3, 12), (2, 8), (5, 40), "[the battery of {p.my} laptop <be> at {h} percent|a laptop <have> a charge of {h} percent in its battery|{p} <open> a laptop with {h} percent in the battery]", "the battery of a laptop <be> charged", "[the laptop <lose> {r} percent an hour|the charge <drop> by {r} percent every hour|an hour of work <take> {r} percent off the charge]", "[the laptop <be> used for {t} hours|{t} hours <+go> by]", "[the display <show> {e} percent|the battery <be> down to {e} percent]",
          "[At how many percent <be> the battery after {t} hours|How many percent of charge <+be> left after {t} hours]", "[How many hours <do> it take until the battery is down to {e} percent|After how many hours <do> the display show {e} percent]", "[How many hours <do> the battery last|After how many hours <be> the battery empty]", "At how many percent <be> the battery at first", "How many percent <do> the laptop lose in an hour"),
    Stock("grams", "of the soap bar", "week", (4, 15), (3, 10), (10, 60), "[a new bar of soap <weigh> {h} grams|{p} <open> a bar of soap of {h} grams|there <be> a bar of soap of {h} grams by the sink]", "{p} <open> a new bar of soap", "[the bar <get> {r} grams lighter every week|each week {r} grams of the soap <+be> washed away|a week of washing <take> {r} grams off the bar]", "[{p} <use> the bar for {t} weeks|{t} weeks <+pass>]", "[the bar <weigh> only {e} grams by now|{e} grams of the soap <+be> left]",
          "[How many grams <do> the bar of soap weigh after {t} weeks|When {t} weeks have passed, how many grams of soap <+be> left]", "[How many weeks <do> it take until the bar weighs {e} grams|After how many weeks <+be> only {e} grams of soap left]", "[How many weeks <do> the bar of soap last|In how many weeks <be> the soap used up]", "How many grams <do> the new bar of soap weigh", "How many grams lighter <do> the bar get each week"),
    Stock("centimeters of snow", "on the roof", "day", (3, 9), (2, 9), (4, 30), "[{h} centimeters of snow <+lie> on the roof|the roof <be> covered by {h} centimeters of snow|after the storm the snow on the roof <be> {h} centimeters deep]", "a thick layer of snow <lie> on the roof", "[the sun <melt> {r} centimeters of snow a day|{r} centimeters of snow <+melt> every day|the snow <sink> by {r} centimeters a day]", "[the thaw <last> {t} days|{t} mild days <+follow>]", "[{e} centimeters of snow <+be> left on the roof|the layer on the roof <be> only {e} centimeters of snow now]",
          "[How many centimeters of snow <+be> on the roof after {t} days|How deep, in centimeters, <be> the snow after {t} days]", "[How many days <do> it take until {e} centimeters of snow <+be> left|After how many days <be> the layer {e} centimeters deep]", "[After how many days <be> the roof free of snow|How many days <do> it take for all of the snow to melt]", "How many centimeters of snow <+be> on the roof at first", "How many centimeters of snow <+melt> each day"),
    Stock("slices", "of the loaf", "day", (2, 6), (2, 6), (2, 9), "[a loaf of bread <be> sliced into {h} slices|{p} <buy> a loaf of bread with {h} slices|there <+be> {h} slices in {p.my} loaf of bread]", "{p} <buy> a sliced loaf of bread", "[{p} <eat> {r} slices a day|{r} slices <+be> eaten each day|a day's breakfast <take> {r} slices]", "[{t} days <+pass>|{p} <eat> from it for {t} days]", "[{e} slices <+be> left in the bag|the bag still <have> {e} slices in it]",
          "[How many slices <+be> left after {t} days|After {t} days, how many slices <do> the bag still hold]", "[How many days <do> it take until {e} slices <+be> left|After how many days <+be> there {e} slices in the bag]", "[How many days <do> the loaf last|For how many days <be> the loaf enough]", "How many slices <do> the loaf have at first", "How many slices <+be> eaten each day"),
    Stock("sheets", "of the stack", "day", (10, 40), (3, 12), (10, 90), "[a stack of {h} sheets of paper <lie> next to the printer|an office <open> a pack of {h} sheets of paper|there <+be> {h} sheets of paper in a stack at an office]", "a tall stack of paper <lie> next to the printer", "[the office <print> on {r} sheets a day|{r} sheets <+be> taken off the stack each day|a day of work <need> {r} sheets]", "[{t} working days <+pass>|this <go> on for {t} days]", "[{e} sheets <+be> left on the stack|the stack <have> {e} sheets in the end]",
          "[How many sheets <+be> left after {t} days|How many sheets <do> the stack have after {t} days]", "[How many days <do> it take until {e} sheets <+be> left|After how many days <do> the stack have {e} sheets]", "[How many days <do> the stack last|After how many days <be> the stack used up]", "How many sheets <+be> in the stack at first", "How many sheets <do> the office use each day"),
    Stock("megabytes", "of the data plan", "day", (20, 90), (3, 15), (40, 300), "[{p} <have> {h} megabytes in {p.his} data plan|the data plan of a phone <begin> with {h} megabytes|a month's data plan <be> {h} megabytes]", "{p} <begin> a month with a fresh data plan", "[the phone <use> {r} megabytes a day|{r} megabytes <+be> used every day|a day of chatting <cost> {r} megabytes]", "[{t} days of the month <+be> over|{t} days <+pass>]", "[{e} megabytes <+be> left in the plan|a message <say> that {e} megabytes <+be> left]",
          "[How many megabytes <+be> left after {t} days|What <be> left of the plan after {t} days, in megabytes]", "[How many days <do> it take until {e} megabytes <+be> left|After how many days <+be> {e} megabytes left]", "[How many days <do> the data plan last|After how many days <+be> all megabytes used]", "How many megabytes <do> the plan have at first", "How many megabytes <do> the phone use each day"),
    Stock("milliliters of ink", "in the tank", "week", (4, 15), (3, 10), (10, 50), "[the tank of a printer <contain> {h} milliliters of ink|{h} milliliters of ink <+be> in the tank of a printer|a printer <be> filled with {h} milliliters of ink]", "the tank of a printer <be> filled with ink", "[printing <use> {r} milliliters of ink a week|every week the level <fall> by {r} milliliters of ink|{r} milliliters of ink a week <+go> onto paper]", "[{t} weeks <+pass>|the printer <be> used for {t} weeks]", "[{e} milliliters of ink <+be> left in the tank|a warning <come> at {e} milliliters of ink]",
          "[How many milliliters of ink <+be> in the tank after {t} weeks|After {t} weeks, how many milliliters of ink <+remain>]", "[How many weeks <do> it take until {e} milliliters of ink <+be> left|After how many weeks <+be> there {e} milliliters of ink in the tank]", "[How many weeks <do> the ink last|After how many weeks <be> the tank empty]", "How many milliliters of ink <+be> in the tank at first", "How many milliliters of ink <+be> used each week"),
    Stock("logs", "in the pile", "evening", (3, 9), (4, 14), (5, 40), "[{p} <stack> {h} logs by the house for winter|a pile of {h} logs <stand> by the house|there <+be> {h} logs in the pile by the house]", "{p} <stack> logs by the house for winter", "[the fireplace <take> {r} logs an evening|each evening {r} logs <+be> put on the fire|an evening by the fire <use> up {r} logs]", "[there <be> a fire on {t} evenings|{t} evenings <+pass>]", "[{e} logs <+be> left in the pile|the pile <be> down to {e} logs]",
          "[How many logs <+be> in the pile after {t} evenings|How many logs <+be> left after {t} evenings]", "[How many evenings <do> it take until {e} logs <+be> left|After how many evenings <be> the pile down to {e} logs]", "[For how many evenings <do> the pile last|After how many evenings <be> the pile gone]", "How many logs <+be> in the pile at first", "How many logs <+be> burned each evening"),
    Stock("liters of drinking water", "in the canister", "hour", (2, 6), (2, 8), (2, 15), "[hikers <+carry> a canister with {h} liters of drinking water|a canister of {h} liters of drinking water <go> along on a desert hike|at the start of a desert hike the canister <hold> {h} liters of drinking water]", "hikers <+carry> a full canister of drinking water", "[the hikers <+use> up {r} liters of it an hour|each hour the hikers <+empty> {r} liters|{r} liters of the water <+be> gone every hour]", "[the hike <last> {t} hours|they <+be> on the way for {t} hours]", "[{e} liters of drinking water <+be> left|the canister <have> {e} liters of drinking water in it now]",
          "[How many liters of drinking water <+be> left after {t} hours|After {t} hours, how many liters of drinking water <do> the canister hold]", "[How many hours <do> it take until {e} liters of drinking water <+be> left|After how many hours <+be> there {e} liters of drinking water in the canister]", "[How many hours <do> the drinking water last|After how many hours <be> the canister empty]", "How many liters of drinking water <+be> in the canister at first", "How many liters <+do> the hikers drink each hour"),
)


@dataclass(frozen=True)
class Same:
    """{k} of one kind with {b} on top are as much as {m} of another kind at {y} each."""

    many: str
    one: str
    others: str
    other: str
    unit: str  # $ for money
    ks: tuple
    xs: tuple
    ms: tuple
    each: str  # {y}
    told: str  # {k}, {b} and {m}
    ask: str


SAMES = (
    Same("notebooks", "notebook", "markers", "marker", "$", (2, 8), (2, 9), (2, 9), "[a marker <cost> {y}|each marker <be> {y}|the price of a marker <be> {y}]", "[for the same money {p} can get {k} equal notebooks and a pen for {b}, or {m} markers|{k} equal notebooks and a pen for {b} <+cost> exactly as much as {m} markers|{m} markers <+cost> the same as a pen for {b} and {k} equal notebooks together]",
         "[How many dollars <do> one notebook cost|What <be> the price of a notebook in dollars]"),
    Same("bus rides", "bus ride", "taxi rides", "taxi ride", "$", (3, 12), (2, 8), (2, 6), "[each taxi ride <cost> {y}|for a taxi ride, {y} <+be> charged|{p} <pay> {y} for every taxi ride]", "[{k} bus rides and a map for {b} <+be> as expensive as {m} taxi rides|{p} can spend the same sum on {m} taxi rides or on {k} bus rides and a map for {b}|the money for {m} taxi rides <be> just enough for {k} bus rides and a map for {b}]",
         "[How many dollars <do> a bus ride cost|What <be> the price of one bus ride in dollars]"),
    Same("planks", "plank", "rails", "rail", "meters", (2, 8), (2, 7), (2, 9), "[each rail <be> {y} meters long|a rail <measure> {y} meters|the length of a rail <be> {y} meters]", "[{k} equal planks and a {b}-meter board in a line <+reach> as far as {m} rails|laid end to end, {m} rails <+be> as long as {k} equal planks with a board of {b} meters|a board of {b} meters and {k} equal planks <+cover> the same length as {m} rails]",
         "[How many meters long <be> one plank|What <be> the length of a plank in meters]"),
    Same("songs", "song", "films", "short film", "minutes", (3, 9), (2, 6), (2, 5), "[each short film <last> {y} minutes|a short film <take> {y} minutes|one of the films <be> {y} minutes long]", "[{k} equally long songs and a speech of {b} minutes <+last> as long as {m} short films|a show of {k} equal songs with a {b}-minute speech <take> the same time as {m} short films|in the time of {m} short films, a band can play {k} equal songs if a speech of {b} minutes <be> left in]",
         "[How many minutes <do> one song last|How long <be> each song in minutes]"),
    Same("vans", "van", "buses", "bus", "people", (2, 8), (6, 14), (2, 5), "[each bus <hold> {y} people|{y} people <+fit> in a bus|a full bus <carry> {y} people]", "[{k} full vans and {b} people on foot <+be> as large a group as {m} full buses|the group of {m} full buses <change> to {k} full vans, and {b} people <+have> to walk|{m} full buses <+bring> a group that later <fill> {k} vans, while {b} people <+walk>]",
         "[How many people <+fit> in one van|How many people <do> each van hold]"),
    Same("coins", "coin", "bills", "bill", "$", (2, 8), (2, 10), (2, 9), "[each bill <be> worth {y}|one bill <be> worth {y}|the value of a bill <be> {y}]", "[in a board game, {k} gold coins and {b} in silver <+be> worth as much as {m} bills|{m} bills of a board game <+be> changed for {k} equal gold coins and {b} in silver|the bank of a board game <give> {k} equal gold coins and {b} in silver for {m} bills]",
         "[How many dollars <be> a gold coin worth|What <be> the value of one gold coin in dollars]"),
    Same("boxes", "box", "sacks", "sack", "kilos", (2, 9), (3, 15), (2, 8), "[a sack <weigh> {y} kilos|every sack <have> {y} kilos in it|the weight of one sack <be> {y} kilos]", "[a mule <carry> {k} equal boxes and a saddle of {b} kilos, which <be> as heavy a load as {m} sacks|{m} sacks <+be> the same load for a cart as {k} equal boxes and a {b}-kilo trunk|{k} equal boxes and a trunk of {b} kilos <+be> as heavy as {m} sacks]",
         "[How many kilos <do> one box weigh|How heavy <be> each box in kilos]"),
)
