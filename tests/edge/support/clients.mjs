// The clients in JavaScript, each asked once for every case on standard input, as JSON: {url, client, token, does}. Prints for
// each case what a person sees: the error's own text, or null where there is none.
import { createOpenAI } from "@ai-sdk/openai";
import { modelInfo, uploadFile } from "@huggingface/hub";
import { generateText } from "ai";
import git from "isomorphic-git";
import http from "isomorphic-git/http/node";
import { OpenAI } from "openai";

// Both SDKs would send again, for seconds, what was answered 503.
const asks = {
  openai({ url, token, does }) {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token ?? "none", maxRetries: 0 });
    return does === "write" ? client.files.delete("file-1") : client.embeddings.create({ model: "acme/widget", input: "x" });
  },

  "ai-sdk"({ url, token, does }) {
    const baseURL = does === "write" ? `${url}/v1/fine-tuned` : `${url}/v1`;
    const model = createOpenAI({ baseURL, apiKey: token ?? "" }).chat("acme/widget");
    return generateText({ model, prompt: "x", maxRetries: 0 });
  },

  "huggingface.js"({ url, token, does }) {
    const asked = { hubUrl: url, accessToken: token ?? undefined };
    return does === "write"
      ? uploadFile({ ...asked, repo: "acme/widget", file: { path: "x", content: new Blob(["x"]) } })
      : modelInfo({ ...asked, name: "acme/widget" });
  },

  "isomorphic-git"({ url, token, does }) {
    const onAuth = token === null ? undefined : () => ({ username: "alice", password: token });
    return git.getRemoteInfo({ http, url: `${url}/acme/widget`, onAuth, forPush: does === "write" });
  },

  async fetch({ url, token, does }) {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/api/models/acme/widget`, { method: does === "write" ? "DELETE" : "GET", headers });
    throw new Error((await answer.json()).error);
  },
};

const said = [];
for (const asked of JSON.parse(await new Response(process.stdin).text())) {
  try {
    await asks[asked.client](asked);
    said.push(null);
  } catch (error) {
    // isomorphic-git keeps the body beside its message.
    said.push([error.message, error.data?.response].filter((text) => typeof text === "string").join("\n"));
  }
}
process.stdout.write(JSON.stringify(said));
