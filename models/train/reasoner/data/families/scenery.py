"""Sentences without numbers that set a scene, and numbers that do not matter, put into any story."""

from ..words import EVAL, TRAIN

OPENINGS = {
    TRAIN: ("It was a sunny day.", "Winter is almost here.", "The whole town was busy.", "School had just started again.", "{p} loves to keep lists of everything.", "{p} is a careful person.", "Everybody was in a good mood that day.", "It rained all morning.", "The holidays were over.",
            "{p} had been looking forward to this for a long time.", "There was a lot to do.", "{p} and {p.his} family live near the sea.", "{p} likes to be well prepared.", "A new month had begun.", "{p} has a good memory for numbers.", "The weekend was finally there.", "{p} wanted to try something new.", "It was the first warm day of spring.",
            "Things were quiet that week.", "{p} told a friend about this.", "The village was getting ready for a festival.", "{p} was in a hurry.", "After a long trip everybody was hungry.", "{p} always works with great care.", "The neighbors had come to visit.", "It had snowed during the night.", "{p} lives in a small town by a river.", "Nobody wanted to go home yet.",
            "{p} keeps a diary about such things.", "The school was planning a field trip.", "{p} made a plan for the day.", "Autumn had come and the leaves were falling."),
    EVAL: ("A cold wind was blowing.", "{p} is known for being patient.", "The market had just opened.", "{p} got up early that day.", "There was music in the street.", "{p} enjoys puzzles of all kinds.", "The shop was about to close.", "{p} had a free afternoon."),
}
MIDDLES = {
    TRAIN: ("This took a while.", "Everything went well.", "It was harder than it looked.", "Nobody had expected that.", "The weather stayed nice.", "Then it was time for a short rest.", "A neighbor watched all of it.", "All of this happened on the same day.", "There was no hurry."),
    EVAL: ("It was getting late.", "Everyone was pleased.", "The work was tiring."),
}


def decorate(s):
    """Perhaps an opening, perhaps a sentence in the middle; both without numbers."""
    if s.chance(0.16):
        opening = s.pick(*OPENINGS[s.split])
        known = "p" in s.values and not isinstance(s.values["p"], str) and s.values["p"].name in " ".join(s.sentences)
        if known or "{p" not in opening:
            s.sentences.insert(0, s.tidy_render(opening))
    if s.chance(0.07) and len(s.sentences) > 1:
        s.sentences.insert(s.draw(1, len(s.sentences) - 1), s.pick(*MIDDLES[s.split]))
