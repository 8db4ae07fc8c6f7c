# The flags for the Worker's modules, the page's core and the bench's steps; their builds source this file.

# Small and frequently used functions are inlined as usual; large ones are not inlined into each of their callers. bench/SIZE.md
# says what this saves and costs. For code that answers requests: the gate, and the bench that measures it.
inline_little="-Cllvm-args=-inline-threshold=25"

# Functions that stay separate, sorted by name, compress better.
wasm_opt_first=(--one-caller-inline-max-function-size=20 --reorder-functions-by-name)

# Afterwards: remove what no engine needs, and enable what every current engine supports.
wasm_opt_then=(--strip-debug --strip-producers --enable-bulk-memory --enable-mutable-globals --enable-sign-ext
  --enable-nontrapping-float-to-int --enable-multivalue --enable-reference-types)
