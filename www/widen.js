// An attack on a narrowed token: what its holder can do to remove a restriction, short of breaking HMAC-SHA-256.

/** The token without its last restriction, with the old tag and a correct checksum. `fields` are those of its inspection. */
export function withoutLastRestriction(token, fields) {
  const prefix = token.slice(0, token.indexOf("_") + 1);
  const bytes = Uint8Array.from(atob(token.slice(prefix.length).replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  const { start, end } = fields.findLast((field) => field.name === "restriction");
  const shorter = new Uint8Array(bytes.length - (end - start));
  shorter.set(bytes.subarray(0, start));
  shorter.set(bytes.subarray(end), start);
  const checksum = shorter.length - 4;
  new DataView(shorter.buffer).setUint32(checksum, crc32(shorter.subarray(0, checksum)));
  return prefix + btoa(String.fromCharCode(...shorter)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** CRC-32 as zlib computes it. */
function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
