import { INITIAL_MAX_FRAME_BYTES, MAX_CONTROL_FRAME_BYTES, MAX_FRAME_BYTES } from "../memory/limits";
import { GOAWAY_FIXED_BYTES, lastStream } from "./frame/goaway";
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  FRAME_HEAD_BYTES,
  FrameType,
  frameFlags,
  frameLength,
  frameStream,
  frameType,
  PADDED,
  PRIORITY,
} from "./frame/head";
import { SETTING_BYTES, Setting, settingIdentifier, settingValue } from "./frame/settings";
import { WINDOW_UPDATE_PAYLOAD_BYTES, windowIncrement } from "./frame/window-update";
import { decodeResponseHeaders } from "./hpack/response";
import { Session, tunnelOfStream } from "./session";
import { Tunnel } from "./tunnel";

/** What HCM wrote, frame by frame. `Event` says what the proxy has to do; all else is done here. */
export enum Event {
  /** All bytes are read. */
  END,
  /** Nothing for the proxy. */
  NONE,
  /** `received.payload` bytes of a tunnel (`received.tunnel`, null if it is gone). */
  DATA,
  /** A tunnel's response: `responseHeaders` are filled. */
  HEADERS,
  /** The tunnel is over. */
  TUNNEL_ENDED,
  /** More may be sent now. */
  WINDOW_OPENED,
  /** Our PING was answered. */
  PING_ACK,
  /** HCM wants to end the connection: no streams beyond `session.lastStream`. */
  GOING_AWAY,
  /** This is not HTTP/2 as we know it: the connection cannot go on. */
  PROTOCOL_ERROR,
}

@unmanaged
export class Received {
  /** Where reading goes on, and where the bytes end. */
  at: usize;
  end: usize;
  tunnel: Tunnel | null;
  payload: usize;
  payloadBytes: u32;
  /** With DATA and HEADERS: these bytes are the stream's last. */
  last: bool;
}

export const received: Received = changetype<Received>(memory.data(32));

/** Reads on at `received.at`. */
export function receive(session: Session): Event {
  if (session.frameRest == 0) {
    if (received.at >= received.end) return Event.END;
    if (!readHead(session)) return Event.END;
    if (session.frameType != FrameType.DATA) {
      if (session.frameRest > MAX_CONTROL_FRAME_BYTES) return Event.PROTOCOL_ERROR;
      if (session.frameRest == 0) return control(session, 0, 0);
    } else if (session.frameRest == 0) return data(session);
  }
  if (received.at >= received.end) return Event.END;
  return session.frameType == FrameType.DATA ? data(session) : controlPayload(session);
}

function readHead(session: Session): bool {
  let head = received.at;
  if (session.headBytes == 0 && received.end - received.at >= FRAME_HEAD_BYTES) received.at += FRAME_HEAD_BYTES;
  else {
    head = changetype<usize>(session) + offsetof<Session>("head0");
    while (session.headBytes < <u32>FRAME_HEAD_BYTES) {
      if (received.at >= received.end) return false;
      store<u8>(head + session.headBytes, load<u8>(received.at));
      session.headBytes++;
      received.at++;
    }
    session.headBytes = 0;
  }
  session.frameRest = frameLength(head);
  session.frameType = frameType(head);
  session.frameFlags = frameFlags(head);
  session.frameStream = frameStream(head);
  return true;
}

function data(session: Session): Event {
  if (session.frameFlags & PADDED) return Event.PROTOCOL_ERROR;
  const available = <u32>(received.end - received.at);
  const bytes = min<u32>(session.frameRest, available);
  session.frameRest -= bytes;
  session.received += bytes;
  received.payload = received.at;
  received.payloadBytes = bytes;
  received.at += bytes;
  received.tunnel = tunnelOfStream(session, session.frameStream);
  received.last = session.frameRest == 0 && (session.frameFlags & END_STREAM) != 0;
  return Event.DATA;
}

/** The payload of a control frame, whole: from the bytes at hand, or collected when it comes in parts. */
function controlPayload(session: Session): Event {
  const available = <u32>(received.end - received.at);
  const bytes = min<u32>(session.frameRest, available);
  const at = received.at;
  received.at += bytes;
  if (!session.controlBytes && bytes == session.frameRest) {
    session.frameRest = 0;
    return control(session, at, bytes);
  }
  if (!session.control) session.control = heap.alloc(MAX_CONTROL_FRAME_BYTES);
  memory.copy(session.control + session.controlBytes, at, bytes);
  session.controlBytes += bytes;
  session.frameRest -= bytes;
  if (session.frameRest) return Event.END;
  const event = control(session, session.control, session.controlBytes);
  session.controlBytes = 0;
  return event;
}

function control(session: Session, payload: usize, bytes: u32): Event {
  switch (session.frameType) {
    case FrameType.HEADERS:
      return headers(session, payload, bytes);
    case FrameType.RST_STREAM:
      received.tunnel = tunnelOfStream(session, session.frameStream);
      return received.tunnel ? Event.TUNNEL_ENDED : Event.NONE;
    case FrameType.SETTINGS:
      return settings(session, payload, bytes);
    case FrameType.PING:
      if (bytes != 8) return Event.PROTOCOL_ERROR;
      if (session.frameFlags & ACK) {
        session.pingSent = false;
        return Event.PING_ACK;
      }
      session.pingPayload = load<u64>(payload);
      session.pingAcksOwed++;
      return Event.NONE;
    case FrameType.GOAWAY:
      // It comes twice: first as a notice, with ANY_STREAM, then with the last one.
      if (bytes < GOAWAY_FIXED_BYTES) return Event.PROTOCOL_ERROR;
      session.lastStream = min<u32>(session.lastStream, lastStream(payload));
      return Event.GOING_AWAY;
    case FrameType.WINDOW_UPDATE:
      return windowUpdate(session, payload, bytes);
    default:
      // PRIORITY and types that are not known are ignored (section 5.5). HCM sends neither PUSH_PROMISE nor CONTINUATION.
      return Event.NONE;
  }
}

/** HCM pads nothing, sends no priorities and no trailers, and its response headers fit one frame: anything else is not HCM. */
function headers(session: Session, payload: usize, bytes: u32): Event {
  if ((session.frameFlags & (PADDED | PRIORITY | END_HEADERS)) != END_HEADERS) return Event.PROTOCOL_ERROR;
  received.tunnel = tunnelOfStream(session, session.frameStream);
  if (!decodeResponseHeaders(payload, bytes)) return Event.PROTOCOL_ERROR;
  received.last = (session.frameFlags & END_STREAM) != 0;
  return received.tunnel ? Event.HEADERS : Event.NONE;
}

function settings(session: Session, payload: usize, bytes: u32): Event {
  if (session.frameFlags & ACK) return Event.NONE;
  for (let entry = payload; entry + SETTING_BYTES <= payload + bytes; entry += SETTING_BYTES) {
    const value = settingValue(entry);
    switch (settingIdentifier(entry)) {
      case Setting.MAX_CONCURRENT_STREAMS:
        session.peerMaxStreams = value;
        break;
      case Setting.INITIAL_WINDOW_SIZE:
        if (value > 0x7fff_ffff) return Event.PROTOCOL_ERROR;
        resizeWindows(session, <i32>value);
        break;
      case Setting.MAX_FRAME_SIZE:
        if (value < INITIAL_MAX_FRAME_BYTES) return Event.PROTOCOL_ERROR;
        session.peerMaxFrame = min<u32>(value, MAX_FRAME_BYTES);
        break;
      default:
        break;
    }
  }
  session.settingsAcksOwed++;
  return Event.WINDOW_OPENED;
}

/** RFC 9113 section 6.9.2: a new initial window changes the windows of all streams by the difference. */
function resizeWindows(session: Session, initial: i32): void {
  const difference = initial - session.peerInitialWindow;
  session.peerInitialWindow = initial;
  let tunnel = session.tunnels;
  while (tunnel) {
    tunnel.sendWindow += difference;
    tunnel = tunnel.next;
  }
}

function windowUpdate(session: Session, payload: usize, bytes: u32): Event {
  if (bytes != WINDOW_UPDATE_PAYLOAD_BYTES) return Event.PROTOCOL_ERROR;
  const increment = <i32>windowIncrement(payload);
  if (session.frameStream == 0) {
    if (session.sendWindow > i32.MAX_VALUE - increment) return Event.PROTOCOL_ERROR;
    session.sendWindow += increment;
    return Event.WINDOW_OPENED;
  }
  const tunnel = tunnelOfStream(session, session.frameStream);
  if (!tunnel) return Event.NONE;
  if (tunnel.sendWindow > i32.MAX_VALUE - increment) return Event.PROTOCOL_ERROR;
  tunnel.sendWindow += increment;
  return Event.WINDOW_OPENED;
}
