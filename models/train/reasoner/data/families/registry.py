"""All families by name, with their weights. A family is a function that writes one whole problem into a story."""

FAMILIES, HELD_OUT = {}, {}


def family(weight=1.0, held_out=False, group="composed"):
    """Registers a family. Held-out ones are for evaluation alone."""
    def register(write):
        (HELD_OUT if held_out else FAMILIES)[write.__name__] = (write, weight, group)
        return write

    return register
