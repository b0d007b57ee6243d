"""Names and nouns. The lists for training and for evaluation share no entry, so an evaluation problem never shows a trained name or object."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """A countable noun; formats as its plural, `.s` is the singular."""

    s: str
    plural: str

    def __format__(self, spec):
        return self.plural


def nouns(text):
    """`"apple, box/boxes"` to nouns; without a slash the plural adds an s."""
    out = []
    for entry in text.replace("\n", " ").split(","):
        singular, _, plural = entry.strip().partition("/")
        out.append(Noun(singular, plural or singular + "s"))
    return tuple(out)


TRAIN, EVAL = "train", "eval"

WOMEN = {
    TRAIN: """Ava Carla Elena Grace Isla Kira Maya Olivia Rosa Tara Vera Zoe Bella Chloe Emma Gina Jane Lucy Nina Priya Rachel Tina Wendy Anna
Carmen Erin Fatima Hana Julia Lena Nora Rita Uma Lily Mei Sofia Amy Beth Clara Diana Fiona Holly Irene Jenny Kate Laura Mary Naomi Paula Ruth
Sara Tessa""".split(),
    EVAL: "Amara Celine Esther Greta Ingrid Kamala Mireille Odette Renata Thea Wanda Bianca Yolanda Philippa".split(),
}
MEN = {
    TRAIN: """Ben Dan Frank Henry Jack Liam Noah Paul Sam Umar Will Yusuf Aaron David Felix Hugo Ivan Kevin Marco Oscar Simon Victor Brian Diego
George Ian Kyle Mike Omar Peter Steve Tom Vince Jorge Raj Adam Carl Eric Greg Harry Jim Leo Matt Nick Owen Ryan Tim Walter Luis Andy Joe
Ken""".split(),
    EVAL: "Boris Dmitri Farid Hiro Jamal Lars Nikhil Pablo Stefan Cedric Gustav Rupert Tobias Zoltan".split(),
}
HELD_OUT_NAMES = frozenset(WOMEN[EVAL] + MEN[EVAL])
# of SVAMP's stories, where they are changed for others; Baker, Robin and Jesse stay, as they are not always names or go with both pronouns
SVAMP_WOMEN = frozenset("""Rachel Mary Haley Julia Jessica Emily Faye Brenda Debby Olivia Gwen Carol Tiffany Paige Nell Helen Jill Lizzie Janice Kelly Melissa Zoe
Rebecca""".split())
SVAMP_MEN = frozenset("""Jack Jake Steven Danny Bobby Paco Frank Matthew Ed Doug Josh Jerry Dan Paul Dave Marco Edward Zachary David Ryan Lewis John Adam Jeff Luke
Fred Jason Allan Dean Ron Kevin Mike Jim""".split())

NOUNS = {
    TRAIN: {
        "food": nouns("""apple, cookie, orange, cupcake, muffin, peach/peaches, lemon, donut, egg, sandwich/sandwiches, plum, banana, pancake, pear, cracker,
carrot, potato/potatoes, tomato/tomatoes, candy/candies, brownie, grape, strawberry/strawberries, pretzel, bun, walnut, cherry/cherries"""),
        "baked": nouns("cookie, cupcake, muffin, donut, brownie, pie, cake, pastry/pastries, loaf of bread/loaves of bread, bun"),
        "thing": nouns("""sticker, marble, card, shell, stamp, coin, button, bead, postcard, magnet, badge, toy car, ball, kite, photo, poster, puzzle, key,
baseball card, bottle cap, comic book, action figure, toy, seashell, doll, model plane, game, rock, pin, ribbon, figurine"""),
        "school": nouns("pencil, pen, notebook, eraser, crayon, book, marker, folder, ruler, paper clip, worksheet, brush/brushes, sheet of paper/sheets of paper"),
        "flower": nouns("rose, tulip, daisy/daisies, lily/lilies, sunflower, flower, orchid"),
        "plant": nouns("tree, bush/bushes, rose bush/rose bushes, cabbage, pumpkin, tomato plant, lettuce plant, palm tree"),
        "animal": nouns("chicken, cow, sheep/sheep, goat, duck, horse, rabbit, pig, turkey"),
        "wild": nouns("bird, pigeon, squirrel, frog, butterfly/butterflies, deer/deer, crow, seagull, bee"),
        "ware": nouns("lamp, towel, mug, plate, candle, shirt, hat, scarf/scarves, bottle of juice/bottles of juice, bag of rice/bags of rice, chair, book, toy, ticket, cup, tile, brick"),
        "costly": nouns("bicycle, guitar, camera, tent, phone, jacket, keyboard, skateboard, telescope, computer, watch/watches, scooter, sewing machine, helmet"),
        "container": nouns("box/boxes, bag, crate, shelf/shelves, jar, tray, pack, carton, album, bin"),
        "maker": nouns("wooden toy, necklace, card, bracelet made of beads/bracelets made of beads, candle, scarf/scarves, picture frame, paper crane"),
    },
    EVAL: {
        "food": nouns("mango/mangoes, waffle, turnip, apricot, dumpling, fig, radish/radishes, coconut, biscuit, olive"),
        "baked": nouns("waffle, scone, bagel, tart, biscuit, croissant"),
        "thing": nouns("acorn, bracelet, whistle, pebble, medal, feather, trophy/trophies, keychain, yo-yo, origami bird, crystal"),
        "school": nouns("chalk stick, binder, index card, stapler, highlighter, glue stick"),
        "flower": nouns("carnation, daffodil, iris/irises, poppy/poppies"),
        "plant": nouns("oak tree, fern, turnip plant, cactus/cacti, vine"),
        "animal": nouns("llama, donkey, goose/geese, ox/oxen"),
        "wild": nouns("swan, sparrow, beetle, fox/foxes, owl"),
        "ware": nouns("teapot, lantern, sock, rope, drum, basket, blanket, pillow, bottle of syrup/bottles of syrup, vase"),
        "costly": nouns("violin, printer, canoe, saddle, drone, armchair, tablet"),
        "container": nouns("drawer, bucket, case, sack, pouch/pouches"),
        "maker": nouns("clay pot, lantern, quilt, birdhouse, keychain"),
    },
}
