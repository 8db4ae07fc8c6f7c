// The JavaScript side of the bridge. It does what the request path needs of the platform in few calls, each with its texts
// joined, because every call and every separate text costs more than the work itself. It decides about no request.

import { hold } from "./long_lived.js";

const SEPARATOR = "\x1f";

// The separator between facts that are passed as one text.
const FACT_SEPARATOR = "\x1e";

// Texts go to Rust as bytes: what is generated for texts writes them byte by byte in JavaScript, which takes longer than the
// rest until the engine has compiled it.
const encoder = new TextEncoder();

// The bytes of a text for which there was no room.
let kept;

// Writes a text to a place in the module's memory, and returns how many bytes it takes. If there is no room for all of them, they
// are kept for `takeKept`.
function write(text, place) {
  const { read, written } = encoder.encodeInto(text, place);
  if (read === text.length) {
    return written;
  }
  kept = encoder.encode(text);
  return kept.byteLength;
}

export function takeKept(place) {
  place.set(kept);
  kept = undefined;
}

// Method, URL, facts, `X-Api-Key` behind a mark where it is there, and `Authorization`, where that is, which alone might hold a
// separator. The facts are asked for where they can matter: of requests that have a body or may have one, and of credentials that
// a browser may have added.
export function take(request, place) {
  const { method, headers } = request;
  const authorization = headers.get("Authorization");
  const isPlainRead = (method === "GET" || method === "HEAD") && request.body === null;
  const facts = isPlainRead && !isBasic(authorization) ? "" : takeFacts(request, isPlainRead);
  const { url } = request;
  // The platform refuses URLs with control characters. If one arrived nevertheless, it must not be taken for facts.
  const plainUrl = url.includes(SEPARATOR) ? url.replaceAll(SEPARATOR, "%1F") : url;
  const taken = method + SEPARATOR + plainUrl + SEPARATOR + facts;
  const apiKey = headers.get("X-Api-Key");
  const key = apiKey === null ? "" : "=" + apiKey.replaceAll(SEPARATOR, "\x7f");
  return write(taken + SEPARATOR + key + (authorization === null ? "" : SEPARATOR + authorization), place);
}

// Whether it might be Basic: no other allowed scheme has an "a" there.
function isBasic(authorization) {
  return authorization !== null && (authorization.charCodeAt(1) | 32) === 97;
}

const FACTS = [
  "Content-Type", "Content-Encoding", "Sec-Fetch-Site", "Origin",
  "Access-Control-Request-Method", "Access-Control-Request-Headers", "Upgrade",
];

// Whether there is a body, and those fields, each preceded by a mark if it is present.
function takeFacts({ headers, body }, isPlainRead) {
  const facts = FACTS.map((name) => {
    const value = headers.get(name);
    return value === null ? "" : "=" + value.replaceAll(SEPARATOR, "\x7f").replaceAll(FACT_SEPARATOR, "\x7f");
  });
  const isEmpty = isPlainRead || body === null || headers.get("Content-Length") === "0";
  return [isEmpty ? "" : "=", ...facts].join(FACT_SEPARATOR);
}

// What tells who is to understand an answer, each empty where it is not there. Pages cannot set the first two, so no value that they
// set can pass for one of these.
export function takeClient({ headers }, place) {
  return write(
    (headers.get("Sec-Fetch-Mode") ?? "") + SEPARATOR + (headers.get("Sec-Fetch-Dest") ?? "") + SEPARATOR +
      (headers.get("Anthropic-Version") === null ? "" : "=") + SEPARATOR +
      (headers.get("User-Agent") ?? "") + SEPARATOR + (headers.get("Accept") ?? ""),
    place,
  );
}

// The functions of Rust for fields (`src/gate/fields.rs`): `classify` returns the bit of a name's class, 0 for a name on no list;
// `edit` returns the part of a value that is forwarded.
let classify;
let edit;

// The known classes by name. Names on no list are not stored: they are counted each time.
const classes = new Map();
const MOST_CLASSES = 500;

// Bits of the classes that need more than a lookup.
let ofBody;
let edited;

// The name of the gate's session cookie, with which its other name ends.
let ownCookie;

export function learnFields(classifyName, editValue, bodyBit, editedBits, cookie) {
  classify = classifyName;
  edit = editValue;
  ofBody = bodyBit;
  edited = editedBits;
  ownCookie = cookie;
  classes.clear();
}

// The fields of a request whose classes are among the `carried`.
function carry(request, carried) {
  const fields = { __proto__: null };
  request.headers.forEach((value, name) => {
    let bit = classes.get(name);
    if (bit === undefined) {
      bit = classify(name);
      if (bit !== 0 && classes.size < MOST_CLASSES) {
        classes.set(name, bit);
      }
    }
    if ((bit & carried) === 0) {
      return;
    }
    const kept = (bit & edited) !== 0 ? edit(name, value) : value;
    if (kept !== undefined) {
      fields[name] = kept;
    }
  });
  return fields;
}

// Forwards a request, by a service binding or over the network. `texts`: URL, method, then the names, in lower case, and values of
// fields to set, which replace the client's. `carried`: the bits of the classes of fields that are forwarded. Without a body of its
// own, the request has the client's body, if the class of fields that describe a body is forwarded; `brokenOff` aborts it. If
// there is a limit, the response must begin within `milliseconds` after everything is `sent`. `context`: of a request whose user
// the gate knows, and whose response ends with its token if it is long-lived.
export function send(request, texts, carried, context, service, body, brokenOff, sent, milliseconds) {
  const parts = texts.split(SEPARATOR);
  const content = (carried & ofBody) === 0 ? null : body ?? request.body;
  const headers = carry(request, content === null ? carried & ~ofBody : carried);
  // Without a token, the origin may still know the user: by its own cookie, or by credentials that it checks itself.
  const isPersonal = context !== undefined || "cookie" in headers || "authorization" in headers;
  if (isPersonal) {
    headers["cache-control"] = "no-cache, no-store";
  }
  for (let at = 2; at < parts.length; at += 2) {
    headers[parts[at]] = parts[at + 1];
  }
  const init = {
    method: parts[1],
    headers,
    body: content,
    // The client follows redirects itself: otherwise the gate's identity headers would go along.
    redirect: "manual",
  };
  if (isPersonal) {
    // The platform's cache keys by URL only, not by user.
    init.cache = "no-store";
  }
  if (brokenOff !== undefined) {
    init.signal = brokenOff;
  }
  // A record of fields, without a Request in between, which would copy each of them again.
  const answered = service === undefined ? fetch(parts[0], init) : service.fetch(parts[0], init);
  const receive = (answer) => {
    const edited = editAnswer(answer, isPersonal);
    return context === undefined ? edited : hold(edited, request, headers["x-lychgate-token"], context);
  };
  if (milliseconds === undefined) {
    return answered.then(receive);
  }
  return new Promise((resolve, reject) => {
    limit(answered, milliseconds, sent, (answer) => {
      try {
        resolve(receive(answer));
      } catch (error) {
        reject(error);
      }
    }, reject);
  });
}

// Fields that tell some caches more than `Cache-Control` does, and that they obey instead of it: RFC 9213, and the own fields of
// Akamai, Fastly, Varnish and nginx.
const FOR_SOME_CACHES = /^(?:.*cdn-cache-control|edge-control|surrogate-control|x-accel-expires)$/;

// The fields in which a client may send its token. An answer to one token is no answer to another.
const CREDENTIALS = ["Authorization", "X-Api-Key"];
const BY_CREDENTIALS = CREDENTIALS.join(", ");

// The fields that only the gate may write.
const OWN_FIELDS = "x-lychgate-";

// The origin's answer as the client receives it:
// - without what only the gate may say: its session cookie, which would sign the visitor in as somebody else, and its own fields;
// - with the fields of credentials in `Vary`, because the gate answers by them, whether or not the origin does;
// - if it is personal, for no shared cache.
// An answer that is so already passes as it is.
function editAnswer(answer, isPersonal) {
  const { headers } = answer;
  const kept = [];
  const dropped = [];
  let fixes = false;
  let vary;
  let caching;
  // One pass: each question to the platform costs as much as a name here.
  headers.forEach((value, name) => {
    if (name === "set-cookie") {
      if (value.toLowerCase().includes(ownCookie)) {
        fixes = true;
      } else {
        kept.push(value);
      }
    } else if (name === "vary") {
      vary = value;
    } else if (name === "cache-control") {
      caching = value;
    } else if (name.startsWith(OWN_FIELDS)) {
      fixes = true;
      dropped.push(name);
    } else if (isPersonal && FOR_SOME_CACHES.test(name)) {
      dropped.push(name);
    }
  });
  const varies = varying(vary);
  const cached = isPersonal ? personal(caching) : caching;
  if (!fixes && dropped.length === 0 && varies === vary && cached === caching) {
    return answer;
  }
  const { status, webSocket } = answer;
  // The platform passes on a status out of range, with which it creates no response.
  if (webSocket === null && (status < 200 || status > 599)) {
    if (fixes) {
      throw new Error("the origin's answer cannot be edited");
    }
    return answer;
  }
  const edited = webSocket === null
    ? new Response(answer.body, answer)
    : new Response(null, { status, headers, webSocket });
  const own = edited.headers;
  for (const name of dropped) {
    own.delete(name);
  }
  if (fixes) {
    own.delete("Set-Cookie");
    for (const cookie of kept) {
      own.append("Set-Cookie", cookie);
    }
  }
  own.set("Vary", varies);
  if (isPersonal) {
    own.set("Cache-Control", cached);
  }
  return edited;
}

// The same `Vary` with the fields of credentials.
function varying(vary) {
  if (vary === undefined) {
    return BY_CREDENTIALS;
  }
  const said = vary.toLowerCase().split(",").map((name) => name.trim());
  const missing = said.includes("*") ? [] : CREDENTIALS.filter((name) => !said.includes(name.toLowerCase()));
  return [vary, ...missing].join(", ");
}

// The same `Cache-Control` for the client's own cache alone. What else the origin says to it remains.
function personal(caching) {
  if (caching === undefined) {
    return "private";
  }
  // Directives about single fields, which hardly anybody sends and few caches understand.
  if (caching.includes('"')) {
    return "private, no-cache";
  }
  const directives = caching.split(",").map((directive) => directive.trim());
  const kept = directives.filter((directive) => !/^(?:|public|private|s-maxage)(?:\s*=.*)?$/i.test(directive));
  return kept.some((directive) => /^no-store$/i.test(directive)) ? kept.join(", ") : ["private", ...kept].join(", ");
}

// The value that rejects a promise which took too long.
let tooLate;

export function learnLimit(value) {
  tooLate = value;
}

// A promise that settles as the given one does, or is rejected with `tooLate` this many milliseconds from now.
export function within(promise, milliseconds) {
  return new Promise((resolve, reject) => limit(promise, milliseconds, undefined, resolve, reject));
}

// Calls one of two functions when a promise settles, or the second one with `tooLate`, this many milliseconds from now or from
// the time when another promise, `since`, has settled. What comes later is ignored.
function limit(promise, milliseconds, since, resolve, reject) {
  let timer;
  let isOver = false;
  const begin = () => {
    timer = isOver ? undefined : setTimeout(() => {
      isOver = true;
      reject(tooLate);
    }, milliseconds);
  };
  if (since === undefined) {
    begin();
  } else {
    since.then(begin, begin);
  }
  const end = (settle) => (value) => {
    if (!isOver) {
      isOver = true;
      clearTimeout(timer);
      settle(value);
    }
  };
  promise.then(end(resolve), end(reject));
}

// The state of the module's instance, and the route tables: `shipped`, the snapshots of those that ship, and `parse(text)`, which makes
// one of any other. From entry.mjs.
let instanceState;
let tables;

export function adopt(givenState, givenTables) {
  instanceState = givenState;
  tables = givenTables;
}

export function shippedTables() {
  return new Uint8Array(tables.shipped);
}

export function parseTables(text) {
  return tables.parse(text);
}

// Called when the module broke down in a continuation.
class Trapped extends Error {
  isTrap = true;
}

// Continues when a promise settles, whichever way it does. The module throws only when it breaks down. A fresh instance then
// replaces it, whether or not anybody waits for this promise.
export function settle(promise, continuation) {
  const mine = instanceState.instance;
  const enter = (value, isKept) => {
    try {
      return continuation(value, isKept);
    } catch (error) {
      instanceState.trapped(mine);
      throw new Trapped(error.message);
    }
  };
  return promise.then((value) => enter(value, true), (reason) => enter(reason, false));
}

// A body over the limit is still read to its end, up to this many times the limit. A client that is cut off while sending would
// see a broken connection instead of the answer.
const DISCARD_FACTOR = 16;

// The bytes of a request's body, or undefined if they are more than `most`.
export async function gather(request, most) {
  if (request.body === null) {
    return new Uint8Array();
  }
  const declared = request.headers.get("Content-Length");
  if (declared !== null && Number(declared) <= most) {
    // The platform reads it at once, and no more than the declared length.
    return new Uint8Array(await request.arrayBuffer());
  }
  const chunks = [];
  let length = 0;
  const reader = request.body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    length += read.value.byteLength;
    if (length <= most) {
      chunks.push(read.value);
    } else if (length > DISCARD_FACTOR * most) {
      break;
    }
  }
  return length > most ? undefined : joined(chunks, length);
}

const LINE_END = 10;

// The bytes of a request's body up to its first line, with the bytes that came with it, or undefined if the line is longer than
// `most`. The rest remains to be read.
export async function gatherLine({ body }, most) {
  if (body === null) {
    return new Uint8Array();
  }
  const chunks = [];
  let length = 0;
  let isComplete = false;
  const reader = body.getReader();
  while (!isComplete && length <= most) {
    const { done, value } = await reader.read();
    isComplete = done || value.includes(LINE_END);
    if (!done) {
      chunks.push(value);
      length += value.byteLength;
    }
  }
  reader.releaseLock();
  return isComplete ? joined(chunks, length) : undefined;
}

// Writes the part of a body that was read, and then the rest of it.
export async function feed(start, body, writable) {
  if (start.byteLength > 0) {
    const writer = writable.getWriter();
    await writer.write(start);
    writer.releaseLock();
  }
  await body.pipeTo(writable, { preventAbort: true, preventClose: true });
}

function joined(chunks, length) {
  if (chunks.length === 1) {
    return chunks[0];
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

// Answers by number, as the platform takes them.
const answers = [];

// Prepares an answer. `texts`: the reason phrase or nothing, the body, then the names and values of fields, which say what type the
// body has, if there is one.
export function prepare(at, status, texts) {
  const parts = texts.split(SEPARATOR);
  const headers = new Headers();
  for (let index = 2; index < parts.length; index += 2) {
    headers.append(parts[index], parts[index + 1]);
  }
  // Some statuses must have no body, not even an empty one.
  const body = parts[1] === "" ? null : encoder.encode(parts[1]);
  // The platform takes status and fields of a response faster than of anything else.
  answers[at] = { body, init: new Response(null, { status, statusText: parts[0] || undefined, headers }) };
}

export function respond(at) {
  const { body, init } = answers[at];
  return new Response(body, init);
}
