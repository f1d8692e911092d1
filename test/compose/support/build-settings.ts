import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { command } from "./command.js";

const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";
const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

export interface BuildSettings {
  /** The engine has no network of its own. */
  readonly hostNetwork: boolean;
  /** "func-e" or "pip": see envoy.Dockerfile. */
  readonly envoyFrom: string;
}

/**
 * A second compose file, which says what differs on this machine where images are built: its network, mirrors and certificates. It changes
 * nothing of what runs. Its path.
 */
export async function writeBuildSettings(directory: string, settings: BuildSettings): Promise<string> {
  const secrets = await secretFiles(directory);
  const proxies = Object.fromEntries(
    PROXIES.filter((name) => process.env[name]).map((name) => [name, process.env[name]]),
  );
  const goproxy = (await command("go", ["env", "GOPROXY"]).catch(() => "")).trim();
  const build = {
    ...(settings.hostNetwork && { network: "host" }),
    secrets: Object.keys(secrets),
    args: { ...proxies },
  };
  const ofEnvoy = {
    ...build,
    args: { ...build.args, ENVOY_FROM: settings.envoyFrom, ...(goproxy && { GOPROXY: goproxy }) },
  };
  const path = join(directory, "build.yaml");
  const services = { adapter: { build }, "provider-v1": { build }, wasm: { build }, envoy: { build: ofEnvoy } };
  const named = Object.fromEntries(Object.entries(secrets).map(([name, file]) => [name, { file }]));
  await writeFile(path, stringify({ services, secrets: named }, { aliasDuplicateObjects: false }));
  return path;
}

/** The Dockerfiles' secrets: this machine's settings of npm and pip, and the certificates that it trusts. */
async function secretFiles(directory: string): Promise<Readonly<Record<string, string>>> {
  const trusted = existsSync(CERTIFICATES);
  const npmrc = join(directory, "npmrc");
  const pip = join(directory, "pip.conf");
  await writeFile(npmrc, `${await npmSettings()}\n${trusted ? `cafile=${CERTIFICATES}\n` : ""}`, { mode: 0o600 });
  await writeFile(pip, `[global]\n${await pipSettings()}\n${trusted ? `cert = ${CERTIFICATES}\n` : ""}`, {
    mode: 0o600,
  });
  return { npmrc, pip, ...(trusted && { certificates: CERTIFICATES }) };
}

async function npmSettings(): Promise<string> {
  const get = async (key: string) => (await command("npm", ["config", "get", key])).trim();
  const files = [await get("globalconfig"), await get("userconfig")].filter(existsSync);
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return [...texts, `registry=${await get("registry")}`].join("\n");
}

/** Where pip finds packages; what a variable says comes last, and counts. */
async function pipSettings(): Promise<string> {
  const list = await command("python3", ["-m", "pip", "config", "list"]).catch(() => "");
  const lines = [...list.matchAll(/^(?:global|:env:)\.(index-url|extra-index-url|trusted-host)='(.*)'$/gm)];
  const settings = new Map(lines.map(([, key, value]) => [key, value?.replaceAll("\\n", "\n  ")]));
  return [...settings].map(([key, value]) => `${key} = ${value}`).join("\n");
}
