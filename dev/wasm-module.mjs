// A WebAssembly module as bytes: how to read its parts, and how to replace sections. For the programs beside this one.

export const [IMPORT, EXPORT, CODE, DATA] = [2, 7, 10, 11];

// The kind of an import or export that is a function.
export const FUNCTION = 0;

// The part of the section `name` that has the names of functions.
export const FUNCTION_NAMES = 1;

// Reads the parts of a module one after the other.
export class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    Object.assign(this, { bytes, at, end });
  }

  get isAtEnd() {
    return this.at >= this.end;
  }

  byte() {
    return this.bytes[this.at++];
  }

  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        return value;
      }
    }
  }

  text() {
    const length = this.number();
    this.at += length;
    return Buffer.from(this.bytes.subarray(this.at - length, this.at)).toString();
  }

  // What `read` returns for each of a counted list.
  list(read) {
    return Array.from({ length: this.number() }, read);
  }

  // The parts with a number and a length each, of which sections and their subsections consist.
  *parts() {
    while (!this.isAtEnd) {
      const id = this.byte();
      const length = this.number();
      yield { id, content: new Reader(this.bytes, this.at, this.at + length) };
      this.at += length;
    }
  }
}

// A number as a module has it.
export function encoded(number) {
  const bytes = [];
  for (let rest = number; ; rest >>>= 7) {
    if (rest < 0x80) {
      return Buffer.from([...bytes, rest]);
    }
    bytes.push((rest & 0x7f) | 0x80);
  }
}

// A text as a module has it.
export function encodedText(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([encoded(bytes.length), bytes]);
}

// The imports of a section: module, name, kind, and the bytes that say the type, which follow the kind.
export function importsOf(section) {
  const limits = () => {
    const flags = section.byte();
    section.number();
    return (flags & 1) === 0 || section.number();
  };
  // Functions, tables, memories, globals, tags.
  const skip = [() => section.number(), () => section.byte() && limits(), limits, () => section.number() + section.byte(), () => section.number() + section.number()];
  return section.list(() => {
    const [module, name] = [section.text(), section.text()];
    const begin = section.at;
    const kind = section.byte();
    skip[kind]();
    return { module, name, kind, rest: section.bytes.subarray(begin, section.at) };
  });
}

// The exports of a section.
export function exportsOf(section) {
  return section.list(() => ({ name: section.text(), kind: section.byte(), index: section.number() }));
}

// The module with other sections: `replace(id, name, content)` returns the content of a section, or `undefined` to remove it.
export function rewritten(bytes, replace) {
  const kept = [bytes.subarray(0, 8)];
  for (const { id, content } of new Reader(bytes, 8).parts()) {
    const whole = bytes.subarray(content.at, content.end);
    const replaced = replace(id, id === 0 ? content.text() : "", whole);
    if (replaced !== undefined) {
      kept.push(Buffer.from([id]), encoded(replaced.length), replaced);
    }
  }
  return Buffer.concat(kept);
}
