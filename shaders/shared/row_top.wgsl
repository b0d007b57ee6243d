// The row's top from its chunks' (binding `partials`, [rows, chunks]). All of the workgroup must call, once a kernel.
fn row_top(row: u32, cooling: f32, lane: u32) -> Top {
    var mine = Top(0u, NONE, 0.0, 0.0);
    for (var i = lane; i < params.chunks; i += WG) {
        mine = top_join(mine, top_unpack(partials[row * params.chunks + i]), cooling);
    }
    return workgroup_top(mine, cooling, lane);
}
