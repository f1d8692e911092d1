import { asciiOf } from "../memory/ascii";
import { INITIAL_WINDOW_BYTES, RECEIVE_WINDOW_BYTES } from "../memory/limits";
import { FRAME_HEAD_BYTES, FrameType, writeHead } from "./frame/head";
import { SETTING_BYTES, Setting, writeSetting } from "./frame/settings";
import { WINDOW_UPDATE_BYTES, writeWindowUpdate } from "./frame/window-update";

/** RFC 9113 section 3.4. */
const MAGIC_BYTES: usize = 24;
const magic: usize = asciiOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const SETTINGS: u32 = 3;
const MAX_WINDOW_BYTES: u32 = 0x7fff_ffff;

export const PREFACE_BYTES: usize = MAGIC_BYTES + FRAME_HEAD_BYTES + SETTINGS * SETTING_BYTES + WINDOW_UPDATE_BYTES;

/**
 * What opens the connection to HCM. No dynamic table, so that decoding its header blocks needs no state. The connection's
 * window is as large as it can be: what bounds memory is each tunnel's own window, and a tunnel that is held back must not
 * starve the one that is being delivered.
 */
export function writePreface(out: usize): usize {
  memory.copy(out, magic, MAGIC_BYTES);
  out = writeHead(out + MAGIC_BYTES, SETTINGS * SETTING_BYTES, FrameType.SETTINGS, 0, 0);
  out = writeSetting(out, Setting.HEADER_TABLE_SIZE, 0);
  out = writeSetting(out, Setting.ENABLE_PUSH, 0);
  out = writeSetting(out, Setting.INITIAL_WINDOW_SIZE, RECEIVE_WINDOW_BYTES);
  return writeWindowUpdate(out, 0, MAX_WINDOW_BYTES - <u32>INITIAL_WINDOW_BYTES);
}
