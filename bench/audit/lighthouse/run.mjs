/**
 * Audits pages by Lighthouse. Standard input says which (`Order`, in JSON); standard output gets a line of JSON for each run (`Run`).
 *
 * A page that needs somebody signed in is opened in the profile that is named, whose keys lie in IndexedDB: so nothing of the storage is
 * reset, only the cache. The others are opened in a fresh context.
 *
 * @typedef {{ name: string, address: string, signed_in: boolean, skipped: string[] }} Subject
 * @typedef {{ chromium: string, arguments: string[], profile: string, url: string, subjects: Subject[], forms: string[], runs: number }} Order
 * @typedef {{ page: string, form: string, scores: Record<string, number>, misses: string[], lcp: number, cls: number, tbt: number,
 *             size: number, requests: number, lighthouse: string, chromium: string, throttling: Record<string, number>, speed: number }} Run
 *   milliseconds, bytes as sent; scores and misses of the categories that were looked at; `speed` is Lighthouse's index of the machine's
 */

import { readFileSync } from "node:fs";

import lighthouse, { desktopConfig } from "lighthouse";
import puppeteer from "puppeteer-core";

/** @type {Order} */
const order = JSON.parse(readFileSync(0, "utf8"));

/** What does not change from run to run is looked at in the first. */
const STEADY = ["accessibility", "best-practices"];

/** Pages that came and are quiet for this long, in milliseconds, are measured. */
const QUIET = 1000;

/** A trace that Lighthouse could not read, as happens on a busy machine, is taken anew: so often in all. */
const TRIES = 3;

const browser = await puppeteer.launch({
  executablePath: order.chromium,
  args: order.arguments,
  userDataDir: order.profile,
  defaultViewport: null,
});
try {
  for (const subject of order.subjects)
    for (const form of order.forms)
      for (let run = 0; run < order.runs; run += 1)
        write(await audit(subject, form, run === 0 ? [...STEADY, "performance"] : ["performance"]));
} finally {
  await browser.close();
}

/** @param {unknown} line */
function write(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/**
 * @param {Subject} subject
 * @param {string} form
 * @param {string[]} onlyCategories
 * @returns {Promise<Run>}
 */
async function audit(subject, form, onlyCategories) {
  const address = order.url + subject.address;
  let report;
  for (let left = TRIES; left > 0; left -= 1) {
    report = await visit(subject, address, form, onlyCategories);
    if (!report.runtimeError) break;
  }
  if (report.runtimeError) throw new Error(`${address}: ${report.runtimeError.message}`);
  if (report.finalDisplayedUrl !== address) throw new Error(`${address} led to ${report.finalDisplayedUrl}`);
  return { page: subject.name, form, ...figures(report) };
}

async function visit(subject, address, form, onlyCategories) {
  const context = subject.signed_in ? browser.defaultBrowserContext() : await browser.createBrowserContext();
  const page = await context.newPage();
  const session = await page.createCDPSession();
  await session.send("Network.clearBrowserCache");
  await session.detach();
  const flags = {
    onlyCategories,
    skipAudits: subject.skipped,
    disableStorageReset: true,
    disableFullPageScreenshot: true,
    ignoreStatusCode: true,
    networkQuietThresholdMs: QUIET,
    cpuQuietThresholdMs: QUIET,
  };
  const result = await lighthouse(address, flags, form === "desktop" ? desktopConfig : undefined, page);
  await (subject.signed_in ? page : context).close();
  return result.lhr;
}

function figures(report) {
  const categories = Object.values(report.categories);
  const requests = report.audits["network-requests"].details.items;
  const value = (name) => report.audits[name].numericValue;
  return {
    scores: Object.fromEntries(categories.map(({ id, score }) => [id, Math.round(100 * score)])),
    misses: categories.flatMap(({ auditRefs }) => missed(auditRefs, report.audits)),
    lcp: value("largest-contentful-paint"),
    cls: value("cumulative-layout-shift"),
    tbt: value("total-blocking-time"),
    size: requests.reduce((sum, { transferSize = 0 }) => sum + transferSize, 0),
    requests: requests.length,
    lighthouse: report.lighthouseVersion,
    chromium: report.environment.hostUserAgent.match(/Chrome\/(\S+)/)?.[1] ?? "unknown",
    throttling: report.configSettings.throttling,
    speed: report.environment.benchmarkIndex,
  };
}

/** What counts in a category and is not perfect. */
function missed(references, audits) {
  return references
    .filter(({ id, weight }) => weight > 0 && audits[id] && audits[id].score !== null && audits[id].score < 0.9)
    .map(({ id }) => `${id}: ${audits[id].title}${audits[id].displayValue ? ` (${audits[id].displayValue})` : ""}`);
}
