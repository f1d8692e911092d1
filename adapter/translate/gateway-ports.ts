import type { GatewayPort } from "../model/model.js";
import type { Gateway } from "../resource/resource.js";
import { type ProtocolNames, portProtocol } from "./port-protocol.js";

/** The ports of all gateways, of which some may be one: istiod has one listener for all servers of a port. */
export function gatewayPorts(gateways: readonly Gateway[], names: ProtocolNames): readonly GatewayPort[] {
  const ports = new Map<number, GatewayPort>();
  for (const server of gateways.flatMap(({ spec }) => spec.servers)) {
    const { number, tls } = server;
    const isPassedThrough = tls?.mode === "passthrough";
    const protocol = portProtocol(server, names);
    const before = ports.get(number) ?? { number, protocol, isPassedThrough };
    ports.set(number, {
      number,
      protocol: before.protocol === protocol ? protocol : undefined,
      isPassedThrough: before.isPassedThrough || isPassedThrough,
    });
  }
  return [...ports.values()].sort((a, b) => a.number - b.number);
}
