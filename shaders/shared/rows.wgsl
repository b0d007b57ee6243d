// A step's rows, one vec4<u32> each: (token, position, branch, adapter), written by the CPU before a step.
//   token:    an id, or TOKEN_SAMPLED | slot: the id that the GPU sampled into `sampled[slot]`
//   position: 0-based place in the branch, or ROW_UNUSED where a step has fewer rows than its class
//   branch:   which row of the page table
//   adapter:  0 = base
const TOKEN_SAMPLED: u32 = 0x80000000u;
const ROW_UNUSED: u32 = 0xffffffffu;
