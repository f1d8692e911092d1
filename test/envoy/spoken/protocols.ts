import { asConfigured } from "../../filter/codec/declared.js";
import { decodeAwesome, encodeAwesome } from "../../support/awesome.js";
import { decodeBrpc, encodeBrpcAnswer, encodeBrpcCall } from "../../support/brpc.js";
import { answerText, callHead, decodeMessage, encodeAnswer, encodeCall } from "../../support/dubbo.js";
import { decodeTars, encodeTarsAnswer, encodeTarsCall } from "../../support/tars.js";
import { decodeThrift, encodeThrift } from "../../support/thrift.js";
import { decodeTrpc, encodeTrpcAnswer, encodeTrpcCall } from "../../support/trpc.js";
import { redis } from "./redis.js";
import type { Spoken } from "./spoken.js";

const SERVICE = "demo.Greeter";
const WHY = "the server does not like it";
const byName = (name: string) => (method: string) => ({ name, exact_match: method });
const NAMED = { named: true, valueAttribute: "user", ordered: false } as const;

const dubbo: Spoken = {
  ...NAMED,
  protocol: "dubbo",
  table: {},
  match: byName("method"),
  codes: { timeout: 31, aborted: 80, rate_limited: 100, overflow: 100, denied: 70, upstream_failure: 80 },
  failure: 70,
  encodeCall: ({ id, method, attributes = {} }) =>
    encodeCall({ id, service: SERVICE, method, attachments: { ...attributes } }),
  decodeCall(bytes) {
    const call = decodeMessage(bytes);
    return call && { bytes: call.bytes, id: Number(call.id), method: callHead(call).method };
  },
  encodeAnswer: ({ id }) => encodeAnswer({ id }),
  encodeFailure: ({ id }) => encodeAnswer({ id, status: 70, value: WHY }),
  decodeAnswer(bytes) {
    const answer = decodeMessage(bytes);
    if (!answer) return undefined;
    const { status, id } = answer;
    const ok = status === 20;
    return { bytes: answer.bytes, id: Number(id), status, ok, text: ok ? "" : answerText(answer) };
  },
};

const thrift: Spoken = {
  ...NAMED,
  protocol: "thrift",
  table: {},
  match: byName("method"),
  codes: { timeout: 6, aborted: 6, rate_limited: 6, overflow: 6, denied: 6, upstream_failure: 6 },
  failure: 5,
  encodeCall: ({ id, method, attributes = {} }) =>
    encodeThrift({ type: "call", name: method, seqid: id, sequence: id, transport: "header", header: attributes }),
  decodeCall(bytes) {
    const call = decodeThrift(bytes);
    return call && { bytes: call.bytes, id: call.seqid, method: call.name };
  },
  encodeAnswer: ({ id, method }) =>
    encodeThrift({ ...ofHeader(id, method), type: "reply", fields: new Map([[0, "pong"]]) }),
  encodeFailure: ({ id, method }) =>
    encodeThrift({
      ...ofHeader(id, method),
      type: "exception",
      fields: new Map<number, string | number>([
        [1, WHY],
        [2, 5],
      ]),
    }),
  decodeAnswer(bytes) {
    const answer = decodeThrift(bytes);
    if (!answer) return undefined;
    const ok = answer.type === "reply";
    const status = ok ? 0 : Number(answer.fields?.get(2));
    return { bytes: answer.bytes, id: answer.seqid, status, ok, text: ok ? "" : String(answer.fields?.get(1)) };
  },
};

function ofHeader(id: number, name: string) {
  return { name, seqid: id, sequence: id, transport: "header" } as const;
}

const tars: Spoken = {
  ...NAMED,
  protocol: "tars",
  table: {},
  match: byName("func"),
  codes: { timeout: -7, aborted: -99, rate_limited: -9, overflow: -9, denied: -99, upstream_failure: -8 },
  failure: 17,
  encodeCall: ({ id, method, attributes = {} }) =>
    encodeTarsCall({ id, servant: SERVICE, func: method, context: { ...attributes } }),
  decodeCall(bytes) {
    const call = decodeTars(bytes, "request");
    return call && { bytes: call.bytes, id: call.id, method: call.func };
  },
  encodeAnswer: ({ id }) => encodeTarsAnswer({ id }),
  encodeFailure: ({ id }) => encodeTarsAnswer({ id, ret: 17, desc: WHY }),
  decodeAnswer(bytes) {
    const answer = decodeTars(bytes, "response");
    if (!answer) return undefined;
    const { id, status, text } = answer;
    return { bytes: answer.bytes, id, status, ok: status === 0, text };
  },
};

const trpc: Spoken = {
  ...NAMED,
  protocol: "trpc",
  table: {},
  match: (method) => ({ name: "func", exact_match: `/${SERVICE}/${method}` }),
  codes: { timeout: 21, aborted: 31, rate_limited: 23, overflow: 22, denied: 41, upstream_failure: 141 },
  failure: 5001,
  encodeCall: ({ id, method, attributes = {} }) =>
    encodeTrpcCall({ id, callee: SERVICE, func: `/${SERVICE}/${method}`, transInfo: { ...attributes } }),
  decodeCall(bytes) {
    const call = decodeTrpc(bytes, "request");
    return call && { bytes: call.bytes, id: call.id, method: call.func.slice(call.func.lastIndexOf("/") + 1) };
  },
  encodeAnswer: ({ id }) => encodeTrpcAnswer({ id }),
  encodeFailure: ({ id }) => encodeTrpcAnswer({ id, funcRet: 5001, text: WHY }),
  decodeAnswer(bytes) {
    const answer = decodeTrpc(bytes, "response");
    if (!answer) return undefined;
    const { id, status, text } = answer;
    return { bytes: answer.bytes, id, status, ok: status === 0, text };
  },
};

const brpc: Spoken = {
  ...NAMED,
  protocol: "brpc",
  table: {},
  match: byName("method"),
  codes: { timeout: 1008, aborted: 1009, rate_limited: 2004, overflow: 2004, denied: 1004, upstream_failure: 1009 },
  failure: 3001,
  encodeCall: ({ id, method, attributes = {} }) =>
    encodeBrpcCall({ id: BigInt(id), service: SERVICE, method, userFields: { ...attributes } }),
  decodeCall(bytes) {
    const call = decodeBrpc(bytes);
    return call && { bytes: call.bytes, id: Number(call.id), method: call.method };
  },
  encodeAnswer: ({ id }) => encodeBrpcAnswer({ id: BigInt(id), data: Buffer.from("pong") }),
  encodeFailure: ({ id }) => encodeBrpcAnswer({ id: BigInt(id), status: 3001, text: WHY }),
  decodeAnswer(bytes) {
    const answer = decodeBrpc(bytes);
    if (!answer) return undefined;
    const { id, status, text } = answer;
    return { bytes: answer.bytes, id: Number(id), status, ok: status === 0, text };
  },
};

const { rootId: declared, ...program } = asConfigured("declared-awesome");

const awesome: Spoken = {
  ...NAMED,
  valueAttribute: "zone",
  protocol: declared,
  table: program,
  match: byName("what"),
  codes: { timeout: 502, aborted: 502, rate_limited: 503, overflow: 503, denied: 400, upstream_failure: 502 },
  failure: 7,
  encodeCall: ({ id, method, attributes = {} }) =>
    encodeAwesome({ kind: "call", id, service: SERVICE, method, tags: { what: method, ...attributes } }),
  decodeCall(bytes) {
    const call = decodeAwesome(bytes);
    return call && { bytes: call.bytes, id: call.id, method: call.method ?? "" };
  },
  encodeAnswer: ({ id }) => encodeAwesome({ kind: "answer", id, status: 0 }),
  encodeFailure: ({ id }) => encodeAwesome({ kind: "answer", id, status: 7, text: WHY }),
  decodeAnswer(bytes) {
    const answer = decodeAwesome(bytes);
    if (!answer) return undefined;
    const { id, status = 0, text = "" } = answer;
    return { bytes: answer.bytes, id, status, ok: status === 0, text };
  },
};

export const PROTOCOLS: readonly Spoken[] = [dubbo, thrift, tars, trpc, brpc, redis, awesome];
