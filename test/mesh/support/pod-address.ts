import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Kubernetes takes no loopback address for an endpoint. RFC 2544's are nobody's, and on the loopback interface nobody sees them. */
export class PodAddress {
  private constructor(readonly ip: string) {}

  /** `nth`: of those of this process, from 0 to 1. */
  static async add(nth: number): Promise<PodAddress> {
    const octets = [process.pid >> 8, process.pid].map((number) => number & 0xff);
    const ip = `198.${18 + nth}.${octets.join(".")}`;
    try {
      // A process of the same number may have left it.
      await run("ip", ["address", "replace", `${ip}/32`, "dev", "lo"]);
    } catch (cause) {
      throw new Error(`${ip} cannot be added to the loopback interface: run these tests as root`, { cause });
    }
    return new PodAddress(ip);
  }

  async remove(): Promise<void> {
    await run("ip", ["address", "delete", `${this.ip}/32`, "dev", "lo"]);
  }
}
