"""Facts with short answers that a script can check: (ways to ask, pairs of what is asked and the answer)."""


def pairs(text):
    return tuple(tuple(part.strip() for part in entry.split("=")) for entry in text.replace("\n", " ").split(";"))


CAPITALS = pairs("""France=Paris; Italy=Rome; Spain=Madrid; Japan=Tokyo; Egypt=Cairo; Canada=Ottawa; Greece=Athens; Peru=Lima; Norway=Oslo; Kenya=Nairobi; Portugal=Lisbon; Austria=Vienna; Germany=Berlin;
Russia=Moscow; China=Beijing; India=New Delhi; Cuba=Havana; Ireland=Dublin; Poland=Warsaw; Hungary=Budapest; Sweden=Stockholm; Finland=Helsinki; Denmark=Copenhagen; Turkey=Ankara; Iran=Tehran; Iraq=Baghdad; Thailand=Bangkok;
Vietnam=Hanoi; Chile=Santiago; Argentina=Buenos Aires; Colombia=Bogota; Mexico=Mexico City; Belgium=Brussels; the Netherlands=Amsterdam; Ukraine=Kyiv; Romania=Bucharest; Bulgaria=Sofia; Serbia=Belgrade; Croatia=Zagreb;
Morocco=Rabat; Tunisia=Tunis; Ghana=Accra; Ethiopia=Addis Ababa; Australia=Canberra; New Zealand=Wellington; South Korea=Seoul; Iceland=Reykjavik; Jamaica=Kingston; Lebanon=Beirut; Nepal=Kathmandu""")
CONTINENTS = pairs("""France=Europe; Japan=Asia; Egypt=Africa; Canada=North America; Brazil=South America; Kenya=Africa; India=Asia; Peru=South America; Spain=Europe; Mexico=North America; Nigeria=Africa; China=Asia; Poland=Europe; Chile=South America;
Vietnam=Asia; Italy=Europe; Ghana=Africa; Thailand=Asia; Sweden=Europe; Colombia=South America""")
LANGUAGES = pairs("""Brazil=Portuguese; Mexico=Spanish; Austria=German; Egypt=Arabic; Argentina=Spanish; Japan=Japanese; Russia=Russian; Italy=Italian; Greece=Greek; Turkey=Turkish; Poland=Polish; Portugal=Portuguese; Cuba=Spanish; Iran=Persian; Sweden=Swedish""")
CURRENCIES = pairs("""Japan=yen; India=rupee; the United Kingdom=pound; Mexico=peso; Germany=euro; Russia=ruble; China=yuan; Sweden=krona; Switzerland=franc; Brazil=real; South Korea=won; the United States=dollar""")
OPPOSITES = pairs("""hot=cold; big=small; fast=slow; up=down; happy=sad; light=dark; hard=soft; old=young; tall=short; early=late; open=closed; full=empty; rich=poor; wet=dry; loud=quiet; day=night; strong=weak; clean=dirty; left=right; love=hate;
win=lose; buy=sell; start=end; in=out; near=far; thick=thin; wide=narrow; deep=shallow; true=false; always=never""")
COLORS = pairs("""grass=green; the sky on a clear day=blue; a ripe banana=yellow; snow=white; coal=black; a ripe tomato=red; an orange=orange; an elephant=gray; milk=white; blood=red; a lemon=yellow; a strawberry=red; chocolate=brown; spinach=green; a polar bear=white""")
YOUNG = pairs("""dog=puppy; cat=kitten; cow=calf; sheep=lamb; horse=foal; lion=cub; frog=tadpole; kangaroo=joey; goat=kid; duck=duckling; deer=fawn; bear=cub; chicken=chick; swan=cygnet; pig=piglet""")
SOUNDS = pairs("""dog=bark; cat=meow; cow=moo; sheep=baa; duck=quack; lion=roar; horse=neigh; pig=oink; frog=croak; owl=hoot; bee=buzz; snake=hiss; wolf=howl; mouse=squeak""")
SYMBOLS = pairs("""hydrogen=H; oxygen=O; carbon=C; gold=Au; silver=Ag; iron=Fe; sodium=Na; helium=He; nitrogen=N; copper=Cu; calcium=Ca; potassium=K; chlorine=Cl; zinc=Zn; lead=Pb""")
AUTHORS = pairs("""Hamlet=Shakespeare; Romeo and Juliet=Shakespeare; Oliver Twist=Dickens; Pride and Prejudice=Austen; The Hobbit=Tolkien; War and Peace=Tolstoy; Moby-Dick=Melville; Don Quixote=Cervantes; The Odyssey=Homer; Frankenstein=Shelley; Animal Farm=Orwell;
Dracula=Stoker; Emma=Austen; Macbeth=Shakespeare; The Divine Comedy=Dante; Great Expectations=Dickens; The Lord of the Rings=Tolkien; Faust=Goethe; Les Miserables=Hugo; The Old Man and the Sea=Hemingway""")
FRENCH = pairs("""hello=bonjour; thank you=merci; water=eau; bread=pain; house=maison; dog=chien; cat=chat; red=rouge; friend=ami; book=livre; good night=bonne nuit; yes=oui; school=école; milk=lait; cheese=fromage""")
SPANISH = pairs("""hello=hola; thank you=gracias; water=agua; bread=pan; house=casa; dog=perro; cat=gato; red=rojo; friend=amigo; book=libro; goodbye=adiós; yes=sí; school=escuela; milk=leche; cheese=queso""")
PLURALS = pairs("""mouse=mice; child=children; foot=feet; tooth=teeth; goose=geese; man=men; woman=women; leaf=leaves; knife=knives; box=boxes; city=cities; sheep=sheep; wolf=wolves; baby=babies; potato=potatoes""")
PASTS = pairs("""go=went; eat=ate; run=ran; see=saw; write=wrote; swim=swam; take=took; buy=bought; think=thought; sing=sang; fly=flew; come=came; give=gave; speak=spoke; drive=drove""")
NEXT = pairs("""Monday=Tuesday; Wednesday=Thursday; Friday=Saturday; Sunday=Monday; Tuesday=Wednesday; Saturday=Sunday; Thursday=Friday; January=February; March=April; May=June; August=September; December=January; June=July; October=November; February=March""")
NUMBERS = pairs("""days are in a week=7; months are in a year=12; hours are in a day=24; minutes are in an hour=60; seconds are in a minute=60; legs does a spider have=8; legs does a dog have=4; sides does a triangle have=3; letters are in the English alphabet=26; continents are there=7; wheels does a bicycle have=2;
planets are in the solar system=8; sides does a square have=4; legs does an insect have=6; eggs are in a dozen=12; centimeters are in a meter=100; fingers are on one hand=5; strings does a violin have=4; players are on a soccer team on the field=11; years are in a century=100; days are in a leap year=366; degrees are in a right angle=90;
colors are in a rainbow=7; seasons are in a year=4; cents are in a dollar=100""")
PLACES = pairs("""the Eiffel Tower=Paris; the Colosseum=Rome; Big Ben=London; the Statue of Liberty=New York; the Kremlin=Moscow; the Acropolis=Athens; the Brandenburg Gate=Berlin; the Louvre=Paris; the Golden Gate Bridge=San Francisco; the Forbidden City=Beijing; the Sagrada Familia=Barcelona; the Blue Mosque=Istanbul""")
YEARS = pairs("""the First World War begin=1914; the Second World War end=1945; people first land on the Moon=1969; the Titanic sink=1912; the Berlin Wall fall=1989; the United States declare independence=1776; the French Revolution begin=1789; Columbus first reach America=1492; the Second World War begin=1939; the First World War end=1918""")

FACTS = (
    ("capital", ("What is the capital of {x}?", "Which city is the capital of {x}?", "Tell me the capital of {x}.", "capital of {x}?", "Do you know the capital city of {x}?"), CAPITALS),
    ("continent", ("On which continent is {x}?", "Which continent does {x} belong to?", "{x} is on what continent?", "Name the continent of {x}.", "What continent is {x} part of?"), CONTINENTS),
    ("language", ("What language do people speak in {x}?", "Which language is mostly spoken in {x}?", "What is the main language of {x}?", "Name the official language of {x}.", "In {x}, what do people speak?"), LANGUAGES),
    ("currency", ("What currency is used in {x}?", "What is the currency of {x}?", "What do people pay with in {x}?", "Name the currency of {x}.", "Which money does {x} use?"), CURRENCIES),
    ("opposite", ("What is the opposite of \"{x}\"?", "Give me the opposite of {x}.", "Which word means the opposite of {x}?", "Name an antonym of {x}.", "{x} and its opposite: what is the other word?"), OPPOSITES),
    ("color", ("What color is {x}?", "Which color does {x} have?", "Tell me the color of {x}.", "Name the usual color of {x}.", "The color of {x}, please?"), COLORS),
    ("young", ("What is a young {x} called?", "What do you call a baby {x}?", "Name the young of a {x}.", "A baby {x} is called what?", "Which word is used for the child of a {x}?"), YOUNG),
    ("sound", ("What sound does a {x} make?", "Which noise does a {x} make?", "How does a {x} sound? One word.", "What is the sound of a {x} called?", "Name the noise of a {x}."), SOUNDS),
    ("symbol", ("What is the chemical symbol for {x}?", "Which symbol does {x} have in the periodic table?", "Symbol for {x}?", "How is {x} written in chemistry?", "Tell me the chemical symbol of {x}."), SYMBOLS),
    ("author", ("Who wrote {x}?", "Who is the author of {x}?", "Which author wrote {x}?", "Name the writer of {x}.", "By whom was {x} written?"), AUTHORS),
    ("french", ("How do you say \"{x}\" in French?", "Translate \"{x}\" into French.", "What is \"{x}\" in French?", "The French word for {x}, please.", "French for \"{x}\"?"), FRENCH),
    ("spanish", ("How do you say \"{x}\" in Spanish?", "Translate \"{x}\" into Spanish.", "What is \"{x}\" in Spanish?", "The Spanish word for {x}, please.", "Spanish for \"{x}\"?"), SPANISH),
    ("plural", ("What is the plural of \"{x}\"?", "Write the plural of {x}.", "One {x}, two what?", "How do you form the plural of {x}?", "Give the plural form of {x}."), PLURALS),
    ("past", ("What is the past tense of \"{x}\"?", "Write {x} in the past tense.", "Past tense of {x}?", "How does the verb {x} look in the simple past?", "Give the past form of {x}."), PASTS),
    ("next", ("What comes after {x}?", "Which one follows {x}?", "After {x} comes what?", "Name what follows {x} in the calendar.", "What is next after {x}?"), NEXT),
    ("number", ("How many {x}?", "Do you know how many {x}?", "Tell me how many {x}.", "Quick question: how many {x}?", "Could you say how many {x}?"), NUMBERS),
    ("place", ("In which city is {x}?", "Where is {x}? Name the city.", "Which city has {x}?", "{x} stands in what city?", "Name the city of {x}."), PLACES),
    ("year", ("In what year did {x}?", "When did {x}? Give the year.", "Which year did {x}?", "In which year of history did {x}?", "What year was it: when did {x}?"), YEARS),
)
