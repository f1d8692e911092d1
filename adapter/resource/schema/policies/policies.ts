import { duration, type JsonSchema } from "../json-schema.js";
import { circuitBreaker } from "./circuit-breaker.js";
import { fault } from "./fault.js";
import { globalRateLimit } from "./global-rate-limit.js";
import { headers } from "./headers.js";
import { localRateLimits } from "./local-rate-limit.js";
import { mirrors } from "./mirrors.js";
import { retries } from "./retries.js";
import { sticky } from "./sticky.js";
import { timeoutFrom } from "./timeout-from.js";

const timeout: JsonSchema = {
  ...duration,
  description: "A call without an answer by then gets the protocol's error. Default: any time.",
};

/** What all routes of a VirtualService ask for that do not say it themselves. */
export const commonPolicies: Readonly<Record<string, JsonSchema>> = {
  timeout: { ...duration, description: "Of routes that have neither a timeout nor a timeoutFrom." },
  timeoutFrom: { ...timeoutFrom, description: "Of routes that have neither a timeoutFrom nor a timeout." },
  retries: { ...retries, description: "Of routes that have none." },
};

/** What a route asks for besides a destination. */
export const policies: Readonly<Record<string, JsonSchema>> = {
  timeout,
  retries,
  fault,
  mirrors,
  ...localRateLimits("calls of the route"),
  globalRateLimit: globalRateLimit("calls of the route"),
  circuitBreaker,
  sticky,
  timeoutFrom,
  headers: headers("the route"),
};
