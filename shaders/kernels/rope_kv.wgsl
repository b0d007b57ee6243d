// Rotates a step's queries and keys by their positions and writes keys and values into their pages as halves.
// An invocation takes eight numbers of one head. Rows that are ROW_UNUSED write nothing.
// Pairs are (i, i + ROTARY/2); with INTERLEAVED (2i, 2i + 1). Numbers past ROTARY pass through.
// With GAINS, what adapters add to qkv is added first.
override WG: u32 = 64u;
override HEAD_DIM: u32 = 64u;  // a multiple of 32
override ROTARY: u32 = 64u;    // a multiple of 8, at most HEAD_DIM
override PAGE: u32 = 16u;      // positions a page, a power of two

struct Params {
    heads: u32,
    kv_heads: u32,
    table_stride: u32, // logical pages of a branch
#ifdef GAINS
    gains: u32,        // the vec4 of qkv where they begin
#endif
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<vec4<u32>>;         // [rows] see shared/rows.wgsl
@group(0) @binding(2) var<storage, read> qkv: array<vec4<f32>>;          // [rows, heads + 2 kv_heads, HEAD_DIM], then gains
@group(0) @binding(3) var<storage, read> page_table: array<u32>;         // [branches, table_stride]
@group(0) @binding(4) var<storage, read> turns: array<vec2<u32>>;        // [ROTARY/2] see shared/turns.wgsl
@group(0) @binding(5) var<storage, read_write> q: array<vec4<f32>>;      // [rows, heads, HEAD_DIM]
@group(0) @binding(6) var<storage, read_write> keys: array<vec2<u32>>;   // [pages, kv_heads, PAGE, HEAD_DIM] halves
@group(0) @binding(7) var<storage, read_write> values: array<vec2<u32>>; // [pages, kv_heads, PAGE, HEAD_DIM] halves
#import rows
#import turns

fn halves(a: vec4<f32>) -> vec2<u32> {
    return vec2<u32>(pack2x16float(a.xy), pack2x16float(a.zw));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.y;
    let position = rows[row].y;
    let unit = group.x * WG + lane;
    let heads = params.heads + 2u * params.kv_heads;
    let head = unit / (HEAD_DIM / 8u);
    if (position == ROW_UNUSED || head >= heads) {
        return;
    }
    let chunk = unit % (HEAD_DIM / 8u);
    let is_rotated = head < params.heads + params.kv_heads && chunk < ROTARY / 8u;
    // Where the two vec4 lie in the head.
    var first = chunk * 2u;
    var second = chunk * 2u + 1u;
#ifndef INTERLEAVED
    if (is_rotated) {
        first = chunk;
        second = chunk + ROTARY / 8u;
    }
#endif
    let from_qkv = (row * heads + head) * (HEAD_DIM / 4u);
    var a = qkv[from_qkv + first];
    var b = qkv[from_qkv + second];
#ifdef GAINS
    a += qkv[params.gains + from_qkv + first];
    b += qkv[params.gains + from_qkv + second];
#endif
    if (is_rotated) {
        let i = chunk * 4u;
        let r = rotation(position, turns[i], turns[i + 1u], turns[i + 2u], turns[i + 3u]);
#ifdef INTERLEAVED
        let x = vec4<f32>(a.xz, b.xz);
        let y = vec4<f32>(a.yw, b.yw);
        let u = x * r.cos - y * r.sin;
        let v = y * r.cos + x * r.sin;
        a = vec4<f32>(u.x, v.x, u.y, v.y);
        b = vec4<f32>(u.z, v.z, u.w, v.w);
#else
        let u = a * r.cos - b * r.sin;
        b = b * r.cos + a * r.sin;
        a = u;
#endif
    }
    if (head < params.heads) {
        let at = (row * params.heads + head) * (HEAD_DIM / 4u);
        q[at + first] = a;
        q[at + second] = b;
        return;
    }
    let page = page_table[rows[row].z * params.table_stride + position / PAGE];
    let kv_head = (head - params.heads) % params.kv_heads;
    let at = ((page * params.kv_heads + kv_head) * PAGE + position % PAGE) * (HEAD_DIM / 4u);
    if (head < params.heads + params.kv_heads) {
        keys[at + first] = halves(a);
        keys[at + second] = halves(b);
    } else {
        values[at + first] = halves(a);
        values[at + second] = halves(b);
    }
}
