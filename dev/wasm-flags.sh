# The flags and the last step for the Worker's modules, the page's core and the bench's steps; their builds source this file.

# Small and frequently used functions are inlined as usual; large ones are not inlined into each of their callers. bench/SIZE.md
# says what this saves and costs. For code that answers requests: the gate, and the bench that measures it.
inline_little="-Cllvm-args=-inline-threshold=25"

# The linker says what refers to what: dev/trap-on-panic.mjs needs that.
keep_relocations=-Clink-arg=--emit-relocs

# Every current engine has these. An engine has no use for names.
wasm_features=(--enable-bulk-memory --enable-mutable-globals --enable-sign-ext --enable-nontrapping-float-to-int --enable-multivalue
  --enable-reference-types --enable-simd --enable-exception-handling)
wasm_without=(--strip-debug --strip-producers --strip-target-features)

# optimize MODULE LEVEL [WASM_OPT_OPTION...]. Functions that stay separate compress better, and better still in the order that
# dev/sort-functions.mjs gives them. The last step only sorts and writes them.
optimize() {
  local module=$1 level=$2
  shift 2
  wasm-opt "$level" --one-caller-inline-max-function-size=20 "${wasm_features[@]}" --no-stack-ir -g "$module" -o "$module"
  node dev/sort-functions.mjs "$module"
  wasm-opt --reorder-functions-by-name --optimize-level=3 "${wasm_features[@]}" "$@" "${wasm_without[@]}" "$module" -o "$module"
}
