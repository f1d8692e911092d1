import { writeAscii } from "../memory/ascii";
import { LogLevel, logBytes } from "./log";

/**
 * What the compiler calls where a trap is certain (a null that cannot be). The trap ends this VM with all of its
 * connections; Envoy builds a new one (`FAIL_RELOAD`). Nothing a peer sends leads here.
 */
export function abort(text: usize, file: usize, line: u32, column: u32): void {
  const notice = memory.data(64);
  const end = writeAscii(notice, "meltemi: aborted, this VM is replaced");
  logBytes(LogLevel.CRITICAL, notice, <u32>(end - notice));
  unreachable();
}
