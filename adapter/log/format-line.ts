/** Fields that have their own place in the line, or that are of no use to a person. */
const PLACED = new Set(["level", "time", "msg", "component", "err"]);

/** One line of pino's JSON as a line for a person: `06:45:01.250 info  envoy: message key=value`. */
export function formatLine(json: string): string {
  const record = JSON.parse(json) as Record<string, unknown>;
  const time = new Date(record.time as number).toISOString().slice(11, 23);
  const component = record.component === undefined ? "" : `${record.component}: `;
  const fields = Object.entries(record)
    .filter(([name]) => !PLACED.has(name))
    .map(([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
  return `${time} ${String(record.level).padEnd(5)} ${component}${record.msg ?? ""}${fields}${formatError(record.err)}\n`;
}

function formatError(error: unknown): string {
  if (error === undefined) return "";
  const { message, stack } = error as { message?: string; stack?: string };
  return `\n${stack ?? message ?? JSON.stringify(error)}`;
}
