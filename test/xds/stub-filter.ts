import { compileString } from "assemblyscript/asc";

/** Tables of more bytes than this are refused by the stub. */
export const STUB_MAX_TABLE_BYTES = 4_000;

/**
 * The least that Envoy takes for a network filter: it lets all bytes pass, so that a test can speak HTTP/2 with the
 * connection manager itself, and refuses long configurations. What the real filter does is tested elsewhere.
 */
const SOURCE = `
export function proxy_abi_version_0_2_1(): void {}
export function malloc(bytes: i32): usize { return heap.alloc(bytes); }
export function proxy_on_context_create(context: i32, parent: i32): void {}
export function proxy_on_configure(root: i32, bytes: i32): i32 { return bytes <= ${STUB_MAX_TABLE_BYTES} ? 1 : 0; }
`;

export async function compileStubFilter(): Promise<Uint8Array> {
  const { binary, stderr } = await compileString(SOURCE, { runtime: "stub", use: "abort=" });
  if (binary === null) throw new Error(stderr.toString());
  return binary;
}
