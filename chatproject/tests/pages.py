"""Pages that only tests see, to try what a browser makes of our headers and our import map."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import path

from chatproject import health

HEAD = "<!doctype html><title>A test</title><link rel='icon' href='data:,'>{% load modules %}"

# The two that import the packages.
SEALING = """{% modules %}{% module_script "js/crypto/hpke.js" %}{% module_script "js/crypto/password.js" %}{% endmodules %}
<script type="module" nonce="{{ csp_nonce }}">
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { argon2id } from "hash-wasm";
const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const pair = await suite.kem.generateKeyPair();
const sealed = await suite.seal({ recipientPublicKey: pair.publicKey }, new TextEncoder().encode("sotto voce"));
const opened = await suite.open({ recipientKey: pair.privateKey, enc: sealed.enc }, sealed.ct);
const options = { iterations: 1, parallelism: 1, memorySize: 1024, hashLength: 32, outputType: "hex" };
const hash = await argon2id({ password: "password", salt: "saltsaltsaltsalt", ...options });
document.title = `${sealed.enc.byteLength} ${new TextDecoder().decode(opened)} ${hash}`;
</script>"""

UNKNOWN_MODULE = """{% modules %}{% module_script "js/crypto/bytes.js" %}{% endmodules %}
<script type="module" nonce="{{ csp_nonce }}">
await import("/unknown.js");
</script>"""

INLINE = """<script>document.title = "run"</script><p onclick="document.title = 'run'">Press</p>"""

HTML_SINK = """<script type="module" nonce="{{ csp_nonce }}">
document.body.innerHTML = "<img src=x>";
document.title = "run";
</script>"""


def page(body: str) -> Callable[[HttpRequest], HttpResponse]:
    """A view that shows `body` under our headers."""

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(Template(HEAD + body).render(RequestContext(request)))

    return view


def unknown_module(_request: HttpRequest) -> HttpResponse:
    """A module of our own origin that the import map has no digest for."""
    return HttpResponse('document.title = "run";', content_type="text/javascript")


urlpatterns = [
    path("readyz", health.readyz),
    path("sealing", page(SEALING)),
    path("unknown-module", page(UNKNOWN_MODULE)),
    path("unknown.js", unknown_module),
    path("inline", page(INLINE)),
    path("html-sink", page(HTML_SINK)),
]
