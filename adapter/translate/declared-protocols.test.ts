import { describe, expect, test } from "vitest";
import { recognise } from "../resource/recognise.js";
import { parseFile } from "../source/file-content.js";
import { formatProblem } from "../status/format.js";
import { type Translation, Translator } from "./translator.js";

function protocol(name: string, fields: { readonly called?: string; readonly headBytes?: number } = {}): string {
  return `---
apiVersion: networking.meltemi.io/v1alpha1
kind: ApplicationProtocol
metadata: { name: ${name} }
spec:
  protocol: ${fields.called ?? name}
  frame: { headBytes: ${fields.headBytes ?? 8}, length: { at: 4, width: 4 } }
  ordered: true
  replies: { error: [{ message: {} }] }
`;
}

function service(port: string): string {
  return `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: orders }
spec:
  hosts: [ orders.example ]
  ports: [ { number: 9000, name: ${port} } ]
  resolution: STATIC
  endpoints: [ { address: 10.0.0.1 } ]
`;
}

const ROUTES = `---
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: orders }
spec:
  hosts: [ orders ]
  protocol: shop
  routes: [ { route: [ { destination: { host: orders.example } } ] } ]
`;

function translate(translator: Translator, ...texts: readonly string[]): Translation {
  return translator.translate(parseFile(texts.join(""), "a.yaml", recognise));
}

const listeners = ({ mesh }: Translation) => mesh.listeners.map(({ protocol, port }) => `${protocol} ${port}`);
const lines = ({ problems }: Translation) => problems.map(formatProblem);

describe("a port speaks a declared protocol by its name", () => {
  test.each(["shop", "tcp-shop", "shop-main", "tcp-metaprotocol-shop-main", "TCP-Shop"])("%s", (port) => {
    const translation = translate(new Translator(), protocol("shop"), service(port));
    expect(lines(translation)).toEqual([]);
    expect(listeners(translation)).toEqual(["shop 9000"]);
    expect(translation.mesh.listeners[0]?.declared?.program.length).toBeGreaterThan(100);
  });

  test("and the longer of two names that it begins with", () => {
    const translation = translate(
      new Translator(),
      protocol("shop"),
      protocol("shop-next"),
      service("tcp-shop-next-a"),
    );
    expect(listeners(translation)).toEqual(["shop-next 9000"]);
  });
});

test("a VirtualService of a protocol that nobody declares is refused, with what it may have meant", () => {
  const translation = translate(new Translator(), protocol("shops"), service("tcp"), ROUTES);
  expect(lines(translation)).toEqual([
    expect.stringMatching(/no ApplicationProtocol declares shop, .*; did you mean shops\?$/),
  ]);
  expect(listeners(translation)).toEqual([]);
});

test("of two that declare one name the first stays", () => {
  const translation = translate(
    new Translator(),
    protocol("shop"),
    protocol("other", { called: "shop" }),
    service("shop"),
  );
  expect(lines(translation)).toEqual([
    expect.stringMatching(/shop is declared by ApplicationProtocol default\/shop .*already/),
  ]);
});

test.each(["dubbo", "declared", "auto"])("the name %s is taken", (name) => {
  expect(lines(translate(new Translator(), protocol(name)))).toEqual([
    expect.stringContaining("give the protocol another name"),
  ]);
});

describe("one in use", () => {
  test("stays in force as it was when it turns bad", () => {
    const translator = new Translator();
    const good = translate(translator, protocol("shop"), service("tcp"), ROUTES);
    const bad = translate(translator, protocol("shop", { headBytes: 6 }), service("tcp"), ROUTES);
    expect(lines(bad)).toEqual([
      expect.stringMatching(/make headBytes 8 at least; the resource's last good version stays in force/),
    ]);
    expect(bad.mesh).toEqual(good.mesh);
  });

  test("stays in force when it is gone, until nothing is of it any more", () => {
    const translator = new Translator();
    const good = translate(translator, protocol("shop"), service("tcp"), ROUTES);
    const gone = translate(translator, service("tcp"), ROUTES);
    expect(lines(gone)).toEqual([expect.stringMatching(/nothing declares shop any more/)]);
    expect(gone.mesh).toEqual(good.mesh);
    expect(lines(translate(translator, service("tcp"), ROUTES))).toEqual(lines(gone));
    expect(listeners(translate(translator, service("tcp")))).toEqual([]);
    expect(lines(translate(translator, service("tcp"), ROUTES))).toEqual([
      expect.stringContaining("no ApplicationProtocol declares shop"),
    ]);
  });
});
