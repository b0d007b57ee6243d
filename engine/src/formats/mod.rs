//! Model files: GGUF, and the quantized blocks inside them.
