import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

/** A certificate with its key, both PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** Signs certificates. */
export class Authority {
  readonly certificate: string;
  readonly #name: string;
  readonly #key: KeyObject;

  constructor(name: string) {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#name = name;
    this.#key = privateKey;
    this.certificate = this.#sign(name, publicKey, [basicConstraints(true)]);
  }

  /** A certificate for DNS names, IPv4 addresses and URIs. */
  issue(...names: readonly string[]): Certificate {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const extensions = [basicConstraints(false), subjectAltNames(names)];
    return {
      certificate: this.#sign(names[0] ?? "", publicKey, extensions),
      key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    };
  }

  #sign(subject: string, publicKey: KeyObject, extensions: readonly Uint8Array[]): string {
    const body = sequence(
      der(0xa0, der(INTEGER, [2])),
      der(INTEGER, [1, ...randomBytes(8)]),
      ECDSA_WITH_SHA256,
      distinguishedName(this.#name),
      sequence(time(-86_400_000), time(86_400_000)),
      distinguishedName(subject),
      publicKey.export({ type: "spki", format: "der" }),
      der(0xa3, sequence(...extensions)),
    );
    const signature = sign("sha256", body, this.#key);
    const bytes = sequence(body, ECDSA_WITH_SHA256, der(BIT_STRING, [0], signature));
    const lines =
      Buffer.from(bytes)
        .toString("base64")
        .match(/.{1,64}/g) ?? [];
    return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
  }
}

/** X.690: tag, length, value. */
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;

/** RFC 5280 section 4.2.1.6: of the choices of a GeneralName. */
const DNS_NAME = 0x82;
const URI = 0x86;
const IP_ADDRESS = 0x87;

const ECDSA_WITH_SHA256 = sequence(der(OBJECT_IDENTIFIER, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));

function der(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const value = Buffer.concat(parts.map((part) => Uint8Array.from(part)));
  const { length } = value;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.from([tag, ...head]), value]);
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return der(SEQUENCE, ...parts);
}

function distinguishedName(name: string): Uint8Array {
  const commonName = der(OBJECT_IDENTIFIER, [0x55, 0x04, 0x03]);
  return sequence(der(SET, sequence(commonName, der(UTF8_STRING, Buffer.from(name)))));
}

function time(offset_ms: number): Uint8Array {
  const text = new Date(Date.now() + offset_ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return der(UTC_TIME, Buffer.from(text.slice(2)));
}

function basicConstraints(isAuthority: boolean): Uint8Array {
  const value = sequence(...(isAuthority ? [der(BOOLEAN, [0xff])] : []));
  return sequence(der(OBJECT_IDENTIFIER, [0x55, 0x1d, 0x13]), der(BOOLEAN, [0xff]), der(OCTET_STRING, value));
}

function subjectAltNames(names: readonly string[]): Uint8Array {
  const list = names.map((name) => {
    if (isIPv4(name)) return der(IP_ADDRESS, name.split(".").map(Number));
    return der(name.includes("://") ? URI : DNS_NAME, Buffer.from(name));
  });
  return sequence(der(OBJECT_IDENTIFIER, [0x55, 0x1d, 0x11]), der(OCTET_STRING, sequence(...list)));
}
