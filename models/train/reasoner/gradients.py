"""Gradients of a loss over packed batches of one shape; on a GPU a whole step is one CUDA graph."""

import torch

from .model import packed_layer


class Gradients:
    """`loss(logits, part)`: the sum over positions [N'] of a batch, those of the slice `part`, from their logits
    [N', vocab] in f32; it reads the targets and weights from `self.batch`.

    `prepare()` runs before it in each step, for what a loss needs besides. `compiled`: a layer's small operations are
    fused, on a GPU.
    """

    def __init__(self, base, lora, flat, loss, compiled, prepare=None, chunk=4096):
        self.layer = torch.compile(packed_layer, dynamic=False) if compiled and base.device.type == "cuda" else packed_layer
        self.base, self.lora, self.flat, self.loss, self.prepare, self.chunk = base, lora, flat, loss, prepare, chunk
        flat.grad = torch.zeros_like(flat)
        self.batch, self.graph, self.total = None, None, torch.zeros((), device=base.device)

    def add(self, batch):
        """Adds a batch's gradients to `flat.grad` and its loss to `total`."""
        batch = batch.to(self.base)
        if self.base.device.type != "cuda":
            self.batch = batch
            return self.step()
        if self.graph is None:
            self.batch = batch
            self.capture()
        self.batch.copy_(batch)
        self.graph.replay()

    def clear(self):
        self.flat.grad.zero_()
        self.total.zero_()

    def step(self):
        if self.prepare:
            self.prepare()
        hidden = self.base.hidden_states(self.batch, self.lora.views(self.flat.to(self.base.dtype)), self.layer)
        # In parts, so that few logits exist at a time.
        cut = hidden.detach().requires_grad_()
        for start in range(0, len(cut), self.chunk):
            part = slice(start, min(len(cut), start + self.chunk))
            value = self.loss(self.base.logits(cut[part]).float(), part)
            value.backward()
            self.total += value.detach()
        hidden.backward(cut.grad)

    def capture(self):
        gradient, total = self.flat.grad.clone(), self.total.clone()
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(2):
                self.step()
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.step()
        self.flat.grad.copy_(gradient)
        self.total.copy_(total)
