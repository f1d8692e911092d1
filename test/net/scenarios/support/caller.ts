import { formatAddress } from "../../../../adapter/xds/address.js";
import type { Program } from "../../../interop/support/program.js";
import { shopCaller } from "../../../interop/support/programs.js";
import { DUBBO_PORT } from "./machine.js";

export interface DubboCall {
  /** `front`, `orders`, `stock`. */
  readonly tier: string;
  readonly ip: string;
  /** Of the service, that the client asks for. */
  readonly version?: string;
  readonly attachments?: Readonly<Record<string, string>>;
  /** 1 unless told. */
  readonly count?: number;
}

/** A client of Dubbo Java, which makes all its calls to one address on one connection. */
export class Caller {
  private constructor(private readonly program: Program) {}

  static async start(inside: readonly string[]): Promise<Caller> {
    const program = shopCaller(inside);
    await program.line("READY");
    return new Caller(program);
  }

  /** The answers, in order: of each, the tiers that it has passed. Rejects where a call fails. */
  async call({ tier, ip, version, attachments = {}, count = 1 }: DubboCall): Promise<readonly (readonly string[])[]> {
    const line = this.program.line("{");
    const address = formatAddress({ ip, port: DUBBO_PORT });
    this.program.tell(JSON.stringify({ tier, address, version, attachments, count }));
    const { answers, error } = JSON.parse(await line) as { answers?: string[][]; error?: string };
    if (answers === undefined) throw new Error(error);
    return answers;
  }
}
