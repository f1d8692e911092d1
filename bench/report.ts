import type { Measured } from "./measure.js";

const COLUMNS = ["case", "proxy", "CPU µs/call", "calls/s", "p50 µs", "p99 µs", "Envoy busy", "load busy"];
const WIDTHS = [16, 12, 12, 10, 9, 9, 11, 10];

export function tableHead(): string {
  return row(COLUMNS);
}

/** The figures of one case, and the first subject's as ratios to the others'. */
export function tableOf(measured: readonly Measured[]): string {
  const rows = measured.map(({ figures, envoy_busy, load_busy }) =>
    row([
      figures.case,
      figures.proxy,
      figures.cpu_us_per_call.toString(),
      Math.round(figures.calls_per_s).toString(),
      Math.round(figures.p50_us).toString(),
      Math.round(figures.p99_us).toString(),
      percent(envoy_busy),
      percent(load_busy),
    ]),
  );
  const [first, ...others] = measured;
  const ratios = first === undefined ? [] : others.map((other) => ratioOf(first, other));
  return [...rows, ...ratios].join("\n");
}

/** Medians against medians; in brackets the least and the greatest of the rounds, which shows how quiet the machine was. */
function ratioOf(one: Measured, other: Measured): string {
  const byRound = one.cpu_us_by_round.map((value, i) => value / (other.cpu_us_by_round[i] ?? Number.NaN));
  const spread = `${ratio(Math.min(...byRound))}–${ratio(Math.max(...byRound))}`;
  const [a, b] = [one.figures, other.figures];
  const names = a.case === b.case ? `${a.proxy} ÷ ${b.proxy}` : `${a.case} ÷ ${b.case}`;
  return `    ${names}: CPU ${ratio(a.cpu_us_per_call / b.cpu_us_per_call)} (${spread}), calls/s ${ratio(
    a.calls_per_s / b.calls_per_s,
  )}, p50 ${ratio(a.p50_us / b.p50_us)}, p99 ${ratio(a.p99_us / b.p99_us)}`;
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i < 2 ? cell.padEnd(WIDTHS[i] ?? 0) : cell.padStart(WIDTHS[i] ?? 0))).join(" ");
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function ratio(value: number): string {
  return value.toFixed(value < 0.095 ? 3 : 2);
}
