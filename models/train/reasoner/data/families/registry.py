"""All families by what they are for and by name, with their weights. A family is a function that writes one whole problem into a story."""

TRAINED, JUDGED, HELD_OUT = "trained", "judged", "held out"
# Judged families are for the verifier alone: it learns from what is as new to the reasoner as a user's problems are.
# Held-out ones are for evaluation alone.
FAMILIES = {TRAINED: {}, JUDGED: {}, HELD_OUT: {}}


def family(weight=1.0, use=TRAINED, group="composed"):
    """Registers a family."""
    def register(write):
        FAMILIES[use][write.__name__] = (write, weight, group)
        return write

    return register
