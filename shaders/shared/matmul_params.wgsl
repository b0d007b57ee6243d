// What a product y = x * W^T of many rows is told.
struct Params {
    width: u32,   // K, a multiple of 32
    outputs: u32, // N, rows of W
    rows: u32,    // of x and y
    stride: u32,  // numbers in a row of y; more than N where W is a slice of a larger matrix
    first: u32,   // where in a row of y the outputs begin
}
@group(0) @binding(0) var<uniform> params: Params;
