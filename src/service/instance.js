// The listener that the module calls when it has broken down.
let listener = () => {};

export function listen(toWhom) {
  listener = toWhom;
}

export function brokenDown() {
  listener();
}
