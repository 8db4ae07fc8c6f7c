// Whom the module tells that it has broken down.
let listener = () => {};

export function listen(toWhom) {
  listener = toWhom;
}

export function brokenDown() {
  listener();
}
