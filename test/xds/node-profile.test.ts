import { expect, it } from "vitest";
import { identify } from "../../adapter/server/node.js";

const PEER = { address: "127.0.0.1", certificate: undefined };

function identified(metadata: Readonly<Record<string, string>>, id = "laptop") {
  const fields = Object.fromEntries(Object.entries(metadata).map(([name, stringValue]) => [name, { stringValue }]));
  return identify({ id, cluster: "", metadata: { fields } }, PEER);
}

it("reads all addresses that a node announces, by interface where it says that", () => {
  const { addresses } = identified({
    INSTANCE_IPS: "10.0.0.5, fd00::5,127.0.0.1,::1,fe80::1,nonsense",
    INTERFACES: "eth0=10.0.0.5,eth1=10.1.0.5",
  });
  expect(addresses).toEqual([
    { ip: "10.0.0.5", interface: "eth0" },
    { ip: "fd00::5", interface: undefined },
    { ip: "10.1.0.5", interface: "eth1" },
  ]);
});

it("reads whether its machine's connections come to it, and what it says of two families", () => {
  expect(identified({ INTERCEPTION_MODE: "REDIRECT", DUAL_STACK: "false" })).toMatchObject({
    captured: true,
    dualStack: false,
  });
  expect(identified({ INTERCEPTION_MODE: "NONE", ISTIO_DUAL_STACK: "true" })).toMatchObject({
    captured: false,
    dualStack: true,
  });
  expect(identified({})).toMatchObject({ captured: false, dualStack: undefined, addresses: [], labels: {} });
});

it("bounds the addresses that it keeps", () => {
  const ips = Array.from({ length: 1000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
  expect(identified({ INSTANCE_IPS: ips.join() }).addresses).toHaveLength(256);
});
