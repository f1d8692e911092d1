import type { IncomingMessage } from "node:http";
import { type Agent, type RequestOptions, request } from "node:https";
import { createInterface } from "node:readline";
import type { KubeConfig } from "@kubernetes/client-node";
import { MeltemiError } from "../error/meltemi-error.js";

/** An answer that is no success, with Kubernetes' own message. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

/** Without a byte for so long a request has failed. A watch is sent a bookmark each minute, if nothing else. */
const REQUEST_TIMEOUT_MS = 30_000;
const WATCH_TIMEOUT_MS = 90_000;

const JSON_TYPE = "application/json";

interface Call {
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: object;
  readonly timeout_ms?: number;
  readonly signal?: AbortSignal;
}

/**
 * Objects of any kind, by path. Who and where the kubeconfig says, which is read anew when a request fails: tokens, certificates and
 * addresses may have been renewed.
 */
export class KubernetesApi {
  #config: KubeConfig | undefined;
  #agent: Agent | undefined;

  constructor(private readonly load: () => KubeConfig) {}

  /** The namespace of the kubeconfig's context, or of the Pod that we run in. */
  get namespace(): string {
    const config = this.#loaded();
    return config.getContextObject(config.getCurrentContext())?.namespace ?? "default";
  }

  async get(path: string, accept?: string): Promise<unknown> {
    return await this.#json("GET", path, accept === undefined ? {} : { accept });
  }

  async create(path: string, body: object): Promise<unknown> {
    return await this.#json("POST", path, { contentType: JSON_TYPE, body });
  }

  /** Fails with status 409 if it has changed since it was read. */
  async replace(path: string, body: object): Promise<unknown> {
    return await this.#json("PUT", path, { contentType: JSON_TYPE, body });
  }

  /** Server-side apply: the fields that are given are ours from now on, those given no longer go. */
  async apply(path: string, body: object): Promise<unknown> {
    const query = "fieldManager=meltemi&force=true";
    return await this.#json("PATCH", `${path}?${query}`, { contentType: "application/apply-patch+yaml", body });
  }

  /** One that is gone already is no error. */
  async delete(path: string): Promise<void> {
    await this.#json("DELETE", path).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    });
  }

  /** Ends when the server or `signal` ends it; fails when it breaks. */
  async *watch(path: string, signal: AbortSignal, accept = JSON_TYPE): AsyncGenerator<WatchEvent> {
    const response = await this.#send("GET", path, { accept, signal, timeout_ms: WATCH_TIMEOUT_MS });
    // What breaks the response ends its lines without a word.
    let broken: Error | undefined;
    response.once("error", (error) => {
      broken = error;
    });
    try {
      for await (const line of createInterface(response)) yield JSON.parse(line) as WatchEvent;
    } finally {
      // Whoever stops reading has the server stop sending, too.
      response.destroy();
    }
    if (broken !== undefined && !signal.aborted) throw broken;
  }

  async #json(method: string, path: string, call: Call = {}): Promise<unknown> {
    const text = await textOf(await this.#send(method, path, call));
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Resolves with a success, whose body is still to be read. */
  async #send(method: string, path: string, call: Call): Promise<IncomingMessage> {
    try {
      const response = await this.#request(method, path, call);
      const { statusCode: status = 0 } = response;
      if (status < 300) return response;
      const text = await textOf(response);
      throw new ApiError(status, messageOf(text) ?? `${method} ${path}: status ${status}`);
    } catch (error) {
      // 401: the token is no longer good. Neither is what we know of the server when nobody answers there.
      if (!(error instanceof ApiError) || error.status === 401) this.#forget();
      throw error;
    }
  }

  async #request(method: string, path: string, call: Call): Promise<IncomingMessage> {
    const { accept = JSON_TYPE, contentType, body, timeout_ms = REQUEST_TIMEOUT_MS, signal } = call;
    const config = this.#loaded();
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new MeltemiError("USAGE", "the kubeconfig names no current cluster");
    const options: RequestOptions = { method, timeout: timeout_ms, ...(signal && { signal }) };
    await config.applyToHTTPSOptions(options);
    // One agent for all: its connections are kept.
    this.#agent ??= keepingAlive(options.agent as Agent);
    options.agent = this.#agent;
    options.headers = { ...options.headers, accept, ...(contentType && { "content-type": contentType }) };
    return await new Promise((resolve, reject) => {
      const sent = request(new URL(path, server), options, resolve);
      sent.once("timeout", () => sent.destroy(new Error(`${server} has sent nothing for ${timeout_ms} ms`)));
      sent.once("error", reject);
      sent.end(body && JSON.stringify(body));
    });
  }

  #loaded(): KubeConfig {
    this.#config ??= this.load();
    return this.#config;
  }

  #forget(): void {
    this.#config = undefined;
    this.#agent = undefined;
  }
}

function keepingAlive(agent: Agent): Agent {
  return Object.assign(agent, { keepAlive: true });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function messageOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { readonly message?: string }).message;
  } catch {
    return undefined;
  }
}
