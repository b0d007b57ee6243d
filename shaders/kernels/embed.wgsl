// x[row] = embedding of the row's token, one workgroup a row. A table split by rows is one dispatch a slice:
// each writes the rows whose token lies in its slice.
override WG: u32 = 64u;

struct Params {
    width: u32,       // K, a multiple of 32
    first_token: u32, // the slice's first row of the table
    tokens: u32,      // the slice's rows
}
@group(0) @binding(0) var<uniform> params: Params;
#ifdef TEXTURE
#import weights_texture
#else
#import weights
#endif
@group(0) @binding(3) var<storage, read> rows: array<vec4<u32>>;      // [rows] see shared/rows.wgsl
@group(0) @binding(4) var<storage, read> sampled: array<u32>;         // [slots] tokens the GPU chose
@group(0) @binding(5) var<storage, read_write> x: array<vec4<f32>>;   // [rows, K]
#import rows

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    var token = rows[group.x].x;
    if ((token & TOKEN_SAMPLED) != 0u) {
        token = sampled[token & ~TOKEN_SAMPLED];
    }
    let row = token - params.first_token;
    if (row >= params.tokens) {
        return;
    }
    let width4 = params.width / 4u;
    for (var i = lane; i < width4; i += WG) {
#ifdef TEXTURE
        x[group.x * width4 + i] = texture_weight4(row, params.width / 32u, i);
#else
        x[group.x * width4 + i] = weight4(row * (params.width / 32u), i);
#endif
    }
}
