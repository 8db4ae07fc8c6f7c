// Answers that last: WebSockets and event streams. What is asked for with a token lasts no longer than the token, so
// its bytes go by way of here, where they can be cut off.

// Media types of answers that go on for as long as there is something to tell.
const STREAMS = new Set([
  "application/json-seq", "application/ndjson", "application/stream+json", "application/x-ndjson",
  "multipart/x-mixed-replace", "text/event-stream",
]);

// Content codings that the platform takes off when a body is read.
const DECODED = new Set(["br", "gzip"]);

// How many bytes may wait for a WebSocket's slower side. The platform holds nothing back, and all of an isolate's
// requests share 128 MB.
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

// RFC 6455, section 7.4.1.
const GOING_AWAY = 1001;
const NO_STATUS = 1005;
const ABNORMAL = 1006;
const INTERNAL_ERROR = 1011;
// Of the registry that section 11.7 sets up.
const TRY_AGAIN_LATER = 1013;

// The answer to come; one that lasts is watched: `look(request)` says every so many `milliseconds`, now or by a
// promise, with which code and reason it ends, or nothing. It ends after `longest` milliseconds in any case, where that
// is not 0.
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
  // The platform makes no answer with a status that has no meaning, and passes one on.
  if (body === null || status < 200 || status > 599) {
    return false;
  }
  const type = headers.get("Content-Type");
  // What has a length has an end.
  return type !== null && STREAMS.has(type.split(";", 1)[0].trim().toLowerCase()) && !headers.has("Content-Length");
}

// Looks again and again, until `end(code, reason)` is called or the function that this gives.
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

// An event stream by way of here. Cut off, it breaks: whoever reads it does not take it for whole.
function passThrough(response, watch) {
  const { readable, writable } = new IdentityTransformStream();
  const cutter = new AbortController();
  const stop = watch((_code, reason) => cutter.abort(new Error(reason)));
  response.body.pipeTo(writable, { signal: cutter.signal }).then(stop, stop);
  const answer = new Response(readable, response);
  // Encoded anew, events would wait for each other.
  if (DECODED.has((answer.headers.get("Content-Encoding") ?? "").trim().toLowerCase())) {
    answer.headers.delete("Content-Encoding");
  }
  return answer;
}

// A WebSocket by way of here: messages go on as they come, and the end of one side is the end of the other.
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
        // It is closed, and says so itself.
      }
    });
    from.addEventListener("close", ({ code, reason }) => {
      // Who has closed may still be sent to: the token is watched until both have, or one is gone.
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
    // Each side's close is the other's to answer.
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
      // It is closed already.
    }
  }
}
