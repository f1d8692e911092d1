import { ACK, FRAME_HEAD_BYTES, FrameType, writeHead } from "./head";

/** RFC 9113 section 6.5: entries of [ identifier u16 | value u32 ]. */
export const SETTING_BYTES: u32 = 6;
export const SETTINGS_ACK_BYTES: usize = FRAME_HEAD_BYTES;

export enum Setting {
  HEADER_TABLE_SIZE = 0x1,
  ENABLE_PUSH = 0x2,
  MAX_CONCURRENT_STREAMS = 0x3,
  INITIAL_WINDOW_SIZE = 0x4,
  MAX_FRAME_SIZE = 0x5,
}

export function settingIdentifier(entry: usize): u32 {
  return bswap<u16>(load<u16>(entry));
}

export function settingValue(entry: usize): u32 {
  return bswap<u32>(load<u32>(entry, 2));
}

export function writeSetting(out: usize, identifier: Setting, value: u32): usize {
  store<u16>(out, bswap<u16>(<u16>identifier));
  store<u32>(out, bswap<u32>(value), 2);
  return out + SETTING_BYTES;
}

export function writeSettingsAck(out: usize): usize {
  return writeHead(out, 0, FrameType.SETTINGS, ACK, 0);
}
