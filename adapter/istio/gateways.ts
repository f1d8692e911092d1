import type { GatewayPort, OutboundListener, VirtualHost } from "../model/model.js";

/**
 * The listeners of gateways at ports that no service has. Which service a client wants is said by its calls alone there, so that all that
 * the protocol's other listeners route is routed, too: where two of them have one service, by the one with the lower port.
 */
export function gatewayListeners(
  listeners: readonly OutboundListener[],
  gateways: readonly GatewayPort[] = [],
): readonly OutboundListener[] {
  return gateways.flatMap(({ number: port, protocol, isPassedThrough }) => {
    const speaking = listeners.filter((one) => one.protocol === protocol).sort((a, b) => a.port - b.port);
    if (protocol === undefined || isPassedThrough || speaking.some((one) => one.port === port)) return [];
    if (speaking.every((one) => one.virtualHosts.length === 0)) return [];
    const tunnels = speaking.flatMap((one) => one.tunnels ?? []);
    const virtualHosts = withoutRepetition(speaking.flatMap((one) => one.virtualHosts));
    const [{ declared } = {}] = speaking;
    const protocols = new Set(speaking.flatMap((one) => one.protocols ?? []));
    return [
      {
        protocol,
        ...(declared && { declared }),
        ...(protocols.size > 0 && { protocols: [...protocols] }),
        port,
        mode: "call",
        ...(tunnels.length > 0 && { tunnels }),
        virtualHosts,
      },
    ];
  });
}

/** Whether what comes at this port is TLS that gateways do not open: no protocol of ours to the filter. */
export function isSealed(port: number, gateways: readonly GatewayPort[] = []): boolean {
  return gateways.some(({ number, isPassedThrough }) => number === port && isPassedThrough);
}

function withoutRepetition(virtualHosts: readonly VirtualHost[]): readonly VirtualHost[] {
  const taken = new Set<string>();
  return virtualHosts.flatMap((host) => {
    const services = host.services.filter((one) => !taken.has(one) && taken.add(one));
    return services.length > 0 ? [{ ...host, services }] : [];
  });
}
