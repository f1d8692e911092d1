import { Tunnel, TunnelState } from "../http2/tunnel";
import { Carried, callsOf } from "./carried/carried";
import { Connection } from "./connection";
import { addGauge, Gauge } from "./gauge";

/** Adds a connection to its listener's gauges: once a second, so that nothing has to be counted where calls pass. */
export function measure(connection: Connection): void {
  const gauges = connection.listener.gauges;
  addGauge(gauges, Gauge.CONNECTIONS, 1);
  addGauge(gauges, Gauge.CALLS, connection.callCount);
  addGauge(gauges, Gauge.KEPT_READS, connection.stashCapacity);
  addGauge(gauges, Gauge.KEPT_REPLIES, connection.repliesCapacity);
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (!tunnel.probe) addGauge(gauges, gaugeOf(tunnel), 1);
    addGauge(gauges, Gauge.KEPT_ANSWERS, tunnel.heldCapacity);
    addGauge(gauges, Gauge.KEPT_UNSENT, tunnel.unsentCapacity);
    tunnel = tunnel.next;
  }
}

/** The same of one that tcp_proxy carries: it has no tunnels. */
export function measureCarried(carried: Carried): void {
  const gauges = carried.listener.gauges;
  addGauge(gauges, Gauge.CONNECTIONS, 1);
  addGauge(gauges, Gauge.CALLS, callsOf(carried));
  addGauge(gauges, Gauge.KEPT_READS, carried.blockCapacity);
}

function gaugeOf(tunnel: Tunnel): Gauge {
  if (tunnel.ended || tunnel.state == TunnelState.REFUSED || tunnel.state == TunnelState.ABANDONED) {
    return Gauge.TUNNELS_CLOSING;
  }
  if (tunnel.state == TunnelState.OPENING) return Gauge.TUNNELS_OPENING;
  return tunnel.retiring ? Gauge.TUNNELS_RETIRING : Gauge.TUNNELS_OPEN;
}
