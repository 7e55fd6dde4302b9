import assert from "node:assert/strict";
import { test } from "node:test";

import { getJson, renewToken } from "../../../static/js/lib/http.js";

test("an answer that does not come in time counts as no connection", async (context) => {
  context.mock.method(AbortSignal, "timeout", () => AbortSignal.abort(new DOMException("too late", "TimeoutError")));
  context.mock.method(globalThis, "fetch", async (/** @type {string} */ _url, /** @type {RequestInit} */ { signal }) => {
    signal?.throwIfAborted();
    return new Response("{}");
  });
  await assert.rejects(getJson("/"), { name: "HttpError", code: "offline", status: 0 });
});

test("an answer that breaks off is none", async (context) => {
  context.mock.method(globalThis, "fetch", async () => new Response('{"seq": 1', { status: 201 }));
  await assert.rejects(getJson("/"), { name: "HttpError", code: "unavailable" });
});

test("a page that does not come in time counts as no connection where a token is renewed", async (context) => {
  class Swallowed {
    timeout = 0;
    status = 0;
    response = null;
    onloadend = () => {};
    open() {}
    send() {
      if (this.timeout > 0) queueMicrotask(() => this.onloadend());
    }
  }
  Object.assign(globalThis, { XMLHttpRequest: Swallowed });
  context.after(() => Reflect.deleteProperty(globalThis, "XMLHttpRequest"));
  await assert.rejects(renewToken(), { name: "HttpError", code: "offline" });
});
