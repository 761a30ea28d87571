// Unpacks the Chromium that the npm package @sparticuz/chromium holds, with the libraries that a bare machine lacks.
//
// It is one for Linux on 64-bit Intel and AMD; on other machines, the Chromium that is installed is used.
// Everything goes into node_modules, where `npm ci` removes it before it installs another version.

import { execFileSync } from "node:child_process";
import { createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createBrotliDecompress } from "node:zlib";

const MODULES = fileURLToPath(new URL("./node_modules/", import.meta.url));
const PACKED = join(MODULES, "@sparticuz", "chromium", "bin");
const HOME = join(MODULES, ".chromium");

async function unpack(file, to) {
  await pipeline(createReadStream(join(PACKED, file)), createBrotliDecompress(), createWriteStream(to, { mode: 0o755 }));
}

async function unpackArchive(file, folder) {
  const archive = join(folder, "archive.tar");
  mkdirSync(folder, { recursive: true });
  await unpack(file, archive);
  execFileSync("tar", ["-xf", archive, "-C", folder, "--no-same-owner"]);
  rmSync(archive);
}

function installed() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const paths = [process.env.CHROMIUM, ...folders.flatMap((folder) => names.map((name) => join(folder, name)))];
  const found = paths.find((path) => path && existsSync(path));
  if (!found) throw new Error("there is no Chromium for this machine in node_modules: install one, or name it in CHROMIUM");
  return { executablePath: found, env: process.env };
}

// The path of the executable and the environment that it needs. Several processes may ask at once.
export async function chromium() {
  if (process.platform !== "linux" || process.arch !== "x64") return installed();
  if (!existsSync(HOME)) {
    const half = mkdtempSync(`${HOME}-`);
    await unpack("chromium.br", join(half, "chromium"));
    await unpackArchive("al2023.tar.br", join(half, "libraries"));
    await unpackArchive("swiftshader.tar.br", half);
    await unpackArchive("fonts.tar.br", half);
    writeFileSync(
      join(half, "fonts.conf"),
      `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>` +
        `<dir prefix="relative">fonts</dir><dir>/usr/share/fonts</dir><cachedir>${join(HOME, "cache")}</cachedir></fontconfig>`,
    );
    try {
      renameSync(half, HOME);
    } catch {
      rmSync(half, { recursive: true }); // another process was first
    }
  }
  const libraries = join(HOME, "libraries", "lib");
  const env = { ...process.env, LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: join(HOME, "fonts.conf") };
  return { executablePath: join(HOME, "chromium"), env };
}
