// Long-lived responses: WebSockets and event streams. With a token, they must not outlast it, so their bytes pass through here,
// where they can be cut off.

// Media types of responses that continue as long as there is something to send.
const STREAMS = new Set([
  "application/json-seq", "application/ndjson", "application/stream+json", "application/x-ndjson",
  "multipart/x-mixed-replace", "text/event-stream",
]);

// Content codings that the platform removes when a body is read.
const DECODED = new Set(["br", "gzip"]);

// The platform has no back pressure here, and all requests of an isolate share 128 MB. How many bytes may wait for the readers of
// one WebSocket, and for those of all.
const MAXIMUM_BUFFERED_BYTES = 8 * 1024 * 1024;
const MAXIMUM_BUFFERED_BYTES_IN_ALL = 32 * 1024 * 1024;

// How many WebSockets one token may have open in an isolate: each takes memory even if nothing waits.
const MAXIMUM_RELAYS_PER_TOKEN = 100;

// While bytes wait, they are counted again at this interval: nothing tells when they are read.
const SAMPLE_MILLISECONDS = 250;

// What a message that waits takes beside its bytes, about.
const MESSAGE_BYTES = 128;

// How long the other side may take to be told that the connection is cut off.
const CLOSE_MILLISECONDS = 100;

// How long a WebSocket that is over may take to read what waits for it, before it is cut off.
const DRAIN_MILLISECONDS = 10_000;

// An isolate is not told of every connection that is gone. One that has not been heard of for this many checks does not count.
const MAXIMUM_MISSED_CHECKS = 3;

// RFC 6455, section 7.4.1.
const GOING_AWAY = 1001;
const NO_STATUS = 1005;
const ABNORMAL = 1006;
const INTERNAL_ERROR = 1011;
// From the registry of section 11.7.
const TRY_AGAIN_LATER = 1013;

// What the responses of this isolate have in common: every `milliseconds`, `check(request)` returns the code and reason with which
// one must end, or nothing, either immediately or as a promise. It ends after `longest` milliseconds in any case, unless that is 0.
let check;
let milliseconds;
let longest;

export function learnHold(checkToken, interval, most) {
  check = checkToken;
  milliseconds = interval;
  longest = most;
}

// The response to a request with this token, watched if it is long-lived.
export function hold(response, request, token, context) {
  if (response.webSocket) {
    const share = new Share(token, milliseconds);
    const checkAndMarkAlive = () => {
      share.markAlive();
      return check(request);
    };
    return relay(response, (end) => checkRepeatedly(checkAndMarkAlive, end), share, context);
  }
  return isStream(response) ? passThrough(response, (end) => checkRepeatedly(() => check(request), end)) : response;
}

function isStream(response) {
  const { headers } = response;
  const type = headers.get("Content-Type");
  // A response with a length has an end.
  if (type === null || !STREAMS.has(type.split(";", 1)[0].trim().toLowerCase()) || headers.has("Content-Length")) {
    return false;
  }
  // The platform creates no response with a status out of range, but can pass one on.
  const { body, status } = response;
  return body !== null && status >= 200 && status <= 599;
}

// Calls `recheck` repeatedly, until `end(code, reason)` or the function that this returns is called.
function checkRepeatedly(recheck, end) {
  const until = longest === 0 ? Infinity : Date.now() + longest;
  let timer;
  let isOver = false;
  const stop = () => {
    isOver = true;
    clearTimeout(timer);
  };
  const wait = () => {
    timer = setTimeout(turn, Math.max(0, Math.min(milliseconds, until - Date.now())));
  };
  const turn = async () => {
    let verdict;
    try {
      verdict = Date.now() >= until ? `${GOING_AWAY} connection_limit` : await recheck();
    } catch {
      verdict = `${INTERNAL_ERROR} gate_trapped`;
    }
    if (isOver) {
      return;
    }
    if (verdict === undefined) {
      wait();
    } else {
      stop();
      const [code, reason] = verdict.split(" ");
      end(Number(code), reason);
    }
  };
  wait();
  return stop;
}

// An event stream that passes through here. If it is cut off, it breaks, so no reader takes it for complete.
function passThrough(response, watch) {
  const { readable, writable } = new IdentityTransformStream();
  const cutter = new AbortController();
  const stop = watch((_code, reason) => cutter.abort(new Error(reason)));
  response.body.pipeTo(writable, { signal: cutter.signal }).then(stop, stop);
  const answer = new Response(readable, response);
  // If it were encoded again, events would wait for each other.
  if (DECODED.has((answer.headers.get("Content-Encoding") ?? "").trim().toLowerCase())) {
    answer.headers.delete("Content-Encoding");
  }
  return answer;
}

// The relayed WebSockets of this isolate, each with what waits for its readers.
const shares = new Set();
let bufferedInAll = 0;

// What one relayed WebSocket takes of the isolate's memory. A request cannot touch the sockets of another, so each counts its own.
class Share {
  // Set by another WebSocket, for which this one must make room.
  mustClose = false;
  #waiting = 0;
  #aliveAt = Date.now();
  #timeout;

  constructor(token, milliseconds) {
    this.token = token;
    this.#timeout = MAXIMUM_MISSED_CHECKS * milliseconds + DRAIN_MILLISECONDS;
  }

  // Whether the token may have one more. If so, this one counts.
  begin() {
    removeLost();
    const ofToken = [...shares].filter((share) => share.token === this.token);
    if (ofToken.length >= MAXIMUM_RELAYS_PER_TOKEN) {
      return false;
    }
    shares.add(this);
    return true;
  }

  // Notes that the WebSocket is still there.
  markAlive() {
    this.#aliveAt = Date.now();
  }

  get isLost() {
    return Date.now() - this.#aliveAt > this.#timeout;
  }

  get waiting() {
    return this.#waiting;
  }

  set waiting(bytes) {
    bufferedInAll += bytes - this.#waiting;
    this.#waiting = bytes;
  }

  // Whether there is room for this many more bytes. If not, the WebSocket for which most wait goes first.
  hasRoom(more) {
    if (bufferedInAll + more <= MAXIMUM_BUFFERED_BYTES_IN_ALL) {
      return true;
    }
    removeLost();
    const others = [...shares].filter((share) => share !== this && !share.mustClose);
    others.sort((one, other) => other.waiting - one.waiting);
    let all = others.reduce((sum, share) => sum + share.waiting, this.waiting + more);
    for (const share of others) {
      if (all <= MAXIMUM_BUFFERED_BYTES_IN_ALL || share.waiting <= this.waiting + more) {
        break;
      }
      share.mustClose = true;
      all -= share.waiting;
    }
    return all <= MAXIMUM_BUFFERED_BYTES_IN_ALL;
  }

  end() {
    this.waiting = 0;
    shares.delete(this);
  }
}

function removeLost() {
  for (const share of shares) {
    if (share.isLost) {
      share.end();
    }
  }
}

// One side of a relayed WebSocket, and what waits for it.
class Reader {
  #sent = 0;

  constructor(socket) {
    this.socket = socket;
  }

  // The bytes of the messages that wait, with what each message takes beside its bytes. Nothing tells how many messages wait: at
  // most as many as were sent since none did, and as there are bytes.
  get waiting() {
    const bytes = this.socket.bufferedAmount;
    this.#sent = bytes === 0 ? 0 : this.#sent;
    return bytes + MESSAGE_BYTES * Math.min(this.#sent, bytes);
  }

  send(message) {
    this.#sent += 1;
    try {
      this.socket.send(message);
    } catch {
      // It is closed, and reports that itself.
    }
  }
}

// A WebSocket that passes through here. Messages are passed on as they arrive, and the end of one side ends the other.
function relay(response, watch, share, context) {
  const { 0: outside, 1: inside } = new WebSocketPair();
  const [client, origin] = [new Reader(inside), new Reader(response.webSocket)];
  const answer = new Response(null, { status: 101, webSocket: outside, headers: response.headers });
  const closeBoth = (code, reason) => {
    close(inside, code, reason);
    close(origin.socket, code, reason);
  };
  if (!share.begin()) {
    inside.accept();
    origin.socket.accept();
    closeBoth(TRY_AGAIN_LATER, "too_many_connections");
    return answer;
  }
  let isOver = false;
  let overSince;
  let timer;
  const closed = new Set();
  // What waits is lost with the connection: a reader that does not read would keep it, and never see the close behind it.
  const cutOff = () => {
    isOver = true;
    stopWatching();
    clearTimeout(timer);
    share.end();
    closeBoth(TRY_AGAIN_LATER, "reader_too_slow");
    setTimeout(() => context.abort(new Error("reader_too_slow")), CLOSE_MILLISECONDS);
  };
  const count = () => {
    timer = undefined;
    share.markAlive();
    share.waiting = client.waiting + origin.waiting;
    const isLate = overSince !== undefined && Date.now() - overSince > DRAIN_MILLISECONDS;
    if (share.waiting === 0) {
      if (overSince !== undefined) {
        share.end();
      }
    } else if (share.mustClose || isLate) {
      cutOff();
    } else {
      timer = setTimeout(count, SAMPLE_MILLISECONDS);
    }
  };
  // Nothing more comes. What waits may still be read. Counts at once, because no timer runs after the end of the request.
  const stop = () => {
    stopWatching();
    if (overSince === undefined) {
      overSince = Date.now();
      clearTimeout(timer);
      count();
    }
  };
  // With the client, the request is gone, and what waits.
  const stopIfGone = (socket) => {
    stop();
    if (socket === inside) {
      clearTimeout(timer);
      share.end();
    }
  };
  const stopWatching = watch((code, reason) => {
    isOver = true;
    stop();
    closeBoth(code, reason);
  });
  const pass = ({ socket: from }, to, ifGone) => {
    from.binaryType = "arraybuffer";
    from.addEventListener("message", ({ data }) => {
      if (isOver) {
        return;
      }
      const more = data.length ?? data.byteLength;
      const { waiting } = to;
      share.waiting = client.waiting + origin.waiting;
      // One message of any length may wait alone.
      if (share.mustClose || (waiting > 0 && waiting + more > MAXIMUM_BUFFERED_BYTES) || !share.hasRoom(more)) {
        cutOff();
        return;
      }
      to.send(data);
      timer ??= setTimeout(count, SAMPLE_MILLISECONDS);
    });
    from.addEventListener("close", ({ code, reason }) => {
      // A side that has closed may still receive messages: the token is watched until both have closed, or one is gone.
      closed.add(from);
      if (code === ABNORMAL) {
        stopIfGone(from);
      } else if (closed.size === 2) {
        stop();
      }
      close(to.socket, code === ABNORMAL ? ifGone : code, reason);
    });
    from.addEventListener("error", () => {
      stopIfGone(from);
      close(to.socket, ifGone, "");
    });
    // Each side's close must be answered by the other.
    from.accept({ allowHalfOpen: true });
  };
  pass(client, origin, GOING_AWAY);
  pass(origin, client, INTERNAL_ERROR);
  return answer;
}

function close(socket, code, reason) {
  try {
    if (code === NO_STATUS) {
      socket.close();
    } else {
      socket.close(code, reason);
    }
  } catch {
    try {
      socket.close(INTERNAL_ERROR);
    } catch {
      // It is already closed.
    }
  }
}
