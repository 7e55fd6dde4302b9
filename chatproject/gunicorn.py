"""How gunicorn serves the program: `gunicorn --config python:chatproject.gunicorn chatproject.wsgi`."""

import os
from pathlib import Path

from chatproject import environment

_found = environment.read_or_exit(Path(__file__).resolve().parent.parent)

# On servers a proxy, or the platform, is in front; the embedded default is for this machine alone.
bind = [f"{'127.0.0.1' if _found.embedded else '0.0.0.0'}:{_found.port}"]  # noqa: S104
worker_class = "gthread"
# Without Redis, the processes would not hear of each other's messages.
workers = int(os.environ.get("WEB_CONCURRENCY") or 1) if _found.redis_url else 1
threads = 8
timeout = 60
# Idle connections of open pages count as work to be finished, so this is what Ctrl-C waits for.
graceful_timeout = 2
keepalive = 5
accesslog = None
errorlog = "-"
loglevel = "warning"
# Nothing of a request reaches a log from here: who asks for whose page is nobody's business.
capture_output = False
forwarded_allow_ips = "*" if _found.behind_tls_proxy else "127.0.0.1"
control_socket_disable = True
