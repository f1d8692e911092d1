import { describe, expect, it } from "vitest";
import { encodeCall } from "../support/dubbo.js";
import { EmulatedEnvoy, filterModule } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

/** Where the newest table is shared: the numbers of protocol and mode, and the listener. */
const TABLE = "meltemi.table.\0\0dubbo";

const CALL = encodeCall({ id: 1, service: "a.B", method: "c" });

function config(code: string, version: string, cluster: string): object {
  const virtual_hosts = [{ name: "all", services: ["*"], routes: [{ route: { cluster } }] }];
  return { virtual_hosts, version, code };
}

/** A worker with former code and one with newer code, in one process; and a connection of each. */
function twoOfAKind() {
  const former = new EmulatedEnvoy();
  const newer = new EmulatedEnvoy(filterModule(), former);
  configure(former, config("a", "1", "v1"));
  return { former, newer, old: connect(former) };
}

function configure(envoy: EmulatedEnvoy, table: object): void {
  expect(envoy.configure("dubbo", JSON.stringify(table))).toBe(true);
}

function connect(envoy: EmulatedEnvoy) {
  let peer: Http2Peer | undefined;
  const connection = envoy.connect("dubbo", (made) => {
    peer = new Http2Peer(made, envoy.loop, DEFAULT_PEER);
    return peer;
  });
  return {
    /** The cluster that the next call goes to. */
    call: (): string | undefined => {
      const before = clusters();
      connection.receive(CALL);
      envoy.run();
      return clusters()
        .find((cluster, i) => cluster !== before[i])
        ?.split(" ")[0];
    },
  };

  function clusters(): readonly string[] {
    return (peer as Http2Peer).tunnels.map(({ cluster, received }) => `${cluster} ${received.length}`);
  }
}

function pass(envoy: EmulatedEnvoy, seconds: number): void {
  for (let i = 0; i < seconds; i++) {
    envoy.vm.tick();
    envoy.run();
  }
}

describe("connections of former code", () => {
  it("take the tables of newer code, once they have settled", () => {
    const { former, newer, old } = twoOfAKind();
    expect(old.call()).toBe("v1");
    configure(newer, config("b", "2", "v2"));
    pass(former, 1);
    expect(old.call()).toBe("v1");
    pass(former, 3);
    expect(old.call()).toBe("v2");
    configure(newer, config("b", "3", "v3"));
    pass(former, 1);
    expect(old.call()).toBe("v3");
    expect(connect(newer).call()).toBe("v3");
  });

  it("keep what they have where they cannot read it, and take the next that they can", () => {
    const { former, newer, old } = twoOfAKind();
    configure(newer, config("b", "2", "v2"));
    // What newer code may know, and this one does not.
    former.data.set(TABLE, Buffer.from(JSON.stringify({ ...config("b", "2", "v2"), future: 1 })), 0);
    pass(former, 5);
    expect(old.call()).toBe("v1");
    configure(newer, config("b", "3", "v3"));
    pass(former, 1);
    expect(old.call()).toBe("v3");
  });

  it("are the ones that are followed when their code comes back", () => {
    const { former, newer, old } = twoOfAKind();
    configure(newer, config("b", "2", "v2"));
    const young = connect(newer);
    pass(former, 4);
    configure(former, config("a", "3", "v3"));
    expect(old.call()).toBe("v3");
    pass(newer, 4);
    expect(young.call()).toBe("v3");
  });

  it("have nothing to do with a configuration that names no code", () => {
    const former = new EmulatedEnvoy();
    const newer = new EmulatedEnvoy(filterModule(), former);
    const { code: _, ...unnamed } = config("a", "1", "v1") as { code: string };
    configure(former, unnamed);
    const old = connect(former);
    configure(newer, config("b", "2", "v2"));
    pass(former, 5);
    expect(old.call()).toBe("v1");
  });
});
