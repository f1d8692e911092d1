import type { RootContext } from "./contexts.js";
import type { Vm } from "./vm.js";

/** A call of the filter to a gRPC service, not answered yet. */
export interface GrpcCall {
  readonly vm: Vm;
  readonly root: RootContext;
  readonly token: number;
  readonly cluster: string;
  readonly service: string;
  readonly method: string;
  readonly request: Uint8Array;
  readonly timeout_ms: number;
}

/** What the filter asks of gRPC services, and waits for. */
export class GrpcCalls {
  /** Those of which nobody has taken note, and those whose answers are awaited, each in order. */
  readonly asked: GrpcCall[] = [];
  private readonly unanswered: GrpcCall[] = [];
  /** Clusters that there are not. */
  readonly unknown = new Set<string>();
  private lastToken = 0;

  add(call: Omit<GrpcCall, "token">): number | undefined {
    if (this.unknown.has(call.cluster)) return undefined;
    const made = { ...call, token: ++this.lastToken };
    this.asked.push(made);
    return made.token;
  }

  /** Takes note of the oldest. */
  take(): GrpcCall | undefined {
    const call = this.asked.shift();
    if (call) this.unanswered.push(call);
    return call;
  }

  /** Answers the oldest that was noted. */
  answer(response: Uint8Array): void {
    const { vm, root, token } = this.next();
    if (!root.alive) return;
    vm.grpcReceived = response;
    vm.call("proxy_on_grpc_receive", root, () => vm.exports.proxy_on_grpc_receive?.(root.id, token, response.length));
    vm.grpcReceived = undefined;
  }

  fail(status: number): void {
    const { vm, root, token } = this.next();
    if (root.alive)
      vm.call("proxy_on_grpc_close", root, () => vm.exports.proxy_on_grpc_close?.(root.id, token, status));
  }

  private next(): GrpcCall {
    const call = this.unanswered.shift();
    if (!call) throw new Error("the filter awaits no answer of a gRPC service");
    return call;
  }
}
