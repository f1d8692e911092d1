import { existsSync, readdirSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, realpath, rename, rm, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { command, shell, succeeds } from "./command.js";

const DOCKERFILES = "envoy-config/docker";
const SUITE = "bookworm";
const GO_PATH = "/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

interface Recipe {
  /** Puts what the image has besides Debian below `root`. */
  readonly add?: (root: string) => Promise<void>;
  readonly environment?: readonly string[];
}

/** How an image is made that a Dockerfile names in this ARG. */
const RECIPES: Readonly<Record<string, Recipe>> = {
  DEBIAN_IMAGE: {},
  PYTHON_IMAGE: {},
  NODE_IMAGE: { add: addNode },
  GO_IMAGE: { add: addGo, environment: [`PATH=${GO_PATH}`] },
};

/** Every image that the Dockerfiles are built on, by the name of its ARG. */
export async function baseImages(): Promise<ReadonlyMap<string, string>> {
  const files = readdirSync(DOCKERFILES).filter((name) => name.endsWith("Dockerfile"));
  const texts = await Promise.all(files.map((name) => readFile(join(DOCKERFILES, name), "utf8")));
  return new Map(
    [...texts.join("\n").matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm)].map(([, arg, image]) => [
      arg as string,
      image as string,
    ]),
  );
}

/**
 * Sees to it that an engine of our own has the images that the Dockerfiles are built on. Where no registry can be reached they are made
 * here under the same names, of Debian's packages, with this machine's Node and Go. They are stand-ins, of other versions maybe than their
 * names say: they prove what the Dockerfiles do, and nothing of the images that a registry has. True if they had to be made.
 */
export async function ensureBaseImages(work: string): Promise<boolean> {
  for (const image of (await baseImages()).values()) {
    if (await succeeds("docker", ["pull", "--quiet", image])) continue;
    console.error(`• ${image} cannot be pulled: stand-ins for it and the others are made …`);
    await makeBaseImages(work);
    return true;
  }
  return false;
}

async function makeBaseImages(work: string): Promise<void> {
  const debian = "meltemi-test/debian";
  await command("docker", ["import", await debianFiles(), debian]);
  for (const [arg, image] of await baseImages()) {
    const recipe = RECIPES[arg];
    if (recipe === undefined) throw new Error(`${image}: how is an image for ${arg} made? Tell it in base-images.ts`);
    const container = (await command("docker", ["create", "--network", "none", debian, "true"])).trim();
    if (recipe.add !== undefined) {
      const root = join(work, arg);
      await recipe.add(root);
      await command("docker", ["cp", `${root}/.`, `${container}:/`]);
      await rm(root, { recursive: true });
    }
    const changes = (recipe.environment ?? []).flatMap((variable) => ["--change", `ENV ${variable}`]);
    await command("docker", ["commit", ...changes, container, image]);
    await command("docker", ["rm", container]);
  }
}

/** A small Debian with Python's pip, as an archive that is kept: to make it takes a minute. */
async function debianFiles(): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "meltemi", "debian");
  const archive = join(cache, `${SUITE}.tar`);
  if (existsSync(archive)) return archive;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, ".part-"));
  try {
    const root = join(work, "root");
    const packages = "--include=ca-certificates,python3-pip";
    await command("debootstrap", ["--variant=minbase", packages, SUITE, root, ...(await debianMirror())]);
    await command("tar", ["--directory", root, "--create", "--file", join(work, "root.tar"), "."]);
    await rename(join(work, "root.tar"), archive);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return archive;
}

/** Where this machine gets its own packages from, if it is a Debian of the same suite; else debootstrap knows a place. */
async function debianMirror(): Promise<readonly string[]> {
  const targets = await command("apt-get", ["indextargets", "--format", "$(SITE) $(RELEASE)"]).catch(() => "");
  const mirror = targets.split("\n").find((line) => line.endsWith(` ${SUITE}`));
  return mirror === undefined ? [] : [mirror.split(" ")[0] as string];
}

async function addNode(root: string): Promise<void> {
  const npm = dirname(dirname(await realpath((await shell("command -v npm")).trim())));
  const local = join(root, "usr/local");
  await mkdir(join(local, "lib/node_modules"), { recursive: true });
  await cp(process.execPath, join(local, "bin/node"));
  await cp(npm, join(local, "lib/node_modules/npm"), { recursive: true, dereference: true });
  await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(local, "bin/npm"));
}

async function addGo(root: string): Promise<void> {
  const go = (await command("go", ["env", "GOROOT"])).trim();
  await cp(go, join(root, "usr/local/go"), { recursive: true, dereference: true });
}
