// Long-lived responses: WebSockets and event streams. With a token, they must not outlast it, so their bytes pass through here,
// where they can be cut off.

// Media types of responses that continue as long as there is something to send.
const STREAMS = new Set([
  "application/json-seq", "application/ndjson", "application/stream+json", "application/x-ndjson",
  "multipart/x-mixed-replace", "text/event-stream",
]);

// Content codings that the platform removes when a body is read.
const DECODED = new Set(["br", "gzip"]);

// How many bytes may wait for a WebSocket's slower side. The platform has no back pressure here, and all requests of an isolate
// share 128 MB.
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

// RFC 6455, section 7.4.1.
const GOING_AWAY = 1001;
const NO_STATUS = 1005;
const ABNORMAL = 1006;
const INTERNAL_ERROR = 1011;
// From the registry of section 11.7.
const TRY_AGAIN_LATER = 1013;

// The response to come. If it is long-lived, it is watched: every `milliseconds`, `look(request)` returns the code and reason with
// which it must end, or nothing, either immediately or as a promise. It ends after `longest` milliseconds in any case, unless that
// is 0.
export function hold(answer, request, look, milliseconds, longest) {
  return Promise.resolve(answer).then((response) => {
    const watch = (end) => watchOver(() => look(request), milliseconds, longest, end);
    if (response.webSocket) {
      return relay(response, watch);
    }
    return isStream(response) ? passThrough(response, watch) : response;
  });
}

function isStream({ body, headers, status }) {
  // The platform creates no response with a status out of range, but can pass one on.
  if (body === null || status < 200 || status > 599) {
    return false;
  }
  const type = headers.get("Content-Type");
  // A response with a length has an end.
  return type !== null && STREAMS.has(type.split(";", 1)[0].trim().toLowerCase()) && !headers.has("Content-Length");
}

// Checks repeatedly, until `end(code, reason)` or the function that this returns is called.
function watchOver(look, milliseconds, longest, end) {
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
      verdict = Date.now() >= until ? `${GOING_AWAY} connection_limit` : await look();
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

// A WebSocket that passes through here. Messages are passed on as they arrive, and the end of one side ends the other.
function relay(response, watch) {
  const origin = response.webSocket;
  const { 0: outside, 1: client } = new WebSocketPair();
  let isOver = false;
  const closed = new Set();
  const endBoth = (code, reason) => {
    isOver = true;
    stop();
    close(client, code, reason);
    close(origin, code, reason);
  };
  const stop = watch(endBoth);
  const pass = (from, to, ifGone) => {
    from.binaryType = "arraybuffer";
    from.addEventListener("message", ({ data }) => {
      if (isOver) {
        return;
      }
      if (to.bufferedAmount > MOST_WAITING_BYTES) {
        endBoth(TRY_AGAIN_LATER, "reader_too_slow");
        return;
      }
      try {
        to.send(data);
      } catch {
        // It is closed, and reports that itself.
      }
    });
    from.addEventListener("close", ({ code, reason }) => {
      // A side that has closed may still receive messages: the token is watched until both have closed, or one is gone.
      closed.add(from);
      if (code === ABNORMAL || closed.size === 2) {
        stop();
      }
      close(to, code === ABNORMAL ? ifGone : code, reason);
    });
    from.addEventListener("error", () => {
      stop();
      close(to, ifGone, "");
    });
    // Each side's close must be answered by the other.
    from.accept({ allowHalfOpen: true });
  };
  pass(client, origin, GOING_AWAY);
  pass(origin, client, INTERNAL_ERROR);
  return new Response(null, { status: 101, webSocket: outside, headers: response.headers });
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
