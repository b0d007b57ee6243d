// Integer activations lie in blocks of eight groups of 32, counted from the first row's first: part by part, 16 bytes of
// each of the eight. Invocations that read the same part of neighbouring groups then read neighbouring bytes.
//   int8:  2 parts: numbers 0..16, 16..32
//   int16: 4 parts: the high bytes of 0..16 and of 16..32, then their low bytes
// Where a part of a group lies, in vec4s.
fn group_part(group: u32, part: u32, parts: u32) -> u32 {
    return (group & ~7u) * parts + part * 8u + (group & 7u);
}
