/** What JavaScript's own parser finds imported: takes sources by name from standard input, and writes the specifiers of each. */

import { readFileSync } from "node:fs";
import { SourceTextModule } from "node:vm";

/** @param {string} source */
function specifiers(source) {
  const module = new SourceTextModule(source);
  return module.moduleRequests?.map(({ specifier }) => specifier) ?? module.dependencySpecifiers;
}

const sources = Object.entries(JSON.parse(readFileSync(0, "utf8")));
process.stdout.write(JSON.stringify(Object.fromEntries(sources.map(([name, source]) => [name, specifiers(source)]))));
