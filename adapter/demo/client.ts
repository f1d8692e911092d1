import { AsyncLocalStorage } from "node:async_hooks";
import "./former-util.js";
import { type Context, Dubbo, java, Registry, setting } from "apache-dubbo-js";

export const SERVICE = "demo.ReviewService";

export type Attachments = Readonly<Record<string, string>>;

interface ReviewService {
  getReviews(product: string): Promise<{ readonly res: string | null; readonly err: Error | null }>;
}

/** The library's registry, for one address that is known beforehand. */
class FixedRegistry extends Registry {
  constructor(private readonly address: { readonly host: string; readonly port: number }) {
    super({});
  }

  override subscribe(...[subscriber]: Parameters<Registry["subscribe"]>): this {
    const { host, port } = this.address;
    // The library asks for no more of a provider's URL than this.
    const provider = { host, port, version: "1.0.0", group: "", path: SERVICE, dubboVersion: "2.0.2" };
    this._dubboServiceUrlMap.set(SERVICE, [provider] as never);
    process.nextTick(() => subscriber.onData(new Set([`${host}:${port}`])));
    return super.subscribe(subscriber);
  }
}

/**
 * A consumer made with Apache's Dubbo library for Node, all of whose calls share ONE connection. Attachments are set
 * call by call, by the library's middleware. It has no way to close: end the process.
 */
export class ReviewClient {
  readonly #attachments = new AsyncLocalStorage<Attachments>();
  readonly #service: ReviewService;

  constructor(address: string) {
    const at = address.lastIndexOf(":");
    const registry = new FixedRegistry({ host: address.slice(0, at), port: Number(address.slice(at + 1)) });
    const dubbo = Dubbo.from({
      application: { name: "meltemi-demo" },
      register: () => registry,
      dubboSetting: setting.match([SERVICE], { version: "1.0.0" }),
      service: {},
    });
    dubbo.use((context: Context, next: () => Promise<void>) => {
      context.attachments = this.#attachments.getStore() ?? {};
      return next();
    });
    this.#service = dubbo.proxyService<ReviewService>({
      dubboInterface: SERVICE,
      methods: { getReviews: (product: string) => [java.String(product)] },
    });
  }

  /** What was answered: the value, or the error's text. */
  async getReviews(product: string, attachments: Attachments): Promise<string> {
    const { res, err } = await this.#attachments.run(attachments, () => this.#service.getReviews(product));
    return err === null ? String(res) : err.message;
  }
}
