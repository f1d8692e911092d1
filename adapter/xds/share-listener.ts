import { clusterName } from "../model/cluster-name.js";
import type {
  DestinationTunnels,
  ListenerMode,
  ListenerSettings,
  OutboundListener,
  VirtualHost,
} from "../model/model.js";
import { compareText } from "../status/problem.js";

const OWN_LISTENER = "give each port a listener of its own (--listen with a port)";

/** One listener for the services of several ports of a protocol, given in the order of the ports. */
export function shareListener(port: number, ports: readonly OutboundListener[], problems: string[]): OutboundListener {
  const members = alikeInTls(ports, problems);
  const { protocol = "", tls, declared } = members[0] ?? {};
  const protocols = new Set(members.flatMap((member) => member.protocols ?? []));
  const settings = sharedSettings(members, problems);
  const tunnels = sharedTunnels(members);
  return {
    protocol,
    ...(protocols.size > 0 && { protocols: [...protocols] }),
    ...(declared && { declared }),
    port,
    mode: sharedMode(members, problems),
    ...(settings && { settings }),
    ...(tls && { tls }),
    ...(tunnels.length > 0 && { tunnels }),
    virtualHosts: mergeVirtualHosts(members, problems),
  };
}

/** The ports whose clients are to be met as those of the first: no service may be open to more than its policy says. */
function alikeInTls(ports: readonly OutboundListener[], problems: string[]): readonly OutboundListener[] {
  const [first] = ports;
  return ports.filter((one) => {
    if (first === undefined || JSON.stringify(one.tls) === JSON.stringify(first.tls)) return true;
    problems.push(
      `port ${one.port} is left out: its policy says other things of TLS than that of port ${first.port}, and they share a ` +
        `listener; ${OWN_LISTENER}`,
    );
    return false;
  });
}

/** What the first policy says. */
function sharedSettings(members: readonly OutboundListener[], problems: string[]): ListenerSettings | undefined {
  const [first, ...others] = members.filter(({ settings }) => settings !== undefined);
  for (const { port, settings } of others) {
    if (JSON.stringify(settings) === JSON.stringify(first?.settings)) continue;
    problems.push(
      `ports ${first?.port} and ${port} share a listener, and their policies differ; that of port ${first?.port} holds for ` +
        `both: ${OWN_LISTENER}`,
    );
  }
  return first?.settings;
}

function sharedTunnels(members: readonly OutboundListener[]): readonly DestinationTunnels[] {
  // What is said of a destination is the same on every listener.
  const tunnels = new Map(members.flatMap(({ tunnels = [] }) => tunnels.map((one) => [clusterName(one), one])));
  return [...tunnels].sort(([a], [b]) => compareText(a, b)).map(([, one]) => one);
}

/** One listener has one mode. Where its ports are of several, the one that serves all of them. */
function sharedMode(members: readonly OutboundListener[], problems: string[]): ListenerMode {
  const [first, ...others] = members;
  const mode = first?.mode ?? "call";
  const other = others.find((member) => member.mode !== mode);
  if (first === undefined || other === undefined) return mode;
  problems.push(
    `port ${first.port} is of mode ${mode} and port ${other.port} of mode ${other.mode}, which share a listener; it is ` +
      `of mode call: ${OWN_LISTENER}, or all of them one mode`,
  );
  return "call";
}

/** Behind one listener a service name has one meaning: the lowest port keeps a name that several claim. */
function mergeVirtualHosts(members: readonly OutboundListener[], problems: string[]): readonly VirtualHost[] {
  const owners = new Map<string, string>();
  const merged: VirtualHost[] = [];
  for (const virtualHost of members.flatMap((member) => member.virtualHosts)) {
    const services = virtualHost.services.filter((service) => {
      const owner = owners.get(service);
      if (owner === undefined) owners.set(service, virtualHost.name);
      else {
        problems.push(
          `service name "${service}" belongs to ${owner} and to ${virtualHost.name}, which share a listener; calls go to ` +
            `${owner}: ${OWN_LISTENER}, or name the service in one of them only`,
        );
      }
      return owner === undefined;
    });
    if (services.length > 0) merged.push({ ...virtualHost, services });
  }
  return merged;
}
