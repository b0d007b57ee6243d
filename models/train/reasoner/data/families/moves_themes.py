"""Themes of `moves.py`: things that move along a scale, places with two flows, equal groups of which some are done, and work that grows day by day."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mover:
    """`{S}` is the thing, `{n}` the number. A move that raises the number is `ups`, whatever way it points."""

    thing: str  # at first | later | pronoun
    at: tuple  # clauses that begin with {S}
    origin: str  # "a height of {n} meters", behind from
    ups: tuple  # verb phrases with {n} and a unit
    downs: tuple
    asks: tuple  # questions for the place
    level: str  # names the number
    start: tuple  # least and largest number to begin with
    step: tuple  # least and largest move
    intro: str = ""


MOVERS = (
    Mover("a crane hook|the hook|it", ("{S} <hang> at meter {n}", "{S} <be> {n} meters above the ground"), "a height of {n} meters", ("<rise> {n} meters", "<be> pulled up by {n} meters", "<go> up {n} meters"), ("<sink> {n} meters", "<be> lowered by {n} meters", "<come> down {n} meters"),
          ("At what height, in meters, <do> {s} hang", "How many meters above the ground <be> {s}", "How high, in meters, <do> {s} hang"), "the height of the hook", (5, 60), (2, 20)),
    Mover("{p}|{p}|{p.i}", ("{S} <stand> on square {n} of a board game", "{S} <be> on square {n}", "{S} <have> a piece on square {n} of the board"), "square {n}", ("<go> forward {n} squares", "<move> ahead by {n} squares", "<advance> {n} squares"), ("<go> back {n} squares", "<be> sent back by {n} squares", "<lose> {n} squares"),
          ("On which square <be> {s}", "What <be> the number of the square {s} <be> on"), "the square {p} is on", (5, 50), (2, 15)),
    Mover("{p}|{p}|{p.i}", ("{S} <have> a dictionary open at page {n}", "{S} <be> at page {n} of a thick atlas"), "page {n}", ("<turn> {n} pages forward", "<leaf> forward by {n} pages"), ("<turn> back {n} pages", "<leaf> back by {n} pages"),
          ("At which page <be> {s}", "What page <do> {s} have open"), "the page {p} has open", (30, 300), (3, 60)),
    Mover("{p}'s radio|the radio|it", ("{S} <be> set to channel {n}", "{S} <play> channel {n}"), "channel {n}", ("<be> turned up by {n} channels", "<move> {n} channels higher"), ("<be> turned down by {n} channels", "<move> {n} channels lower"),
          ("What channel <do> {s} play", "On which channel <be> {s}"), "the channel of the radio", (10, 70), (2, 25)),
    Mover("{p}|{p}|{p.i}", ("{S} <stand> in front of house number {n}", "{S} <be> at house number {n}"), "house number {n}", ("<walk> {n} houses up the street", "<go> on by {n} houses"), ("<walk> {n} houses down the street", "<go> back {n} houses"),
          ("In front of which house number <do> {s} stand", "What house number <be> {s} at"), "the house number in front of {p}", (10, 80), (2, 25), "The houses of the street are numbered one after the other."),
    Mover("the volume of a television|the volume|it", ("{S} <be> at level {n}", "{S} <be> set to {n}"), "level {n}", ("<be> turned up by {n} levels", "<rise> by {n} levels"), ("<be> turned down by {n} levels", "<fall> by {n} levels"),
          ("At what level <be> {s}", "What level <do> {s} have"), "the level of the volume", (8, 40), (2, 15)),
    Mover("a submarine|the submarine|it", ("{S} <be> {n} meters below the surface", "{S} <wait> at a depth of {n} meters"), "a depth of {n} meters", ("<dive> {n} meters deeper", "<sink> another {n} meters", "<go> down {n} meters more"), ("<rise> by {n} meters", "<come> up {n} meters", "<climb> {n} meters"),
          ("At what depth, in meters, <be> {s}", "How many meters below the surface <be> {s}", "How deep, in meters, <be> {s}"), "the depth of the submarine", (40, 300), (10, 90)),
    Mover("a diver|the diver|the diver", ("{S} <float> {n} feet under water", "{S} <look> at a reef at a depth of {n} feet"), "a depth of {n} feet", ("<go> {n} feet deeper", "<sink> by {n} feet"), ("<come> up {n} feet", "<rise> by {n} feet"),
          ("How many feet under water <be> {s}", "At what depth, in feet, <be> {s}"), "the depth of the diver", (12, 60), (3, 20)),
    Mover("{p}|{p}|{p.i}", ("{S} <stand> at place {n} of a long line", "{S} <be> number {n} in the line at a bakery"), "place {n}", ("<let> {n} people go ahead", "<fall> back {n} places"), ("<move> up {n} places", "<get> {n} places closer to the front"),
          ("At what place in the line <be> {s}", "What place in the line <do> {s} have"), "the place in the line that {p} has", (15, 60), (2, 12)),
    Mover("a warehouse robot|the robot|it", ("{S} <wait> at shelf {n}", "{S} <stand> in front of shelf number {n}"), "shelf {n}", ("<drive> {n} shelves further", "<roll> forward by {n} shelves"), ("<drive> back {n} shelves", "<roll> backward by {n} shelves"),
          ("At which shelf <be> {s}", "What <be> the number of the shelf where {s} <stop>"), "the shelf of the robot", (5, 60), (2, 25)),
    Mover("a painter|the painter|the painter", ("{S} <stand> on rung {n} of a ladder", "{S} <be> on the ladder, on rung {n}"), "rung {n}", ("<climb> up {n} rungs", "<go> {n} rungs higher"), ("<climb> down {n} rungs", "<come> down by {n} rungs"),
          ("On which rung <do> {s} stand", "What rung of the ladder <be> {s} on"), "the rung of the painter", (4, 20), (2, 9)),
    Mover("{p}|{p}|{p.i}", ("{S} <get> on a bus at stop number {n} of the line", "{S} <be> at stop {n} of a bus line"), "stop {n}", ("<ride> forward {n} stops", "<travel> {n} stops toward the end of the line"), ("<ride> back {n} stops", "<travel> {n} stops toward the beginning of the line"),
          ("At which stop <be> {s}", "What <be> the number of the stop where {s} <end> up"), "the stop where {p} is", (4, 30), (2, 12)),
    Mover("a miner|the miner|the miner", ("{S} <work> on level {n} of a mine", "{S} <be> down on level {n} of a mine shaft"), "level {n}", ("<go> {n} levels deeper", "<climb> down {n} levels"), ("<go> {n} levels up", "<climb> up {n} levels"),
          ("On which level of the mine <be> {s}", "What level of the mine <be> {s} on"), "the mine level of the miner", (4, 30), (2, 9), "The levels of the mine are counted from the top down."),
    Mover("{p}'s hero in a video game|the hero|the hero", ("{S} <have> level {n}", "{S} <be> at level {n}"), "level {n}", ("<gain> {n} levels", "<go> up {n} levels"), ("<lose> {n} levels", "<fall> back by {n} levels"),
          ("What level <do> {s} have", "At which level <be> {s}"), "the level of the hero", (5, 60), (2, 20)),
    Mover("a tennis player|the player|the player", ("{S} <be> ranked number {n}", "{S} <hold> rank {n} of a list"), "rank {n}", ("<fall> {n} ranks", "<drop> by {n} ranks"), ("<climb> {n} ranks", "<move> up by {n} ranks"),
          ("What rank <do> {s} hold", "At which rank <be> {s}"), "the rank of the player", (20, 90), (2, 18), "On a ranking list, number one is the best."),
    Mover("the slider of a lamp|the slider|it", ("{S} <be> at mark {n}", "{S} <point> to mark {n}"), "mark {n}", ("<be> pushed up by {n} marks", "<go> up {n} marks"), ("<be> pulled down by {n} marks", "<go> down {n} marks"),
          ("At which mark <be> {s}", "To what mark <do> {s} point"), "the mark of the slider", (5, 60), (2, 25)),
    Mover("a beetle|the beetle|it", ("{S} <rest> on a long ruler at centimeter {n}", "{S} <be> at the {n}-centimeter mark of a tape measure"), "the mark of {n} centimeters", ("<crawl> {n} centimeters to the right", "<move> forward by {n} centimeters"), ("<crawl> {n} centimeters to the left", "<move> backward by {n} centimeters"),
          ("At what centimeter mark <be> {s}", "At how many centimeters <do> {s} stop"), "the mark of the beetle", (10, 80), (3, 30), "The marks of the scale rise from left to right."),
    Mover("a hot-air balloon|the balloon|it", ("{S} <float> {n} meters above a valley", "{S} <be> at a height of {n} meters"), "a height of {n} meters", ("<climb> {n} meters", "<rise> by {n} meters"), ("<drop> {n} meters", "<descend> by {n} meters"),
          ("How many meters high <do> {s} fly", "At what height, in meters, <be> {s}"), "the height of the balloon", (60, 500), (20, 150)),
    Mover("a snail|the snail|it", ("{S} <rest> on a wall {n} centimeters above the ground", "{S} <be> {n} centimeters up a fence post"), "a height of {n} centimeters", ("<crawl> up {n} centimeters", "<climb> {n} centimeters"), ("<slip> back {n} centimeters", "<go> down by {n} centimeters"),
          ("How many centimeters above the ground <be> {s}", "How high, in centimeters, <be> {s}"), "the height of the snail", (10, 90), (3, 30)),
    Mover("{p}|{p}|{p.i}", ("{S} <play> key number {n} of a piano", "{S} <have> a finger on piano key {n}"), "key {n}", ("<go> {n} keys to the right", "<move> up by {n} keys"), ("<go> {n} keys to the left", "<move> down by {n} keys"),
          ("On which key <be> {s}", "What <be> the number of the key {s} <end> on"), "the piano key under {p}'s finger", (15, 60), (2, 15), "The keys of a piano are counted from left to right."),
    Mover("{p}|{p}|{p.i}", ("{S} <pass> kilometer post {n} of a hiking trail", "{S} <rest> at kilometer {n} of a long trail"), "kilometer {n}", ("<hike> on for {n} kilometers", "<walk> {n} kilometers further"), ("<hike> back {n} kilometers", "<walk> {n} kilometers back"),
          ("At which kilometer of the trail <be> {s}", "What kilometer post <be> {s} at"), "the kilometer of the trail where {p} is", (8, 60), (2, 15)),
    Mover("the cursor in a text|the cursor|it", ("{S} <be> on line {n}", "{S} <blink> in line {n}"), "line {n}", ("<move> down {n} lines", "<jump> {n} lines further down"), ("<move> up {n} lines", "<jump> back {n} lines"),
          ("On which line <be> {s}", "In what line <do> {s} blink"), "the line of the cursor", (20, 200), (3, 60), "Lines are counted from the top of the text."),
    Mover("a music player|the player|it", ("{S} <be> at track {n} of a long playlist", "{S} <play> track {n}"), "track {n}", ("<jump> ahead {n} tracks", "<go> forward by {n} tracks"), ("<jump> back {n} tracks", "<go> back by {n} tracks"),
          ("What track <do> {s} play", "At which track <be> {s}"), "the track of the music player", (10, 90), (2, 25)),
    Mover("a train conductor|the conductor|the conductor", ("{S} <check> tickets in car number {n}", "{S} <be> in car {n} of a long train"), "car {n}", ("<walk> {n} cars toward the back", "<go> back by {n} cars"), ("<walk> {n} cars toward the front", "<go> forward by {n} cars"),
          ("In which car <be> {s}", "What <be> the number of {s}'s car"), "the car of the conductor", (6, 25), (2, 9), "The cars of the train are counted from the front."),
    Mover("a barge|the barge|it", ("{S} <lie> at kilometer {n} of a canal", "{S} <be> at the canal mark of {n} kilometers"), "kilometer {n}", ("<go> {n} kilometers downstream", "<drift> {n} kilometers down the canal"), ("<go> {n} kilometers upstream", "<be> pulled {n} kilometers up the canal"),
          ("At which kilometer of the canal <be> {s}", "At what kilometer <do> {s} stop"), "the canal kilometer of the barge", (20, 90), (4, 40), "The kilometers of the canal are counted from its source."),
    Mover("{p}'s kite|the kite|it", ("{S} <fly> {n} feet above the beach", "{S} <be> {n} feet up in the air"), "a height of {n} feet", ("<go> up {n} feet", "<be> lifted {n} feet by the wind"), ("<drop> {n} feet", "<be> pulled down {n} feet"),
          ("How many feet above the beach <be> {s}", "How high, in feet, <do> {s} fly"), "the height of the kite", (20, 120), (5, 50)),
)


@dataclass(frozen=True)
class Flow:
    """Things that come and go in every period. Clauses hold `{n}`."""

    x: str  # the things
    level: str  # names their number
    ins: tuple
    outs: tuple
    has: tuple  # {n} of them are there
    empty: str  # none are there
    asks: tuple
    times: str
    rates: tuple  # least and largest flow
    start: tuple
    cap: int = 10_000


FLOWS = (
    Flow("visitors", "the number of visitors in the museum", ("{n} visitors <+enter> the museum", "the museum <let> in {n} visitors"), ("{n} visitors <+leave> the museum", "{n} visitors <+go> home"), ("{n} visitors <+be> in the museum", "there <+be> {n} visitors in the museum"), "the museum <be> empty", ("How many visitors <+be> in the museum", "How many visitors <do> the museum hold"), "hour", (10, 80), (20, 150)),
    Flow("followers", "the number of {p}'s followers", ("{n} people <+begin> to follow {p}'s channel", "{p}'s channel <gain> {n} followers"), ("{n} people <+stop> following it", "{n} followers <+be> lost"), ("{p}'s channel <have> {n} followers", "{n} people <+follow> {p}'s channel"), "{p}'s channel <have> no followers", ("How many followers <do> {p}'s channel have",), "day week", (4, 60), (20, 400)),
    Flow("parcels", "the number of parcels in the warehouse", ("{n} parcels <+arrive> at a warehouse", "trucks <+bring> {n} parcels to a warehouse"), ("{n} parcels <+be> shipped", "{n} parcels <+leave> on other trucks"), ("{n} parcels <+lie> in the warehouse", "the warehouse <hold> {n} parcels"), "the warehouse <be> empty", ("How many parcels <+be> in the warehouse", "How many parcels <do> the warehouse hold"), "day hour", (10, 90), (30, 300)),
    Flow("bees", "the number of bees in the hive", ("{n} bees <+come> back to a hive", "{n} bees <+fly> into a hive"), ("{n} bees <+fly> out", "{n} bees <+leave> for the meadow"), ("{n} bees <+be> in the hive", "there <+be> {n} bees in the hive"), "", ("How many bees <+be> in the hive",), "minute hour", (5, 50), (40, 300)),
    Flow("coins", "the number of coins in the machine", ("{n} coins <+be> put into a snack machine", "customers <+drop> {n} coins into a snack machine"), ("{n} coins <+come> out as change", "the machine <pay> out {n} coins as change"), ("{n} coins <+be> in the machine", "the machine <hold> {n} coins"), "the machine <have> no coins in it", ("How many coins <+be> in the machine", "How many coins <do> the machine hold"), "hour day", (5, 40), (10, 120)),
    Flow("tons of sand", "the weight of the sand on the pile", ("a belt <drop> {n} tons of sand on a pile", "{n} tons of sand <+be> added to a pile"), ("trucks <+take> away {n} tons of sand", "{n} tons of sand <+be> carried off"), ("the pile <have> {n} tons of sand", "{n} tons of sand <+lie> on the pile"), "the pile <have> no sand in it", ("How many tons of sand <+be> on the pile", "How many tons of sand <do> the pile have"), "hour day", (3, 30), (10, 100)),
    Flow("percent", "the charge of the battery", ("a charger <add> {n} percent to a phone battery", "a phone battery <gain> {n} percent from its charger"), ("a game on the phone <use> {n} percent", "the use of the phone <cost> {n} percent of its charge"), ("the battery <be> at {n} percent", "the phone <show> a charge of {n} percent"), "the battery <be> empty", ("At how many percent <be> the battery", "How many percent <do> the battery have"), "hour", (2, 18), (5, 40), 100),
    Flow("cars", "the number of cars in the parking garage", ("{n} cars <+drive> into a parking garage", "{n} cars <+come> into a parking garage"), ("{n} cars <+drive> out", "{n} cars <+leave>"), ("{n} cars <+be> in the garage", "there <+be> {n} cars in the garage"), "the garage <be> empty", ("How many cars <+be> in the garage", "How many cars <do> the garage hold"), "hour", (5, 60), (20, 150)),
    Flow("books", "the number of books in the library", ("readers <+bring> back {n} books to a library", "{n} books <+be> returned to a library"), ("{n} books <+be> lent out", "readers <+borrow> {n} books"), ("{n} books <+be> on the shelves", "the library <have> {n} books on its shelves"), "", ("How many books <+be> on the shelves", "How many books <do> the library have on its shelves"), "day", (8, 60), (100, 600)),
    Flow("dogs", "the number of dogs in the shelter", ("{n} dogs <+be> brought to an animal shelter", "an animal shelter <take> in {n} dogs"), ("{n} dogs <+find> a new home", "{n} dogs <+be> adopted"), ("{n} dogs <+live> in the shelter", "the shelter <have> {n} dogs"), "the shelter <have> no dogs", ("How many dogs <+be> in the shelter", "How many dogs <do> the shelter have"), "week month", (2, 20), (10, 60)),
    Flow("emails", "the number of emails in {p}'s inbox", ("{p} <get> {n} emails", "{n} emails <+come> into {p}'s inbox"), ("{p} <delete> {n} emails", "{n} emails <+be> answered and removed"), ("there <+be> {n} emails in {p}'s inbox", "{p}'s inbox <hold> {n} emails"), "{p}'s inbox <be> empty", ("How many emails <+be> in {p}'s inbox", "How many emails <do> {p}'s inbox hold"), "day hour", (5, 50), (10, 120)),
    Flow("loaves", "the number of loaves on the shelf", ("a bakery <put> {n} loaves on the shelf", "{n} fresh loaves <+come> out of a bakery's oven"), ("customers <+buy> {n} loaves", "{n} loaves <+be> sold"), ("the shelf <hold> {n} loaves", "{n} loaves <+lie> on the shelf"), "the shelf <be> empty", ("How many loaves <+be> on the shelf", "How many loaves <do> the shelf hold"), "hour", (5, 50), (10, 80)),
    Flow("logs", "the number of logs in the yard", ("{n} logs <+be> brought to a sawmill", "trucks <+unload> {n} logs at a sawmill"), ("the mill <saw> {n} logs into boards", "{n} logs <+be> sawn up"), ("{n} logs <+lie> in the yard of the mill", "there <+be> {n} logs in the yard of the mill"), "the yard of the mill <be> empty", ("How many logs <+be> in the yard", "How many logs <+lie> in the yard of the mill"), "day hour", (5, 60), (20, 150)),
    Flow("patients", "the number of patients in the hospital", ("a hospital <take> in {n} patients", "{n} patients <+come> to a hospital"), ("{n} patients <+be> sent home", "{n} patients <+go> home healthy"), ("there <+be> {n} patients in the hospital", "the hospital <have> {n} patients"), "the hospital <have> no patients", ("How many patients <do> the hospital have", "How many patients <+be> in the hospital"), "day week", (4, 40), (40, 250)),
    Flow("centimeters of snow", "the depth of the snow on the roof", ("{n} centimeters of snow <+fall> on a roof", "the wind <carry> {n} centimeters of snow onto a roof"), ("{n} centimeters of snow <+melt>", "the sun <melt> {n} centimeters of it"), ("{n} centimeters of snow <+lie> on the roof", "the snow on the roof <be> {n} centimeters deep"), "there <be> no snow on the roof", ("How many centimeters of snow <+be> on the roof", "How deep, in centimeters, <be> the snow on the roof"), "hour day", (2, 12), (4, 40)),
    Flow("bales of hay", "the number of bales of hay in the barn", ("{p} <bring> {n} bales of hay into the barn", "{n} bales of hay <+be> stored in {p}'s barn"), ("the cows <+eat> {n} bales of hay", "{n} bales of hay <+be> fed to the horses"), ("the barn <hold> {n} bales of hay", "there <+be> {n} bales of hay in the barn"), "the barn <be> empty", ("How many bales of hay <+be> in the barn", "How many bales of hay <do> the barn hold"), "day week", (3, 30), (20, 120)),
    Flow("bikes", "the number of bikes at the station", ("{n} bikes <+be> brought back to a rental station", "riders <+return> {n} bikes to a rental station"), ("{n} bikes <+be> rented out", "riders <+take> {n} bikes away"), ("{n} bikes <+stand> at the station", "the station <have> {n} bikes"), "no bikes <+be> at the station", ("How many bikes <+be> at the station", "How many bikes <do> the station have"), "hour", (3, 25), (15, 70)),
    Flow("people", "the number of people in the line", ("{n} people <+join> the line at an ice cream stand", "{n} people <+come> to the line at an ice cream stand"), ("{n} people <+be> served", "the stand <serve> {n} people"), ("{n} people <+stand> in the line", "there <+be> {n} people in the line"), "nobody <be> in the line", ("How many people <+be> in the line", "How many people <+stand> in the line"), "minute", (2, 12), (5, 40)),
    Flow("tons of coal", "the weight of the coal at the power station", ("trains <+bring> {n} tons of coal to a power station", "a power station <get> {n} tons of coal"), ("its ovens <+burn> {n} tons of coal", "{n} tons of coal <+be> used up"), ("there <+be> {n} tons of coal at the power station", "{n} tons of coal <+lie> at the power station"), "there <be> no coal at the power station", ("How many tons of coal <+be> at the power station",), "day week", (20, 120), (100, 900)),
    Flow("dollars", "the sum in {p}'s money box", ("{p} <earn> {n} dollars", "{p} <put> {n} dollars into a money box"), ("{p} <spend> {n} dollars of it", "{p} <take> out {n} dollars for lunch"), ("there <+be> {n} dollars in {p}'s money box", "{p}'s money box <hold> {n} dollars"), "{p}'s money box <be> empty", ("How many dollars <+be> in {p}'s money box", "How many dollars <do> {p}'s money box hold"), "week month", (4, 60), (10, 150)),
    Flow("crumbs", "the number of crumbs in the anthill", ("ants <+carry> {n} crumbs into an anthill", "{n} crumbs <+be> dragged into an anthill"), ("the ants <+eat> {n} crumbs", "{n} crumbs <+be> eaten there"), ("{n} crumbs <+lie> in the anthill", "the anthill <have> a store of {n} crumbs"), "no crumbs <+be> in the anthill", ("How many crumbs <+be> in the anthill",), "minute hour", (3, 40), (10, 90)),
    Flow("orders", "the number of open orders", ("a print shop <get> {n} new orders", "{n} orders <+come> in at a print shop"), ("the workers <+finish> {n} orders", "{n} orders <+be> completed"), ("{n} orders <+be> open", "the shop <have> {n} open orders"), "no orders <+be> open", ("How many orders <+be> open", "How many open orders <do> the print shop have"), "day week", (4, 40), (10, 90)),
)


@dataclass(frozen=True)
class Batch:
    """Equal groups that are dealt with one after the other."""

    G: str  # groups
    g: str
    x: str  # things in each
    start: str  # states {n} groups with {m} things each
    done: str  # participle, of groups and things
    do: str  # infinitive
    many: tuple = (5, 30)
    size: tuple = (3, 24)


BATCHES = (
    Batch("trays", "tray", "rolls", "{p} <prepare> {n} trays of {m} rolls each for the oven", "baked", "bake"),
    Batch("pages", "page", "drawings", "{p}'s coloring book <have> {n} pages with {m} drawings on each", "colored", "color"),
    Batch("shelves", "shelf", "jars", "a pantry <have> {n} shelves with {m} jars on each of them", "dusted", "dust"),
    Batch("rows", "row", "vines", "a vineyard <have> {n} rows of {m} vines", "pruned", "prune"),
    Batch("boxes", "box", "light bulbs", "{p} <have> to send off {n} boxes of {m} light bulbs", "packed", "pack"),
    Batch("fence sections", "section", "boards", "a fence <have> {n} sections, and each section <have> {m} boards", "painted", "paint"),
    Batch("chapters", "chapter", "pages", "a novel <have> {n} chapters of {m} pages each", "read", "read"),
    Batch("envelopes", "envelope", "photos", "{n} envelopes <+come> from the print shop with {m} photos in each", "sorted", "sort"),
    Batch("crates", "crate", "bottles", "{n} crates with {m} bottles each <+be> meant for a truck", "loaded", "load"),
    Batch("classrooms", "classroom", "desks", "a school <have> {n} classrooms, each with {m} desks", "cleaned", "clean"),
    Batch("hives", "hive", "honey frames", "a beekeeper <own> {n} hives with {m} honey frames apiece", "checked", "check"),
    Batch("quilt strips", "strip", "patches", "a quilt <need> {n} strips of {m} patches each", "sewn", "sew"),
    Batch("mailbags", "mailbag", "letters", "a post office <get> {n} mailbags, and in every mailbag there <+be> {m} letters", "sorted", "sort"),
    Batch("buses", "bus", "windows", "a bus company <have> {n} buses with {m} windows each", "washed", "wash"),
    Batch("songs", "song", "lines", "the choir's program <have> {n} songs, each {m} lines long", "learned", "learn"),
    Batch("worksheets", "worksheet", "problems", "{p}'s folder <hold> {n} worksheets with {m} problems on each", "solved", "solve"),
    Batch("racks", "rack", "shirts", "in a laundry {n} racks of {m} shirts each <+be> waiting", "ironed", "iron"),
    Batch("pallets", "pallet", "sacks", "a ship <carry> {n} pallets, every one with {m} sacks", "unloaded", "unload"),
    Batch("tables", "table", "plates", "a hall for a wedding <have> {n} tables for {m} plates each", "set", "set"),
    Batch("streets", "street", "lamps", "a village <have> {n} streets with {m} lamps in each", "repaired", "repair"),
    Batch("beds", "bed", "bulbs", "{p} <plan> {n} garden beds with {m} tulip bulbs each", "planted", "plant"),
    Batch("drawers", "drawer", "files", "an office cabinet <have> {n} drawers with {m} files in each of them", "scanned", "scan"),
    Batch("rooms", "room", "pictures", "a museum <have> {n} rooms with {m} pictures in each", "dusted", "dust", (4, 14), (5, 40)),
    Batch("cages", "cage", "canaries", "a bird keeper <have> {n} cages, with {m} canaries in every cage", "fed", "feed"),
    Batch("rounds", "round", "questions", "a quiz <consist> of {n} rounds of {m} questions", "answered", "answer", (4, 15), (4, 20)),
    Batch("greenhouses", "greenhouse", "peppers", "a gardener <grow> {m} peppers in each of {n} greenhouses", "watered", "water", (4, 15), (8, 60)),
    Batch("folders", "folder", "pictures", "{p}'s computer <have> {n} folders, each holding {m} pictures", "copied", "copy", (4, 20), (8, 60)),
)


@dataclass(frozen=True)
class Work:
    """What somebody does every day, a bit more or less each time."""

    who: str  # at first | later | pronoun
    x: str
    do: str  # verb, as in <knit>
    tail: str  # behind the things, such as " of a scarf"
    times: str
    first: tuple
    step: tuple


WORKS = (
    Work("{p}|{p}|{p.i}", "rows", "knit", " of a scarf", "day evening", (6, 40), (2, 9)), Work("{p}|{p}|{p.i}", "pages", "read", " of a thick book", "day evening", (8, 60), (2, 15)), Work("a mason|the mason|the mason", "bricks", "lay", "", "day hour", (40, 200), (5, 40)),
    Work("{p}|{p}|{p.i}", "coins", "save", "", "week month", (4, 40), (2, 12)), Work("{p}|{p}|{p.i}", "push-ups", "do", "", "day morning", (5, 40), (2, 8)), Work("{p}'s hens|the hens|they", "eggs", "+lay", "", "day week", (12, 60), (2, 9)),
    Work("a writer|the writer|the writer", "lines", "write", " of a story", "day morning", (15, 90), (3, 25)), Work("a gardener|the gardener|the gardener", "seedlings", "plant", "", "day week", (10, 70), (2, 15)), Work("{p}|{p}|{p.i}", "paper cranes", "fold", "", "day evening", (4, 30), (2, 9)),
    Work("{p}|{p}|{p.i}", "newspapers", "sell", " at the station", "day week", (15, 90), (3, 20)), Work("{p}|{p}|{p.i}", "new words", "learn", " in Spanish", "day lesson", (5, 30), (2, 8)), Work("{p}|{p}|{p.i}", "minutes", "practice", " on the piano", "day week", (10, 45), (3, 12)),
    Work("a fruit picker|the picker|the picker", "baskets of cherries", "pick", "", "day morning", (6, 35), (2, 8)), Work("a potter|the potter|the potter", "cups", "make", "", "day week", (5, 35), (2, 9)), Work("a baker|the baker|the baker", "loaves", "bake", "", "day morning", (20, 120), (4, 25)),
    Work("{p}|{p}|{p.i}", "postcards", "write", " to friends", "week day", (3, 20), (2, 6)), Work("{p}|{p}|{p.i}", "logs", "split", " for the winter", "day week", (12, 70), (3, 14)), Work("a courier|the courier|the courier", "parcels", "deliver", "", "day hour", (15, 80), (3, 18)),
    Work("a web shop|the shop|it", "orders", "get", "", "day month", (20, 200), (5, 50)), Work("a new toy factory|the factory|it", "toys", "make", "", "week month", (60, 500), (10, 90)), Work("{p}|{p}|{p.i}", "shells", "collect", " at the beach", "day morning", (5, 40), (2, 12)),
    Work("a class|the class|it", "bottles", "collect", " for recycling", "week month", (20, 150), (4, 30)), Work("a street musician|the musician|the musician", "dollars", "earn", "", "day evening", (12, 80), (3, 15)), Work("{p}|{p}|{p.i}", "free throws", "practice", "", "day afternoon", (15, 80), (5, 20)),
    Work("a cow|the cow|it", "liters of milk", "give", "", "day week", (12, 40), (2, 5)), Work("a road crew|the crew|it", "meters", "pave", " of a road", "day week", (20, 150), (5, 30)), Work("a tailor|the tailor|the tailor", "buttons", "replace", "", "day hour", (6, 40), (2, 9)),
)
