import { Protocol, protocolOf } from "../codec/codec";
import { beginPath, failAt, failAtWith, failed } from "../config/problem";
import { property, propertyBytes } from "../host/property";
import { asciiOf } from "../memory/ascii";
import { Table } from "../route/table";
import { Listener, openListener } from "./listener";
import { Mode, modeOf, protocolBytesOf } from "./mode";

const name: usize = asciiOf("plugin_name");
const rootId: usize = asciiOf("plugin_root_id");
const envoyMinor: usize = asciiOf("xds\0node\0user_agent_build_version\0version\0minor_number");
const ENVOY_MINOR_BYTES: u32 = 54;
/** The first Envoy 1.x whose tcp_proxy can be had to read before it is connected (`max_early_data_bytes`). */
const EARLY_DATA_MINOR: u64 = 37;

/**
 * The listener that the plugin being configured is for: the plugin's name is the listener's, its root id says what to speak and what
 * to do ("dubbo", "dubbo/observe"). What cannot be served is noted as a problem of the configuration (`config/problem`).
 */
export function listenerOfPlugin(): Listener {
  beginPath();
  const id = property(rootId, 14);
  const bytes = propertyBytes;
  const protocolBytes = protocolBytesOf(id, bytes);
  const protocol = protocolOf(id, protocolBytes);
  const mode = modeOf(id, bytes, protocolBytes);
  if (protocol == Protocol.UNKNOWN) failAtWith("root_id", "no protocol of this filter", id, bytes);
  else if (mode == Mode.UNKNOWN) failAtWith("root_id", "no mode of a listener, it is connection or observe", id, bytes);
  if (mode == Mode.CONNECTION && !readsEarly()) {
    failAt("root_id", "mode connection needs Envoy 1.37 or later, for tcp_proxy's max_early_data_bytes");
  }
  return openListener(property(name, 11), propertyBytes, protocol, mode);
}

/** Without early data tcp_proxy reads nothing before it is connected, and it is not to be connected before something is read. */
function readsEarly(): bool {
  const minor = property(envoyMinor, ENVOY_MINOR_BYTES);
  return !minor || propertyBytes != 8 || load<u64>(minor) >= EARLY_DATA_MINOR;
}

/** Whether a listener of this mode can be served by the table, which is good in itself; the problem is noted otherwise. */
export function suits(mode: Mode, table: Table): bool {
  if (mode == Mode.CALL) return true;
  if (table.authorization) return failAt("authorization", "calls are allowed and denied in mode call alone");
  if (mode != Mode.OBSERVE) return true;
  // What is looked at has gone on: it cannot be looked at again once more of it has come.
  if (table.protocolCount) return failAt("root_id", "in mode observe one protocol is named, not auto");
  return table.cluster ? true : failAt("virtual_hosts", "in mode observe all routes name one cluster");
}

/** Whether the plugin was found fit to be configured. */
export function isFit(): bool {
  return !failed;
}
