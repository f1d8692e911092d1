import { describe, expect, it } from "vitest";
import { formatAddress } from "../xds/address.js";
import { parseBindAddress, parseHostPort, parseListen } from "./address.js";

describe("parseHostPort", () => {
  it.each([
    ["127.0.0.1:80", { host: "127.0.0.1", port: 80 }],
    ["[::1]:0", { host: "::1", port: 0 }],
    ["adapter.mesh:65535", { host: "adapter.mesh", port: 65_535 }],
  ])("reads %s", (text, expected) => expect(parseHostPort(text)).toEqual(expected));

  it.each(["", "127.0.0.1", ":80", "127.0.0.1:65536", "::1:80", "a:b", "127.0.0.1:80 "])("refuses %j", (text) =>
    expect(() => parseHostPort(text)).toThrow("Write ADDRESS:PORT"),
  );
});

describe("parseBindAddress", () => {
  it("refuses a name, which is no address to listen on", () =>
    expect(() => parseBindAddress("localhost:80")).toThrow("127.0.0.1:80"));

  it.each(["127.0.0.1:80", "[::1]:80"])("is undone by formatAddress: %s", (text) =>
    expect(formatAddress(parseBindAddress(text))).toBe(text),
  );
});

describe("parseListen", () => {
  it("reads a protocol, the port of its services, and addresses of both families, after those before it", () => {
    const first = { protocol: "dubbo", addresses: [{ ip: "127.0.0.1", port: 1 }] };
    expect(parseListen("dubbo=127.0.0.1:1")).toEqual([first]);
    const second = { protocol: "dubbo", port: 20880, addresses: [...first.addresses, { ip: "::1", port: 2 }] };
    expect(parseListen("dubbo:20880=127.0.0.1:1,[::1]:2", [first as never])).toEqual([first, second]);
  });

  it.each(["127.0.0.1:1", "=127.0.0.1:1", "dubbo=", "dubbo:x=127.0.0.1:1"])("refuses %j", (text) =>
    expect(() => parseListen(text)).toThrow("PROTOCOL=ADDRESS:PORT"),
  );

  it("refuses a bad address in the list", () =>
    expect(() => parseListen("dubbo=127.0.0.1:1,x")).toThrow("Write ADDRESS:PORT"));
});
