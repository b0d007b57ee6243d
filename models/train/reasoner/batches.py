"""Batches of token sequences, packed: one behind the other in a fixed number of positions, so that every step has one
shape and nothing is padded but a batch's end.

N positions of a batch, S places for sequences.
"""

from dataclasses import dataclass, fields

import numpy as np
import torch

LONGEST = 768  # positions of a sequence at most
SHORTEST = 64  # on the average of a batch: N / SHORTEST sequences at most


@dataclass
class Batch:
    """Arrays on the host, or tensors on the device."""

    ids: np.ndarray  # [N]
    positions: np.ndarray  # [N], each sequence from 0 on
    starts: np.ndarray  # [S + 1], int32: where sequences begin; places without one have no length
    mask: np.ndarray  # [N, 1]: the LoRA's scale, 0 where it is off
    targets: np.ndarray  # [N]: the next token where it counts, -1 elsewhere
    weights: np.ndarray  # [N]: what a target weighs

    def to(self, base):
        """The same on the base's device; mask in its dtype."""
        tensors = {f.name: torch.from_numpy(getattr(self, f.name)) for f in fields(self)}
        if base.device.type == "cuda":
            tensors = {name: tensor.pin_memory() for name, tensor in tensors.items()}
        dtypes = {"mask": base.dtype}
        return Batch(**{name: tensor.to(base.device, dtypes.get(name), non_blocking=True) for name, tensor in tensors.items()})

    def copy_(self, other):
        for f in fields(self):
            getattr(self, f.name).copy_(getattr(other, f.name))


def fill(lengths, indices, positions):
    """Lists of indices, each of at most `positions` positions in all, in the order given."""
    batches, room = [], 0
    for i in indices:
        if not batches or lengths[i] > room or len(batches[-1]) == positions // SHORTEST:
            batches.append([])
            room = positions
        batches[-1].append(int(i))
        room -= int(lengths[i])
    return batches


def order(lengths, positions, seed):
    """Endless batches of shuffled indices."""
    random = np.random.default_rng(seed)
    while True:
        yield from fill(lengths, random.permutation(len(lengths)), positions)


def pack(sequences, positions, scale, adapter_from, adapter_to=None, loss_from=None, weights=None):
    """Sequence i has the adapter on in [adapter_from[i], adapter_to[i]), its loss on tokens from index loss_from[i] on,
    each of weight weights[i] (1 where None)."""
    places = positions // SHORTEST
    batch = Batch(np.zeros(positions, np.int64), np.zeros(positions, np.int64), np.full(places + positions // LONGEST + 2, positions, np.int32),
                  np.zeros((positions, 1), np.float32), np.full(positions, -1, np.int64), np.zeros(positions, np.float32))  # fmt: skip
    at = 0
    for i, sequence in enumerate(sequences):
        end = at + len(sequence)
        if end > positions or len(sequence) > LONGEST or i >= places:
            raise ValueError(f"{len(sequences)} sequences of {sum(map(len, sequences))} tokens, one of {len(sequence)}: too many for {positions} positions")
        batch.starts[i] = at
        batch.ids[at:end] = sequence
        batch.positions[at:end] = np.arange(len(sequence))
        batch.mask[at + adapter_from[i] : end if adapter_to is None else at + adapter_to[i]] = scale
        if loss_from is not None:
            batch.targets[at + loss_from[i] - 1 : end - 1] = sequence[loss_from[i] :]
            batch.weights[at + loss_from[i] - 1 : end - 1] = 1 if weights is None else weights[i]
        at = end
    # The rest is sequences too, of no meaning, since attention computes LONGEST positions of each at most.
    for place in range(len(sequences), len(batch.starts)):
        batch.starts[place] = at
        filler = min(LONGEST, positions - at)
        batch.positions[at : at + filler] = np.arange(filler)
        at += filler
    return batch
