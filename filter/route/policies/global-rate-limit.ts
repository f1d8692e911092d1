import { Alternative } from "./rate-limit";

/** Calls for which a service is asked (envoy.service.ratelimit.v3.RateLimitService). */
@unmanaged
export class GlobalRateLimit {
  /** Of the service: its text, and its name once it is needed. */
  cluster: usize;
  clusterBytes: u32;
  domain: usize;
  domainBytes: u32;
  timeout_ms: u32;
  /** Calls are kept back while the service fails. */
  failureModeDeny: bool;
  /** The first of them. */
  descriptors: Descriptor | null;
}

/** What a call is to the service: a list of keys and values. */
@unmanaged
export class Descriptor {
  next: Descriptor | null;
  /** It is sent for calls for which one of these holds; null: for all. */
  match: Alternative | null;
  entries: Entry | null;
}

@unmanaged
export class Entry {
  next: Entry | null;
  key: usize;
  keyBytes: u32;
  /** The value, or the attribute that has it: -1 where there is none. */
  value: usize;
  valueBytes: u32;
  slot: i32;
  /** Without the attribute the entry is left out, and not the whole descriptor. */
  skipIfAbsent: bool;
}
