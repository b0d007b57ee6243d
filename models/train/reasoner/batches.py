"""Batches of token sequences: of like length, padded behind, with the LoRA's mask and the targets."""

import numpy as np
import torch

ROUND = 32  # lengths are rounded up to a multiple: fewer shapes
POOL = 8192  # sequences sorted by length together


def order(lengths, tokens, seed):
    """Endless index lists; each batch holds at most `tokens` positions, its padding included."""
    random = np.random.default_rng(seed)
    while True:
        drawn = random.permutation(len(lengths))
        for start in range(0, len(drawn), POOL):
            yield from pool_order(lengths, drawn[start : start + POOL], tokens, random)


def pool_order(lengths, indices, tokens, random=None):
    """The batches of some sequences, in random order where `random` is given."""
    indices = indices[np.argsort(lengths[indices], kind="stable")]
    batches, current = [], []
    for i in indices:
        padded = -(-int(lengths[i]) // ROUND) * ROUND
        if current and padded * (len(current) + 1) > tokens:
            batches.append(current)
            current = []
        current.append(int(i))
    if current:
        batches.append(current)
    if random is not None:
        random.shuffle(batches)
    return batches


def collate(sequences, adapter_from, loss_from, scale):
    """ids [B, T], mask [B, T, 1], and targets [B, T]: the next token where it counts, -1 elsewhere.

    Sequence i has the adapter on from index `adapter_from[i]`, and its loss on tokens from index `loss_from[i]`.
    """
    rows, length = len(sequences), -(-max(map(len, sequences)) // ROUND) * ROUND
    ids = np.zeros((rows, length), np.int64)
    mask = np.zeros((rows, length, 1), np.float32)
    targets = np.full((rows, length), -1, np.int64)
    for row, (sequence, on, loss) in enumerate(zip(sequences, adapter_from, loss_from)):
        ids[row, : len(sequence)] = sequence
        mask[row, on : len(sequence)] = scale
        targets[row, loss - 1 : len(sequence) - 1] = sequence[loss:]
    return ids, mask, targets


def to(device, array, dtype=None):
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, dtype, non_blocking=True)


def head_loss(base, hidden, loss, chunk=8192):
    """Sums `loss(logits, slice)` over chunks of hidden states [N, D], so that few logits exist at a time, and runs the
    backward pass. Returns the sum."""
    cut, total = hidden.detach().requires_grad_(), 0.0
    for start in range(0, len(cut), chunk):
        part = slice(start, min(len(cut), start + chunk))
        value = loss(base.logits(cut[part]).float(), part)
        value.backward()
        total = total + value.detach()
    hidden.backward(cut.grad)
    return total
