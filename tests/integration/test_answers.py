"""The health check of a server in a container: whether it answers with status 200."""

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.servers import free_port

CHECK = Path(__file__).resolve().parents[2] / "deploy" / "rematch-answers"


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(self.path.removeprefix("/")))
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def port():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def check(port, path):
    done = subprocess.run(["bash", CHECK, str(port), path], capture_output=True, text=True, check=False, timeout=20)
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize(("path", "code"), [("/200", 0), ("/503", 1), ("/404", 1), ("/500", 1)])
def test_only_status_200_is_healthy(port, path, code):
    assert check(port, path) == (code, f"{path} answers {path[1:]}")


def test_a_server_that_is_not_there_is_not_healthy():
    assert check(free_port(), "/200")[0] != 0
