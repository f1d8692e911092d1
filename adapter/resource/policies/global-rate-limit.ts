import type { GlobalRateLimit, RateLimitDescriptor, RateLimitEntry } from "../../model/model.js";
import type { FieldPath } from "../../status/field-path.js";
import { optionalDuration_ms } from "../duration.js";
import { parseMatch, type WrittenMatch } from "../match.js";
import type { Report } from "../report.js";

/** With the service as it is named. */
export interface GlobalRateLimitSpec extends Omit<GlobalRateLimit, "service"> {
  readonly service: { readonly host: string; readonly port: number | undefined };
  /** Where the service is named. */
  readonly path: FieldPath;
}

interface WrittenEntry {
  readonly key: string;
  readonly value?: string;
  readonly attribute?: string;
  readonly skipIfAbsent?: boolean;
}

export interface WrittenGlobalRateLimit {
  readonly service: { readonly host: string; readonly port?: { readonly number: number } };
  readonly domain: string;
  readonly timeout?: string;
  readonly failureModeDeny?: boolean;
  readonly descriptors: readonly { readonly entries: readonly WrittenEntry[]; readonly match?: WrittenMatch }[];
}

export function parseGlobalRateLimit(
  { service, domain, timeout, failureModeDeny = false, descriptors }: WrittenGlobalRateLimit,
  path: FieldPath,
  report: Report,
): GlobalRateLimitSpec {
  const timeout_ms = optionalDuration_ms(timeout, 1, [...path, "timeout"], report);
  return {
    service: { host: service.host, port: service.port?.number },
    path: [...path, "service"],
    domain,
    ...(timeout_ms !== undefined && { timeout_ms }),
    failureModeDeny,
    descriptors: descriptors.map(({ entries, match }, index): RateLimitDescriptor => {
      const at = [...path, "descriptors", index];
      const alternatives = match === undefined ? [] : parseMatch(match, [...at, "match"], report);
      return {
        entries: entries.flatMap((entry, item) => parseEntry(entry, [...at, "entries", item], report) ?? []),
        match: alternatives.map(({ conditions }) => conditions.map((condition) => condition.match)),
      };
    }),
  };
}

function parseEntry(written: WrittenEntry, path: FieldPath, report: Report): RateLimitEntry | undefined {
  const { key, value, attribute, skipIfAbsent = false } = written;
  if (value !== undefined && attribute === undefined) {
    if (written.skipIfAbsent !== undefined) report([...path, "skipIfAbsent"], "a value is never absent: take it out");
    return { key, value };
  }
  if (value === undefined && attribute !== undefined) return { key, attribute, skipIfAbsent };
  report(path, "write value or attribute, one of them");
  return undefined;
}
