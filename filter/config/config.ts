import { MAX_CONFIGURED_MESSAGE_BYTES } from "../memory/limits";
import { freeArena, newArena } from "../route/arena";
import {
  abandonTable,
  addService,
  beginTable,
  finishTable,
  finishVirtualHost,
  nameVirtualHost,
  newVirtualHost,
  setMaxMessageBytes,
  setReadBufferBytes,
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
import { beginPath, fail, failed, failMissing, failWith } from "./problem";
import { setProtocol } from "./read-match";
import { readRoute } from "./read-route";
import { readClusters, readConnection } from "./read-settings";

export { configError, configErrorBytes } from "./problem";

/** Bits of VirtualHost's fields. */
const NAME: u32 = 0;
const SERVICES: u32 = 1;
const ROUTES: u32 = 2;

/**
 * The table of a FilterConfig in JSON (the proto3 mapping). Null: it is refused as a whole, `problem.configError` says where and
 * why, and nothing of it is left.
 */
export function readTable(json: usize, length: u32, protocol: i32): Table | null {
  const texts = newArena();
  openInput(json, length, texts);
  beginPath();
  setProtocol(protocol);
  beginTable();
  const good = readFilterConfig() && closeInput();
  freeArena(texts);
  if (good) return finishTable();
  abandonTable();
  return null;
}

function readFilterConfig(): bool {
  if (!enterObject()) return false;
  let hosts: u32 = 0;
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
      // Nothing depends on it: it makes this configuration differ from all before it.
      readString();
    } else {
      otherField();
    }
  }
  if (!failed && hosts == 0) return failMissing("virtual_hosts");
  return !failed;
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

function readRoutes(): void {
  if (!enterList()) return;
  for (let count: u32 = 0; nextElement(count); count++) readRoute();
}
