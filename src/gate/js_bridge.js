// The JavaScript side of the bridge. It does what the request path asks of the platform in few calls, each with its texts
// joined: every call and every separate text costs more than the work itself. Nothing is decided here.

const SEPARATOR = "\x1f";

// Between facts that are taken together as one text.
const FACT_SEPARATOR = "\x1e";

// Method, URL, facts and, where there is one, `Authorization`, which alone might hold a separator. The facts are asked
// for where they can matter: of requests that may have a body, and of credentials that a browser may have added.
export function take(request) {
  const { method, headers } = request;
  const authorization = headers.get("Authorization");
  const isPlainRead = method === "GET" || method === "HEAD";
  const facts = isPlainRead && !isBasic(authorization) ? "" : takeFacts(request, isPlainRead);
  const { url } = request;
  // The platform refuses URLs with control characters: should one come all the same, it must not pass for facts.
  const plainUrl = url.includes(SEPARATOR) ? url.replaceAll(SEPARATOR, "%1F") : url;
  const taken = method + SEPARATOR + plainUrl + SEPARATOR + facts;
  return authorization === null ? taken : taken + SEPARATOR + authorization;
}

// Whether it might be Basic: no other scheme that is let through has an "a" there.
function isBasic(authorization) {
  return authorization !== null && (authorization.charCodeAt(1) | 32) === 97;
}

const FACTS = [
  "Content-Type", "Content-Encoding", "Sec-Fetch-Site", "Origin",
  "Access-Control-Request-Method", "Access-Control-Request-Headers", "Upgrade",
];

// Whether there is a body, and those fields, each with a mark before it where it is there.
function takeFacts({ headers, body }, isPlainRead) {
  const facts = FACTS.map((name) => {
    const value = headers.get(name);
    return value === null ? "" : "=" + value.replaceAll(SEPARATOR, "\x7f").replaceAll(FACT_SEPARATOR, "\x7f");
  });
  const isEmpty = isPlainRead || body === null || headers.get("Content-Length") === "0";
  return [isEmpty ? "" : "=", ...facts].join(FACT_SEPARATOR);
}

// Two fields by name, empty where they are not there.
export function takeFields(request, first, second) {
  const { headers } = request;
  return (headers.get(first) ?? "") + SEPARATOR + (headers.get(second) ?? "");
}

// What Rust says of fields (`src/gate/fields.rs`): `classify` gives the bit of a name's class, 0 for a name on no list;
// `edit` what of a value goes on.
let classify;
let edit;

// The classes by name, as far as they have been asked for. Names on no list are not kept: they are counted each time.
const classes = new Map();
const MOST_CLASSES = 500;

// Bits of classes that are more than looked up.
let ofBody;
let edited;

export function learnFields(classifyName, editValue, bodyBit, editedBits) {
  classify = classifyName;
  edit = editValue;
  ofBody = bodyBit;
  edited = editedBits;
  classes.clear();
}

// Those fields of a request whose classes are among the `carried`.
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

// Sends a request on, by a service binding or over the network. `texts`: URL, method, then the names and values of
// fields to set; `carried`: the bits of the classes of fields that go on. Without a body of its own it has the request's,
// where the class of what describes one goes on; `brokenOff` calls it off. Where there is a limit, the answer has so many
// `milliseconds` to begin from when all is `sent`.
export function send(request, texts, carried, isPersonal, service, body, brokenOff, sent, milliseconds, tooLate) {
  const parts = texts.split(SEPARATOR);
  const content = (carried & ofBody) === 0 ? null : body ?? request.body;
  const headers = carry(request, content === null ? carried & ~ofBody : carried);
  for (let at = 2; at < parts.length; at += 2) {
    headers[parts[at]] = parts[at + 1];
  }
  const init = {
    method: parts[1],
    headers,
    body: content,
    // The client follows redirects itself: the gate would carry its identity headers along.
    redirect: "manual",
  };
  if (isPersonal) {
    // The platform's cache knows URLs only, not who asked.
    init.cache = "no-store";
  }
  if (brokenOff !== undefined) {
    init.signal = brokenOff;
  }
  // A record of fields, and no Request in between: each would be copied once more.
  const answered = service === undefined ? fetch(parts[0], init) : service.fetch(parts[0], init);
  return milliseconds === undefined ? answered : within(answered, milliseconds, tooLate, sent);
}

// A promise that ends as the given one does, or is rejected with `tooLate` so many milliseconds from now, or from when
// another one, `since`, has settled.
export function within(promise, milliseconds, tooLate, since) {
  return new Promise((resolve, reject) => {
    let timer;
    const begin = () => {
      timer = setTimeout(reject, milliseconds, tooLate);
    };
    if (since === undefined) {
      begin();
    } else {
      since.then(begin, begin);
    }
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

// What entry.mjs knows of the module's instance.
let life;

export function adopt(given) {
  life = given;
}

// The module broke down in a continuation.
class Trapped extends Error {
  isTrap = true;
}

// Goes on with what a promise ends in, whichever way it ends. What the module throws it throws in breaking down, and a
// fresh instance takes its place, whether or not anybody waits for this.
export function settle(promise, goOn) {
  const mine = life.instance;
  const enter = (value, isKept) => {
    try {
      return goOn(value, isKept);
    } catch (error) {
      life.trapped(mine);
      throw new Trapped(error.message);
    }
  };
  return promise.then((value) => enter(value, true), (reason) => enter(reason, false));
}

// How many times as long as it may be a body is read to its end all the same: who is cut off in the middle of sending
// sees a broken connection in place of the answer.
const PATIENCE = 16;

// The bytes of a request's body, or undefined where they are more than `most`.
export async function gather(request, most) {
  if (request.body === null) {
    return new Uint8Array();
  }
  const declared = request.headers.get("Content-Length");
  if (declared !== null && Number(declared) <= most) {
    // The platform reads it at once, and no more than was declared.
    return new Uint8Array(await request.arrayBuffer());
  }
  const chunks = [];
  let length = 0;
  const reader = request.body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    length += read.value.byteLength;
    if (length <= most) {
      chunks.push(read.value);
    } else if (length > PATIENCE * most) {
      break;
    }
  }
  return length > most ? undefined : joined(chunks, length);
}

const LINE_END = 10;

// The bytes of a request's body as far as they came with its first line, or undefined where that has more than `most`. The
// rest is left to be read.
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

// Writes what was read of a body, and then the rest of it.
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

// Answers. `texts`: the body, then the names and values of fields.
export function respond(status, texts) {
  const parts = texts.split(SEPARATOR);
  // Some statuses must have no body, not even an empty one.
  const response = new Response(parts[0] || null, { status });
  // Filled in place: Headers of their own would be copied.
  const { headers } = response;
  headers.delete("Content-Type");
  for (let at = 1; at < parts.length; at += 2) {
    headers.append(parts[at], parts[at + 1]);
  }
  return response;
}
