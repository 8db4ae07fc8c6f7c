// A rate limiter that fails for some of the addresses that it counts. It logs each address that it is asked about.
import { WorkerEntrypoint } from "cloudflare:workers";

export default class extends WorkerEntrypoint {
  async limit({ key }) {
    console.log(`asked about ${key}`);
    if (key === "203.0.113.1") throw new Error("out of order");
    if (key === "203.0.113.2") await scheduler.wait(20_000);
    return { success: key !== "203.0.113.3" };
  }
}
