import { Region } from "../host/arena";
import { property, propertyBytes } from "../host/property";
import { asciiOf } from "../memory/ascii";
import { Table, VirtualHost, virtualHostAt } from "../route/table";

/** Also where the connection was redirected: Envoy has restored the address that the client asked for. */
const destinationAddress: usize = asciiOf("destination\0address");
const DESTINATION_ADDRESS_BYTES: u32 = 19;

/** The virtual host of calls whose service none has by its name: by the address that the connection in effect was made to, else that of "*". */
export function hostByAddress(table: Table): VirtualHost | null {
  if (!table.addresses.count) return table.anyService;
  const address = property(destinationAddress, DESTINATION_ADDRESS_BYTES, Region.ASIDE);
  const host = address ? virtualHostAt(table, address, propertyBytes) : null;
  return host || table.anyService;
}
