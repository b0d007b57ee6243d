// What decoding rows share, one vec4<u32> a tile, written by the CPU before a step: (branch, length, rows, which).
//   branch: a branch that has the shared pages, a row of the page table
//   length: the positions 0..length are shared, whole pages
//   rows:   how many rows share them, at most 8; 0 = the tile is unused
//   which:  their places among the decoding rows, four bits each, the first in the lowest
// Each row attends to the rest, from its start on, in attention_decode.

// The row, counted among the decoding ones, of a tile's query, when `group` heads share a KV head.
fn tile_row(tile: vec4<u32>, query: u32, group: u32) -> u32 {
    return (tile.w >> (query / group * 4u)) & 15u;
}
