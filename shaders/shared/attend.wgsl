// Attention of QUERIES queries that share a KV head to a run of positions, by one workgroup, with an online softmax.
// Exponentials are to base 2: queries are scaled by log2(e) / sqrt(HEAD_DIM) when loaded.
// All of a workgroup must call `attend`. It leaves in workgroup memory, readable by all:
//   vectors[QUERIES, HEAD_DIM]: the sums of 2^(score - max) * value;  totals[QUERIES]: (max, sum of 2^(score - max))
// The kernel that imports this declares WG, QUERIES, UNROLL, the bindings q, page_table, keys and values, and
// query_at(span, g): where in q query g begins.
//
// With SUBGROUP, LANES neighbouring invocations (a team) hold one position's key, WORDS words each; teams take
// positions in turn and meet at the end. Without, an invocation scores four positions by itself and the tile's scores
// go through workgroup memory; then an invocation owns eight numbers of the sums. That form has few barriers and no
// exchange between lanes, so it also serves drivers that run on the CPU.
override HEAD_DIM: u32 = 64u;  // a multiple of 32
override PAGE: u32 = 16u;      // positions a page, a power of two
// All overrides stand before the arrays sized by them: naga 30 panics otherwise. Nor may they be computed here.
#ifdef SUBGROUP
override SG: u32 = 32u;    // subgroup size, a multiple of LANES
override LANES: u32 = 8u;  // HEAD_DIM / 8 / WORDS, a power of two
override TEAMS: u32 = 8u;  // WG / LANES
#else
override CHUNKS: u32 = 8u;  // HEAD_DIM / 8, at most WG
override SLICES: u32 = 8u;  // WG / CHUNKS
#endif
const LOWEST: f32 = -3e38;     // finite, so that differences are too

struct Span {
    table: u32,      // the branch's first entry in page_table
    kv_head: u32,
    kv_heads: u32,
    start: u32,      // positions start..end, not empty
    end: u32,
    q_first: u32,    // where query 0 is; the kernel's query_at tells where in q that and the others begin
    q_count: u32,    // queries that exist, 1..=QUERIES
    limit: u32,      // query g sees positions below limit + g * limit_step
    limit_step: u32,
    scale: f32,
}

var<workgroup> vectors: array<vec4<f32>, QUERIES * HEAD_DIM / 4u>;
var<workgroup> totals: array<vec2<f32>, QUERIES>;

// The first word of a position's head in keys and values.
fn kv_at(s: Span, position: u32) -> u32 {
    let page = page_table[s.table + position / PAGE];
    return ((page * s.kv_heads + s.kv_head) * PAGE + position % PAGE) * (HEAD_DIM / 8u);
}

fn low4(word: vec4<u32>) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(word.x), unpack2x16float(word.y));
}

fn high4(word: vec4<u32>) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(word.z), unpack2x16float(word.w));
}

#ifdef SUBGROUP
var<workgroup> ends: array<vec2<f32>, QUERIES * (WG / SG)>; // (max, sum) of each subgroup

fn attend(s: Span, lane: u32) {
    let member = lane % LANES;
    let team = lane / LANES;
    var query: array<vec4<f32>, 2u * WORDS * QUERIES>;
    var sums: array<vec4<f32>, 2u * WORDS * QUERIES>;
    var peak: array<f32, QUERIES>;
    var total: array<f32, QUERIES>;
    for (var g = 0u; g < QUERIES; g++) {
        let from_q = query_at(s, min(g, s.q_count - 1u));
        for (var w = 0u; w < WORDS; w++) {
            let i = from_q + (w * LANES + member) * 2u;
            query[(g * WORDS + w) * 2u] = q[i] * s.scale;
            query[(g * WORDS + w) * 2u + 1u] = q[i + 1u] * s.scale;
            sums[(g * WORDS + w) * 2u] = vec4<f32>();
            sums[(g * WORDS + w) * 2u + 1u] = vec4<f32>();
        }
        peak[g] = LOWEST;
        total[g] = 0.0;
    }
    for (var tile = s.start; tile < s.end; tile += TEAMS * UNROLL) {
        // All words are asked for before any is used.
        var key: array<vec4<u32>, WORDS * UNROLL>;
        var value: array<vec4<u32>, WORDS * UNROLL>;
        for (var u = 0u; u < UNROLL; u++) {
            let at = kv_at(s, min(tile + u * TEAMS + team, s.end - 1u)) + member;
            for (var w = 0u; w < WORDS; w++) {
                key[u * WORDS + w] = keys[at + w * LANES];
                value[u * WORDS + w] = values[at + w * LANES];
            }
        }
        var score: array<f32, QUERIES * UNROLL>;
        for (var u = 0u; u < UNROLL; u++) {
            for (var g = 0u; g < QUERIES; g++) {
                score[u * QUERIES + g] = 0.0;
            }
            for (var w = 0u; w < WORDS; w++) {
                let a = low4(key[u * WORDS + w]);
                let b = high4(key[u * WORDS + w]);
                for (var g = 0u; g < QUERIES; g++) {
                    let i = (g * WORDS + w) * 2u;
                    score[u * QUERIES + g] += dot(query[i], a) + dot(query[i + 1u], b);
                }
            }
        }
        for (var distance = 1u; distance < LANES; distance <<= 1u) {
            for (var i = 0u; i < QUERIES * UNROLL; i++) {
                score[i] += subgroupShuffleXor(score[i], distance);
            }
        }
        for (var g = 0u; g < QUERIES; g++) {
            let limit = min(s.end, s.limit + g * s.limit_step);
            var highest = peak[g];
            for (var u = 0u; u < UNROLL; u++) {
                let is_seen = tile + u * TEAMS + team < limit;
                score[u * QUERIES + g] = select(LOWEST, score[u * QUERIES + g], is_seen);
                highest = max(highest, score[u * QUERIES + g]);
            }
            let shrink = exp2(peak[g] - highest);
            peak[g] = highest;
            total[g] *= shrink;
            for (var i = 2u * WORDS * g; i < 2u * WORDS * (g + 1u); i++) {
                sums[i] *= shrink;
            }
            for (var u = 0u; u < UNROLL; u++) {
                let is_seen = tile + u * TEAMS + team < limit;
                let weight = select(0.0, exp2(score[u * QUERIES + g] - highest), is_seen);
                total[g] += weight;
                score[u * QUERIES + g] = weight;
            }
        }
        for (var u = 0u; u < UNROLL; u++) {
            for (var w = 0u; w < WORDS; w++) {
                let a = low4(value[u * WORDS + w]);
                let b = high4(value[u * WORDS + w]);
                for (var g = 0u; g < QUERIES; g++) {
                    let i = (g * WORDS + w) * 2u;
                    sums[i] += score[u * QUERIES + g] * a;
                    sums[i + 1u] += score[u * QUERIES + g] * b;
                }
            }
        }
    }
    // Teams of a subgroup meet by shuffles.
    for (var distance = LANES; distance < SG; distance <<= 1u) {
        for (var g = 0u; g < QUERIES; g++) {
            let highest = max(peak[g], subgroupShuffleXor(peak[g], distance));
            let shrink = exp2(peak[g] - highest);
            peak[g] = highest;
            total[g] *= shrink;
            total[g] += subgroupShuffleXor(total[g], distance);
            for (var i = 2u * WORDS * g; i < 2u * WORDS * (g + 1u); i++) {
                sums[i] *= shrink;
                sums[i] += subgroupShuffleXor(sums[i], distance);
            }
        }
    }
    // Subgroups meet in workgroup memory, one after another.
    let subgroup = lane / SG;
    if (lane % SG == 0u) {
        for (var g = 0u; g < QUERIES; g++) {
            ends[subgroup * QUERIES + g] = vec2<f32>(peak[g], total[g]);
        }
    }
    workgroupBarrier();
    for (var g = 0u; g < QUERIES; g++) {
        var highest = LOWEST;
        for (var i = 0u; i < WG / SG; i++) {
            highest = max(highest, ends[i * QUERIES + g].x);
        }
        let shrink = exp2(peak[g] - highest);
        for (var i = 2u * WORDS * g; i < 2u * WORDS * (g + 1u); i++) {
            sums[i] *= shrink;
        }
        if (lane == 0u) {
            var all = 0.0;
            for (var i = 0u; i < WG / SG; i++) {
                all += ends[i * QUERIES + g].y * exp2(ends[i * QUERIES + g].x - highest);
            }
            totals[g] = vec2<f32>(highest, all);
        }
    }
    for (var turn = 0u; turn < WG / SG; turn++) {
        if (turn == subgroup && lane % SG < LANES) {
            for (var g = 0u; g < QUERIES; g++) {
                for (var w = 0u; w < WORDS; w++) {
                    let at = g * (HEAD_DIM / 4u) + (w * LANES + member) * 2u;
                    let i = (g * WORDS + w) * 2u;
                    if (turn == 0u) {
                        vectors[at] = sums[i];
                        vectors[at + 1u] = sums[i + 1u];
                    } else {
                        vectors[at] += sums[i];
                        vectors[at + 1u] += sums[i + 1u];
                    }
                }
            }
        }
        workgroupBarrier();
    }
}
#else
var<workgroup> scores: array<vec4<f32>, QUERIES * WG>; // [QUERIES, WG, 4], then the weights made of them
var<workgroup> peaks: array<f32, WG>;                  // [WG/8, 8]: of a part of the tile, for each query

fn attend(s: Span, lane: u32) {
    for (var i = lane; i < QUERIES * (HEAD_DIM / 4u); i += WG) {
        let g = min(i / (HEAD_DIM / 4u), s.q_count - 1u);
        vectors[i] = q[query_at(s, g) + i % (HEAD_DIM / 4u)] * s.scale;
    }
    workgroupBarrier();
    let chunk = lane % CHUNKS;
    let slice = lane / CHUNKS;
    var low: array<vec4<f32>, QUERIES>;
    var high: array<vec4<f32>, QUERIES>;
    var peak: array<f32, QUERIES>;
    var total: array<f32, QUERIES>;
    for (var g = 0u; g < QUERIES; g++) {
        low[g] = vec4<f32>();
        high[g] = vec4<f32>();
        peak[g] = LOWEST;
        total[g] = 0.0;
    }
    // A tile is WG runs of four positions; a run lies in one page.
    for (var tile = s.start; tile < s.end; tile += 4u * WG) {
        let position = tile + lane * 4u;
        var dots: array<vec4<f32>, QUERIES>;
        for (var g = 0u; g < QUERIES; g++) {
            dots[g] = vec4<f32>();
        }
        if (position < s.end) {
            let at = kv_at(s, position);
            let step = min(vec3<u32>(1u, 2u, 3u), vec3<u32>(s.end - 1u - position)) * CHUNKS;
            for (var c = 0u; c < CHUNKS; c++) {
                let k0 = keys[at + c];
                let k1 = keys[at + step.x + c];
                let k2 = keys[at + step.y + c];
                let k3 = keys[at + step.z + c];
                for (var g = 0u; g < QUERIES; g++) {
                    let i = g * (HEAD_DIM / 4u) + 2u * c;
                    let a = vectors[i];
                    let b = vectors[i + 1u];
                    dots[g] += vec4<f32>(dot(a, low4(k0)), dot(a, low4(k1)), dot(a, low4(k2)), dot(a, low4(k3)))
                        + vec4<f32>(dot(b, high4(k0)), dot(b, high4(k1)), dot(b, high4(k2)), dot(b, high4(k3)));
                }
            }
        }
        let positions = vec4<u32>(position) + vec4<u32>(0u, 1u, 2u, 3u);
        for (var g = 0u; g < QUERIES; g++) {
            let limit = min(s.end, s.limit + g * s.limit_step);
            dots[g] = select(vec4<f32>(LOWEST), dots[g], positions < vec4<u32>(limit));
            scores[g * WG + lane] = dots[g];
        }
        workgroupBarrier();
        let mine = min(lane % 8u, QUERIES - 1u);
        var highest4 = vec4<f32>(LOWEST);
        for (var t = lane / 8u; t < WG; t += WG / 8u) {
            highest4 = max(highest4, scores[mine * WG + t]);
        }
        peaks[lane] = max(max(highest4.x, highest4.y), max(highest4.z, highest4.w));
        workgroupBarrier();
        for (var g = 0u; g < QUERIES; g++) {
            var highest = peak[g];
            for (var i = g; i < WG; i += 8u) {
                highest = max(highest, peaks[i]);
            }
            let shrink = exp2(peak[g] - highest);
            peak[g] = highest;
            total[g] *= shrink;
            low[g] *= shrink;
            high[g] *= shrink;
            scores[g * WG + lane] = select(vec4<f32>(), exp2(dots[g] - highest), dots[g] > vec4<f32>(LOWEST));
        }
        workgroupBarrier();
        if (slice < SLICES) {
            for (var t = slice; t < min(WG, (s.end - tile + 3u) / 4u); t += SLICES) {
                let first = tile + t * 4u;
                let at = kv_at(s, first) + chunk;
                // What lies past the end is not read: a weight of 0 would not hide a NaN.
                let step = min(vec3<u32>(1u, 2u, 3u), vec3<u32>(s.end - 1u - first)) * CHUNKS;
                let v0 = values[at];
                let v1 = values[at + step.x];
                let v2 = values[at + step.y];
                let v3 = values[at + step.z];
                for (var g = 0u; g < QUERIES; g++) {
                    let w = scores[g * WG + t];
                    total[g] += (w.x + w.y) + (w.z + w.w);
                    low[g] += w.x * low4(v0) + w.y * low4(v1) + w.z * low4(v2) + w.w * low4(v3);
                    high[g] += w.x * high4(v0) + w.y * high4(v1) + w.z * high4(v2) + w.w * high4(v3);
                }
            }
        }
        workgroupBarrier();
    }
    // Slices meet in workgroup memory, one after another. Queries are no longer needed there.
    for (var turn = 0u; turn < SLICES; turn++) {
        if (turn == slice) {
            for (var g = 0u; g < QUERIES; g++) {
                let at = g * (HEAD_DIM / 4u) + chunk * 2u;
                if (turn == 0u) {
                    vectors[at] = low[g];
                    vectors[at + 1u] = high[g];
                    if (chunk == 0u) {
                        totals[g] = vec2<f32>(peak[g], total[g]);
                    }
                } else {
                    vectors[at] += low[g];
                    vectors[at + 1u] += high[g];
                    if (chunk == 0u) {
                        totals[g].y += total[g];
                    }
                }
            }
        }
        workgroupBarrier();
    }
}
#endif
