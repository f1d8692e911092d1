import { AsyncLocalStorage } from "node:async_hooks";
import "../../../adapter/demo/former-util.js";
import { type Context, Dubbo, java, Registry, setting } from "apache-dubbo-js";

const INTERFACE = "io.meltemi.interop.api.GreeterService";
/** What the providers export under a group and a version; the library sends neither if it is told of none. */
const GROUP = "blue";
const VERSION = "1.0.0";

type Answer<T> = Promise<{ readonly res: T; readonly err: Error | null }>;

interface Greeter {
  whoAmI(): Answer<string>;
  greet(who: string): Answer<string>;
  echo(text: string): Answer<string>;
  fail(how: string): Answer<string>;
  attachments(): Answer<Readonly<Record<string, string>>>;
}

/** The library's registry, for one address that is known beforehand. */
class FixedRegistry extends Registry {
  constructor(private readonly address: URL) {
    super({});
  }

  override subscribe(...[subscriber]: Parameters<Registry["subscribe"]>): this {
    const { host, hostname, port } = this.address;
    const provider = { host: hostname, port, version: VERSION, group: GROUP, path: INTERFACE, dubboVersion: "2.0.2" };
    this._dubboServiceUrlMap.set(INTERFACE, [provider] as never);
    process.nextTick(() => subscriber.onData(new Set([host])));
    return super.subscribe(subscriber);
  }
}

/** A consumer made with Apache's Dubbo library for Node. It cannot be closed: it ends with its process. */
export class NodeConsumer {
  readonly #user = new AsyncLocalStorage<string>();
  readonly #greeter: Greeter;

  constructor(address: string) {
    const dubbo = Dubbo.from({
      application: { name: "interop-node" },
      register: () => new FixedRegistry(new URL(`http://${address}`)),
      dubboSetting: setting.match([INTERFACE], { group: GROUP, version: VERSION }),
      service: {},
    });
    dubbo.use((context: Context, next: () => Promise<void>) => {
      context.attachments = { user: this.#user.getStore() ?? "" };
      return next();
    });
    this.#greeter = dubbo.proxyService<Greeter>({
      dubboInterface: INTERFACE,
      methods: {
        whoAmI: () => [],
        greet: (who: string) => [java.String(who)],
        echo: (text: string) => [java.String(text)],
        fail: (how: string) => [java.String(how)],
        attachments: () => [],
      },
    });
  }

  /** The answer to a call of `user`; its error is thrown. */
  async as<T>(user: string, call: (greeter: Greeter) => Answer<T>): Promise<T> {
    const { res, err } = await this.#user.run(user, () => call(this.#greeter));
    if (err !== null) throw err;
    return res;
  }
}
