// What a step reads with probes, two vec4<u32> a slot, written by the CPU before it:
//   (first row, rows, positions before, is last): rows of the step that are pooled, 0 = the slot is unused; how many
//     positions were pooled in steps before; 1 where the probe's number is made of what is pooled then
//   (chunk, ema, weights, units): positions a chunk; the factor as bits; where the probe begins, in vec4s; rows of W1
