# What the Worker's modules, the page's core and the bench's steps are built with; sourced by their builds.

# What is small or used often is inlined, as without this: what is large is not, into each of its callers. bench/SIZE.md says
# what it saves and costs. For what answers requests: the gate, and the bench that measures it.
inline_little="-Cllvm-args=-inline-threshold=25"

# Functions that stay apart, and stand in the order of their names, compress better.
wasm_opt_first=(--one-caller-inline-max-function-size=20 --reorder-functions-by-name)

# Afterwards: what no engine needs, and what every engine of today has.
wasm_opt_then=(--strip-debug --strip-producers --enable-bulk-memory --enable-mutable-globals --enable-sign-ext
  --enable-nontrapping-float-to-int --enable-multivalue --enable-reference-types)
