/** What is measured: `16x16/64` is 16 connections with 16 calls in flight on each, and an argument of 64 bytes. */
export interface Case {
  readonly name: string;
  readonly connections: number;
  readonly inFlight: number;
  readonly payloadBytes: number;
}

const SHAPES = ["16x1", "16x16", "64x4", "4x64"];
const PAYLOADS = [64, 1024, 12 * 1024, 1024 * 1024];

const UNITS: Record<string, number> = { "": 1, k: 1024, m: 1024 * 1024 };

/** Reads `16x1/64,64x4/1MiB`; payloads are bytes unless they say KiB or MiB. */
export function parseCases(text: string): Case[] {
  return text.split(",").map((name) => parseCase(name.trim()));
}

function parseCase(text: string): Case {
  const parts = /^([1-9]\d*)x([1-9]\d*)\/([1-9]\d*)(?:([km])(?:i?b)?)?$/i.exec(text);
  if (parts === null) {
    throw new Error(`"${text}" is no case: write CONNECTIONSxIN_FLIGHT/PAYLOAD, for instance 16x16/64 or 4x64/1MiB`);
  }
  const [, connections, inFlight, payload, unit = ""] = parts;
  const payloadBytes = Number(payload) * (UNITS[unit.toLowerCase()] ?? 1);
  return {
    name: `${connections}x${inFlight}/${payloadBytes}`,
    connections: Number(connections),
    inFlight: Number(inFlight),
    payloadBytes,
  };
}

export function allCases(): Case[] {
  return PAYLOADS.flatMap((payload) => SHAPES.map((shape) => parseCase(`${shape}/${payload}`)));
}
