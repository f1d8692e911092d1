import type { ServerDuplexStream } from "@grpc/grpc-js";

/** Who is at the other end of a connection. */
export interface Peer {
  readonly address: string;
  /** What its certificate says; undefined where none was asked for. */
  readonly certificate: { readonly uris: readonly string[] } | undefined;
}

export function peerOf(call: ServerDuplexStream<unknown, unknown>): Peer {
  const address = call.getPeer().replace(/:\d+$/, "");
  // There only where the certificate was asked for and is signed by one whom we trust.
  const certificate = call.getAuthContext().sslPeerCertificate;
  return { address, certificate: certificate && { uris: urisOf(certificate.subjectaltname ?? "") } };
}

/** By whom streams are counted. */
export function peerName({ address, certificate }: Peer): string {
  return certificate?.uris.join(" ") || address;
}

/** `DNS:a.example, URI:spiffe://…`; Node quotes a value as JSON does where it has a character that means something here. */
export function urisOf(subjectAltName: string): readonly string[] {
  const entries = subjectAltName.matchAll(/([\w ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy);
  return [...entries].filter(([, kind]) => kind === "URI").map(([, , value = ""]) => unquote(value));
}

function unquote(value: string): string {
  return value.startsWith('"') ? (JSON.parse(value) as string) : value;
}
