// The other side of the boundary. What the request path asks of the platform is done here in few crossings, with the
// texts of each joined: every crossing and every text of its own costs more than what is done with it. Nothing is
// decided here.

const SEPARATOR = "\x1f";

// Method, URL and, where there is one, `Authorization`, which alone might hold a separator.
export function take(request) {
  const taken = request.method + SEPARATOR + request.url;
  const authorization = request.headers.get("Authorization");
  return authorization === null ? taken : taken + SEPARATOR + authorization;
}

// Two fields by name, empty where they are not there.
export function takeFields(request, first, second) {
  const { headers } = request;
  return (headers.get(first) ?? "") + SEPARATOR + (headers.get(second) ?? "");
}

// The names of all fields.
export function takeNames(request) {
  let names = "";
  request.headers.forEach((_value, name) => {
    names += SEPARATOR + name;
  });
  return names;
}

// Sends a request on, by a service binding or over the network. `texts`: URL, method, then the names and values of
// fields to set; `dropped`: the names of fields to drop. Without a body of its own it has the request's; `brokenOff`
// calls it off. Where there is a limit, the answer has so many `milliseconds` to begin from when all is `sent`.
export function send(request, texts, dropped, isPersonal, service, body, brokenOff, sent, milliseconds, tooLate) {
  const parts = texts.split(SEPARATOR);
  const init = {
    method: parts[1],
    headers: request.headers,
    body: body ?? request.body,
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
  const onward = new Request(parts[0], init);
  const { headers } = onward;
  for (const name of dropped.split(SEPARATOR)) {
    if (name !== "") {
      headers.delete(name);
    }
  }
  for (let at = 2; at < parts.length; at += 2) {
    headers.set(parts[at], parts[at + 1]);
  }
  const answered = service === undefined ? fetch(onward) : service.fetch(onward);
  return milliseconds === undefined ? answered : within(answered, milliseconds, tooLate, sent);
}

// A promise that ends as the given one does, or is rejected with `tooLate` so many milliseconds from now, or from when
// another one, `since`, has ended.
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

// Goes on with what a promise ends in, whichever way it ends.
export function settle(promise, goOn) {
  return promise.then((value) => goOn(value, true), (reason) => goOn(reason, false));
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
  if (length > most) {
    return undefined;
  }
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
  const response = new Response(parts[0], { status });
  // Filled in place: Headers of their own would be copied.
  const { headers } = response;
  headers.delete("Content-Type");
  for (let at = 1; at < parts.length; at += 2) {
    headers.append(parts[at], parts[at + 1]);
  }
  return response;
}
