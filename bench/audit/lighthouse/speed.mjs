/** Writes the function with which Lighthouse finds how fast a browser's processor is. It takes a second and returns a number. */

import { pageFunctions } from "lighthouse/core/lib/page-functions.js";

process.stdout.write(pageFunctions.computeBenchmarkIndex.toString());
