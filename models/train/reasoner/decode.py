"""Batched decoding: rows whose response is over make room for the next prompt, and a step is one CUDA graph.

A slot holds one row's KV from its position 0 on, so nothing is padded before prompts; what lies behind a
row's position is masked, then overwritten.
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from .model import layer


@dataclass
class Request:
    """`ids`: prompt and what is forced; the adapter is on from index `adapter_from`, or nowhere where that is None.
    At most `limit` tokens are generated."""

    ids: list
    adapter_from: int | None
    limit: int
    tokens: list = field(default_factory=list)  # the result, an end-of-turn token included
    ended: bool = False  # by an end-of-turn token


class Decoder:
    def __init__(self, base, lora, end_of_turn, slots=1024, positions=768, sync_every=8, prefill_tokens=32768):
        self.base, self.lora, self.end = base, lora, end_of_turn
        self.slots, self.positions, self.sync_every, self.prefill_tokens = slots, positions, sync_every, prefill_tokens
        device = base.device
        self.kv = torch.zeros(base.layers, 2, slots, base.kv_heads, positions, base.head_dim, device=device, dtype=base.dtype)
        whole = lambda: torch.zeros(slots, dtype=torch.long, device=device)
        self.token, self.position, self.count, self.limit, self.over = whole(), whole(), whole(), whole(), whole().bool()
        self.output = torch.zeros(slots, positions, dtype=torch.long, device=device)
        self.factors = torch.zeros(lora.numbers, device=device, dtype=base.dtype)
        self.views = lora.views(self.factors)
        self.scale = torch.full((), lora.scale, device=device, dtype=base.dtype)
        self.temperature = torch.ones((), device=device)
        self.every = torch.arange(slots, device=device)
        self.reach = torch.arange(positions, device=device)
        self.graphs, self.pool = {}, None
        self.generated = 0

    def adapter(self, flat):
        self.factors.copy_(flat)

    def choose(self, logits, sampled):
        if not sampled:
            return logits.argmax(-1)
        weights = torch.softmax(logits.float() / self.temperature, -1)
        return (weights / torch.empty_like(weights).exponential_()).argmax(-1)

    def record(self, rows, logits, sampled):
        """Appends each live row's next token."""
        chosen = self.choose(logits, sampled)
        over, count = self.over[:rows], self.count[:rows]
        live = ~over
        at = count.clamp(max=self.positions - 1)[:, None]
        before = self.output[:rows].gather(1, at)[:, 0]
        self.output[:rows].scatter_(1, at, torch.where(live, chosen, before)[:, None])
        count.add_(live)
        over.logical_or_((chosen == self.end) | (count >= self.limit[:rows]))
        self.token[:rows].copy_(chosen)

    def step(self, rows, reach, adapted, sampled):
        """One token of rows [0, rows), whose positions are all below `reach`."""
        base = self.base
        position = self.position[:rows]
        cos, sin = base.cos[position][:, None, None], base.sin[position][:, None, None]
        mask = (self.reach[:reach] <= position[:, None])[:, None, None]
        every = self.every[:rows]
        group = base.heads // base.kv_heads
        h = F.embedding(self.token[:rows], base.embedding)[:, None]
        for i, weights in enumerate(base.weights):
            keys, values = self.kv[i, 0, :rows], self.kv[i, 1, :rows]

            def attend(q, k, v):
                keys[every, :, position] = k[:, :, 0]
                values[every, :, position] = v[:, :, 0]
                # The queries of a group share keys: they stand as positions of one head.
                grouped = q.reshape(rows, base.kv_heads, group, base.head_dim)
                o = F.scaled_dot_product_attention(grouped, keys[:, :, :reach], values[:, :, :reach], attn_mask=mask)
                return o.reshape(rows, base.heads, 1, base.head_dim)

            h = layer(h, weights, self.views[i] if adapted else None, self.scale, cos, sin, attend, base.heads, base.kv_heads, base.eps)
        logits = base.logits(F.rms_norm(h[:, 0], (base.hidden,), base.norm, base.eps))
        # Before the token: a row that ends with it stays where it is, and writes that place again and again.
        position.add_(~self.over[:rows])
        self.record(rows, logits, sampled)

    def run_step(self, *key):
        if self.base.device.type != "cuda":
            return self.step(*key)
        if key not in self.graphs:
            self.graphs[key] = self.capture(key)
        self.graphs[key].replay()

    def capture(self, key):
        """The step as a graph. It runs for warming up, so the rows' state is put back; the KV it writes lies at
        places that the next step writes again."""
        state = [t.clone() for t in (self.token, self.position, self.count, self.over, self.output)]
        put_back = lambda: [t.copy_(s) for t, s in zip((self.token, self.position, self.count, self.over, self.output), state)]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(2):
                self.step(*key)
                put_back()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self.pool):
            self.step(*key)
        self.pool = self.pool or graph.pool()
        return graph

    def prefill(self, slots, requests, sampled):
        """Runs the requests' ids in as few batches as fit, writes their KV to `slots`, and takes each one's first token."""
        base = self.base
        order = sorted(range(len(slots)), key=lambda i: len(requests[i].ids))
        while order:
            take, longest = [], 0
            while order:
                longest_then = -(-len(requests[order[0]].ids) // 16) * 16
                if take and longest_then * (len(take) + 1) > self.prefill_tokens:
                    break
                longest = longest_then
                take.append(order.pop(0))
            self.prefill_batch([slots[i] for i in take], [requests[i] for i in take], longest, sampled)

    def prefill_batch(self, slots, requests, length, sampled):
        base = self.base
        ids = torch.zeros(len(slots), length, dtype=torch.long)
        mask = torch.zeros(len(slots), length, 1)
        for row, request in enumerate(requests):
            ids[row, : len(request.ids)] = torch.tensor(request.ids)
            if request.adapter_from is not None:
                mask[row, request.adapter_from :] = self.lora.scale
        adapted = any(request.adapter_from is not None for request in requests)
        to = lambda t, dtype=None: t.to(base.device, dtype)
        ids, mask, where = to(ids), to(mask, base.dtype), to(torch.tensor(slots))
        lengths = to(torch.tensor([len(request.ids) for request in requests]))
        cos, sin = base.cos[:length, None], base.sin[:length, None]
        h = F.embedding(ids, base.embedding)
        for i, weights in enumerate(base.weights):

            def attend(q, k, v):
                self.kv[i, 0, where, :, :length] = k
                self.kv[i, 1, where, :, :length] = v
                return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)

            h = layer(h, weights, self.views[i] if adapted else None, mask, cos, sin, attend, base.heads, base.kv_heads, base.eps)
        h = h[torch.arange(len(slots), device=base.device), lengths - 1]
        logits = base.logits(F.rms_norm(h, (base.hidden,), base.norm, base.eps))
        chosen = self.choose(logits, sampled)
        self.output[where, 0] = chosen
        self.token[where] = chosen
        self.position[where] = lengths
        self.count[where] = 1
        self.limit[where] = to(torch.tensor([request.limit for request in requests]))
        self.over[where] = (chosen == self.end) | (self.limit[where] <= 1)

    @torch.no_grad()
    def generate(self, requests, temperature=0.0, seed=0):
        """Fills in the requests' `tokens` and `ended`, and returns them. All or none of the requests use the adapter."""
        todo = [request for request in requests if request.limit > 0]
        adapted = {request.adapter_from is not None for request in todo}
        if len(adapted) > 1:
            raise ValueError("requests with and without the adapter cannot share a batch")
        if any(len(request.ids) + request.limit > self.positions for request in todo):
            raise ValueError(f"a request is longer than the {self.positions} positions of a slot")
        adapted, sampled = adapted == {True}, temperature > 0
        torch.manual_seed(seed)
        self.temperature.fill_(temperature if sampled else 1.0)
        rows = min(self.slots, 1 << max(4, (len(todo) - 1).bit_length()))
        self.over[:rows] = True
        waiting = list(reversed(todo))
        running = {}  # slot -> request, and its position as far as the host knows
        while waiting or running:
            free = [slot for slot in range(rows) if slot not in running][: len(waiting)]
            # New rows come in groups, so that prefills are batches.
            if free and (len(free) >= rows // 16 or len(free) == len(waiting) or not running):
                new = [waiting.pop() for _ in free]
                self.prefill(free, new, sampled)
                running.update({slot: [request, len(request.ids)] for slot, request in zip(free, new)})
            furthest = max(position for _, position in running.values()) + self.sync_every
            reach = min(self.positions, -(-furthest // 128) * 128)
            for _ in range(self.sync_every):
                self.run_step(rows, reach, adapted, sampled)
            for state in running.values():
                state[1] += self.sync_every
            self.collect(running, rows)
        return requests

    def collect(self, running, rows):
        """Takes finished rows out of `running`, their tokens to their requests."""
        over = self.over[:rows].cpu()
        done = [slot for slot in running if over[slot]]
        if not done:
            return
        where = torch.tensor(done, device=self.base.device)
        counts = self.count[where].cpu().tolist()
        outputs = self.output[where][:, : max(counts)].cpu()
        for row, slot in enumerate(done):
            request, _ = running.pop(slot)
            request.tokens = outputs[row, : counts[row]].tolist()
            request.ended = request.tokens[-1] == self.end
            self.generated += counts[row]
