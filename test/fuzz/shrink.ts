import type { Action, FrameAction, Script } from "./script.js";
import { MessageStream } from "./stream.js";

/** Attempts after which what there is has to do. */
const MAX_ATTEMPTS = 1500;
const ANY_LENGTH = 2 ** 31 + 16;

/** Whether a script still fails, and in the same way. */
type Fails = (script: Script) => boolean;

/** Makes a failing script smaller for as long as it fails: fewer actions, fewer bytes, fewer cuts, nothing out of the ordinary. */
export function shrink(script: Script, fails: Fails): Script {
  let attempts = 0;
  let best = script;
  const attempt = (next: Script): boolean => {
    if (attempts++ >= MAX_ATTEMPTS || !fails(next)) return false;
    best = next;
    return true;
  };
  for (let before: Script | undefined; before !== best && attempts < MAX_ATTEMPTS; ) {
    before = best;
    dropActions(() => best, attempt);
    for (let i = 0; i < best.actions.length; i++) shrinkAction(i, () => best, attempt);
    for (const simpler of simplerSettings(best)) attempt(simpler);
  }
  return best;
}

/** Runs of actions, long ones first. */
function dropActions(best: () => Script, attempt: Fails): void {
  for (let size = best().actions.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < best().actions.length; ) {
      const actions = best().actions.filter((_, i) => i < at || i >= at + size);
      if (!attempt(withActions(best(), actions))) at += size;
    }
  }
}

function shrinkAction(index: number, best: () => Script, attempt: Fails): void {
  const now = () => best().actions[index] as Action | FrameAction;
  const replace = (change: object) => attempt(replaced(best(), index, { ...now(), ...change } as Action));
  const action = now();
  if ("cut" in action && action.cut.sizes.length > 0) {
    replace({ cut: { sizes: [], turns: false } });
    replace({ cut: { sizes: action.cut.sizes.slice(0, 1), turns: action.cut.turns } });
  }
  if ("cut" in action && action.cut.turns) replace({ cut: { ...action.cut, turns: false } });
  if ("now" in action) replace({ now: undefined });
  if ("client" in action && action.client > 0) replace({ client: 0 });
  if ("tunnel" in action && action.tunnel > 0) replace({ tunnel: 0 });
  if ("bytes" in action)
    dropBytes(
      () => (now() as { bytes: Buffer }).bytes,
      (bytes) => replace({ bytes }),
    );
}

/** Whole messages first, then runs of bytes. */
function dropBytes(bytes: () => Buffer, replace: (bytes: Buffer) => boolean): void {
  const stream = new MessageStream(ANY_LENGTH);
  stream.append(bytes());
  let parts = [...stream.frames.map((frame) => frame.bytes), stream.tail];
  for (let i = 0; i < parts.length; ) {
    const fewer = parts.filter((_, j) => j !== i);
    if (replace(Buffer.concat(fewer))) parts = fewer;
    else i++;
  }
  for (let size = bytes().length >> 1; size >= 4; size >>= 1) {
    for (let at = 0; at < bytes().length; ) {
      if (!replace(Buffer.concat([bytes().subarray(0, at), bytes().subarray(at + size)]))) at += size;
    }
  }
}

function simplerSettings(script: Script): Script[] {
  if (script.kind !== "calls") return [];
  const { peer } = script;
  return [
    { ...script, clients: 1 },
    { ...script, peer: { ...peer, writeBytes: 0 } },
    { ...script, peer: { ...peer, coalesce: false } },
    { ...script, peer: { ...peer, grant: "half" } },
    { ...script, peer: { ...peer, streamWindow: 1 << 20, connectionWindow: 4 << 20, maxFrameSize: 1 << 20 } },
  ].filter((simpler) => JSON.stringify(simpler) !== JSON.stringify(script)) as Script[];
}

function withActions(script: Script, actions: readonly (Action | FrameAction)[]): Script {
  return { ...script, actions: [...actions] } as Script;
}

function replaced(script: Script, index: number, action: Action | FrameAction): Script {
  return withActions(
    script,
    script.actions.map((old, i) => (i === index ? action : old)),
  );
}
