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

/** What a route asks for besides a destination. */
export const policies: Readonly<Record<string, JsonSchema>> = {
  timeout: {
    ...duration,
    description: "A call without an answer by then gets the protocol's error. Default: any time.",
  },
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
