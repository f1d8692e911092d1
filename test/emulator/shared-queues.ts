/** Envoy's shared queues: one of each name in the process; the notice goes to whoever registered it last. */
interface SharedQueue {
  items: Uint8Array[];
  notify: () => void;
}

export class SharedQueues {
  private readonly tokens = new Map<string, number>();
  private readonly queues = new Map<number, SharedQueue>();

  register(name: string, notify: (token: number) => void): number {
    const token = this.tokens.get(name) ?? this.tokens.size + 1;
    this.tokens.set(name, token);
    this.queues.set(token, { items: this.queues.get(token)?.items ?? [], notify: () => notify(token) });
    return token;
  }

  enqueue(token: number, item: Uint8Array): boolean {
    const queue = this.queues.get(token);
    if (!queue) return false;
    queue.items.push(item);
    queue.notify();
    return true;
  }

  /** The oldest item, null when there is none, undefined when there is no such queue. */
  dequeue(token: number): Uint8Array | null | undefined {
    const queue = this.queues.get(token);
    return queue ? (queue.items.shift() ?? null) : undefined;
  }
}
