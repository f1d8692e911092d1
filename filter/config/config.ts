import { isDetectable, Protocol, protocolOf } from "../codec/codec";
import { MAX_CONFIGURED_MESSAGE_BYTES } from "../memory/limits";
import { freeArena, newArena } from "../route/arena";
import {
  abandonTable,
  addAddress,
  addProtocol,
  addService,
  beginTable,
  finishTable,
  finishVirtualHost,
  nameVirtualHost,
  newVirtualHost,
  protocolAt,
  protocolCount,
  setAuthorization,
  setCode,
  setMaxMessageBytes,
  setReadBufferBytes,
  setStandsInFor,
  setVersion,
} from "../route/builder";
import { Table, VirtualHost } from "../route/table";
import { integer, readInteger } from "./integer";
import {
  closeInput,
  enterList,
  enterObject,
  fieldsSeen,
  isField,
  nextElement,
  nextField,
  openInput,
  otherField,
  readString,
  text,
  textBytes,
} from "./json";
import { readAuthorization } from "./policies/read-authorization";
import { beginMutations, checkMutations } from "./policies/read-mutation";
import { beginPath, fail, failAt, failed, failMissing, failWith } from "./problem";
import { readProgram } from "./read-program";
import { readRoute } from "./read-route";
import { readClusters, readConnection } from "./read-settings";

export { configError, configErrorBytes } from "./problem";

/** Bits of VirtualHost's fields. */
const NAME: u32 = 0;
const SERVICES: u32 = 1;
const ROUTES: u32 = 2;
const ADDRESSES: u32 = 3;

/**
 * The table of a FilterConfig in JSON (the proto3 mapping). Null: it is refused as a whole, `problem.configError` says where and
 * why, and nothing of it is left.
 */
export function readTable(json: usize, length: u32, protocol: i32): Table | null {
  const texts = newArena();
  openInput(json, length, texts);
  beginPath();
  beginTable(length);
  const good = readFilterConfig(protocol) && closeInput();
  freeArena(texts);
  if (good) return finishTable(protocol);
  abandonTable();
  return null;
}

function readFilterConfig(protocol: i32): bool {
  if (!enterObject()) return false;
  beginMutations(protocol);
  let hosts: u32 = 0;
  let protocols: u32 = 0;
  let program = false;
  while (nextField()) {
    if (isField("virtual_hosts", 0)) {
      hosts = readVirtualHosts();
    } else if (isField("max_message_bytes", 1)) {
      // 0 is as good as absent: the default holds.
      if (readInteger(0, MAX_CONFIGURED_MESSAGE_BYTES) && integer > 0) setMaxMessageBytes(<u32>integer);
    } else if (isField("read_buffer_bytes", 3)) {
      if (readInteger(0, u32.MAX_VALUE) && integer > 0) setReadBufferBytes(<u32>integer);
    } else if (isField("clusters", 4)) {
      readClusters();
    } else if (isField("connection", 5)) {
      readConnection();
    } else if (isField("version", 2)) {
      if (readString()) setVersion(text, textBytes);
    } else if (isField("code", 6)) {
      if (readString()) setCode(text, textBytes);
    } else if (isField("stands_in_for", 7)) {
      if (readString()) setStandsInFor(text, textBytes);
    } else if (isField("protocols", 8)) {
      protocols = readProtocols();
    } else if (isField("program", 9)) {
      program = readProgram();
    } else if (isField("authorization", 10)) {
      setAuthorization(readAuthorization(protocol));
    } else {
      otherField();
    }
  }
  if (!failed && hosts == 0) return failMissing("virtual_hosts");
  if (failed) return false;
  const auto = protocol == Protocol.AUTO;
  if (auto && protocols == 0) return failMissing("protocols");
  if (auto && !holdAll()) return false;
  if (!auto && protocols > 0) return failAt("protocols", "the plugin's root_id names one protocol, not auto");
  const declared = protocol == Protocol.DECLARED;
  if (declared && !program) return failMissing("program");
  if (!declared && program) return failAt("program", "the plugin's root_id does not say declared");
  return true;
}

function readProtocols(): u32 {
  if (!enterList()) return 0;
  let count: u32 = 0;
  for (; nextElement(count); count++) {
    if (!readString()) break;
    const protocol = protocolOf(text, textBytes);
    if (!isDetectable(protocol)) failWith("no protocol that this filter can tell by its first bytes", text, textBytes);
    else if (!addProtocol(protocol)) failWith("given twice", text, textBytes);
  }
  return count;
}

/** Whether messages of each of the protocols have a place for all that routes change. */
function holdAll(): bool {
  for (let i: u32 = 0; i < protocolCount(); i++) if (!checkMutations(protocolAt(i))) return false;
  return true;
}

function readVirtualHosts(): u32 {
  if (!enterList()) return 0;
  let count: u32 = 0;
  for (; nextElement(count); count++) readVirtualHost();
  return count;
}

function readVirtualHost(): bool {
  if (!enterObject()) return false;
  const host = newVirtualHost();
  let services: u32 = 0;
  while (nextField()) {
    if (isField("name", NAME)) readName(host);
    else if (isField("services", SERVICES)) services = readServices(host);
    else if (isField("routes", ROUTES)) readRoutes();
    else if (isField("addresses", ADDRESSES)) readAddresses(host);
    else otherField();
  }
  if (failed) return false;
  if (!(fieldsSeen & (1 << NAME))) return failMissing("name");
  if (services == 0) return failMissing("services");
  finishVirtualHost(host);
  return true;
}

function readName(host: VirtualHost): bool {
  if (!readString()) return false;
  if (textBytes == 0) return fail("must not be empty");
  return nameVirtualHost(host, text, textBytes) || failWith("another virtual host has this name", text, textBytes);
}

function readServices(host: VirtualHost): u32 {
  if (!enterList()) return 0;
  let count: u32 = 0;
  for (; nextElement(count); count++) {
    if (!readString()) break;
    if (textBytes == 0) fail("must not be empty");
    else if (!addService(host, text, textBytes)) failWith("a virtual host has this service already", text, textBytes);
  }
  return count;
}

function readAddresses(host: VirtualHost): void {
  if (!enterList()) return;
  for (let count: u32 = 0; nextElement(count); count++) {
    if (!readString()) return;
    if (!addAddress(host, text, textBytes)) failWith("a virtual host has this address already", text, textBytes);
  }
}

function readRoutes(): void {
  if (!enterList()) return;
  for (let count: u32 = 0; nextElement(count); count++) readRoute();
}
