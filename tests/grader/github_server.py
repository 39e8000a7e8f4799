"""A small GitHub on loopback: an organisation's repositories over git's HTTP, statuses and comments, and its bad days.

It holds what was posted and counts it, wants a token for everything, and takes no request while a limit lasts.
"""

import base64
import http.server
import json
import re
import threading
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

ORGANISATION = "course"
TOKEN = "github_pat_of_the_instructor"
PAGE = 10
"""The server gives no larger pages, so that a class has several."""

LIST = re.compile(rf"/orgs/{ORGANISATION}/repos")
COMMIT = re.compile(rf"/repos/({ORGANISATION}/[\w.-]+)/commits/([0-9a-f]{{40}})")
STATUS = re.compile(rf"/repos/({ORGANISATION}/[\w.-]+)/commits/([0-9a-f]{{40}})/status")
COMMENTS = re.compile(rf"/repos/({ORGANISATION}/[\w.-]+)/commits/([0-9a-f]{{40}})/comments")
STATUSES = re.compile(rf"/repos/({ORGANISATION}/[\w.-]+)/statuses/([0-9a-f]{{40}})")


class Clock:
    """A time that passes when someone waits."""

    def __init__(self):
        self.now = 1_800_000_000.0
        self.waits = []

    def sleep(self, wait_s):
        self.waits.append(wait_s)
        self.now += wait_s


class GitHub(http.server.ThreadingHTTPServer):
    """The server. `bare` is a folder of bare repositories, ready for git's plain HTTP.

    `faults` are taken in this order, each by the first request that it fits, and then `gaps` has how many requests are
    answered: "403", "429", "502" and "dropped" come before the effect, "502 after" and "dropped after" when a post was
    taken.
    """

    daemon_threads = True

    def __init__(self, bare, clock):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bare = bare
        self.clock = clock
        self.faults = []
        self.gaps = []
        self.posts_are_down = False
        self.forbidden = "nothing"
        self.limit_ends = 0.0
        self.refused_early = 0
        self.statuses = {}
        self.comments = {}
        self.requests = []
        self.seen = []
        self.lock = threading.Lock()
        self._answered_next = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def environment(self):
        return {"GITHUB_API_URL": self.url, "GITHUB_SERVER_URL": self.url}

    @property
    def names(self):
        return sorted(path.name.removesuffix(".git") for path in self.bare.iterdir())

    @contextmanager
    def running(self):
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()

    def next_fault(self, method, path):
        """The fault of a request, if it has one: those after the effect are kept for a post."""
        if self.posts_are_down and path.startswith("/repos/"):
            return "502"
        if self._answered_next:
            self._answered_next -= 1
            return None
        for fault in self.faults:
            if method == "POST" or not fault.endswith("after"):
                self.faults.remove(fault)
                self._answered_next = self.gaps.pop()
                return fault
        return None

    def handle_error(self, request, client_address):
        """A connection that was dropped on purpose is nothing to print."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Nothing."""

    def do_GET(self):
        if self.path.startswith(f"/{ORGANISATION}/"):
            return self._git()
        return self._api(None)

    def do_POST(self):
        return self._api(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _git(self):
        word = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {word}":
            return self._send(401, b"", {"WWW-Authenticate": 'Basic realm="GitHub"'})
        path = self.server.bare / urlsplit(self.path).path.removeprefix(f"/{ORGANISATION}/")
        return self._send(200, path.read_bytes(), {}) if path.is_file() else self._send(404, b"", {})

    def _api(self, body):
        server = self.server
        with server.lock:
            server.requests.append((self.command, self.path, dict(self.headers), body))
            if self.headers.get("Authorization") != f"token {TOKEN}":
                return self._json(401, {"message": "Bad credentials"})
            if server.clock.now < server.limit_ends:
                server.refused_early += 1
                return self._json(403, {"message": "You have exceeded a secondary rate limit."})
            if server.forbidden in self.path:
                return self._json(403, {"message": "Resource not accessible by personal access token"})
            fault = server.next_fault(self.command, self.path)
            if fault in ("403", "429"):
                return self._limit(fault)
            if fault in (None, "502 after", "dropped after"):
                status, answer, headers = self._answer(body)
            if fault in ("502", "502 after"):
                return self._send(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"})
            if fault in ("dropped", "dropped after"):
                self.close_connection = True
                return self.connection.close()
            return self._json(status, answer, headers)

    def _limit(self, fault):
        """A limit of the hour, said by its end, and one that says how long to wait."""
        clock = self.server.clock
        self.server.limit_ends = clock.now + 300
        if fault == "429":
            return self._json(429, {"message": "Too many requests"}, {"Retry-After": "300"})
        said = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(clock.now) + 300)}
        return self._json(403, {"message": "API rate limit exceeded for user ID 1."}, said)

    def _answer(self, body):
        parts = urlsplit(self.path)
        if self.command == "GET" and LIST.fullmatch(parts.path):
            return self._list(parse_qs(parts.query))
        if self.command == "GET" and (found := STATUS.fullmatch(parts.path)):
            newest = {one["context"]: one for one in self.server.statuses.get(found.groups(), [])}
            return 200, {"state": "success", "statuses": list(newest.values()), "sha": found[2]}, {}
        if found := COMMENTS.fullmatch(parts.path):
            return self._posted(self.server.comments, found.groups(), body)
        if self.command == "POST" and (found := STATUSES.fullmatch(parts.path)):
            return self._posted(self.server.statuses, found.groups(), body)
        if self.command == "GET" and (found := COMMIT.fullmatch(parts.path)):
            return 200, {"sha": found[2], "url": f"{self.server.url}{parts.path}"}, {}
        return 404, {"message": "Not Found"}, {}

    def _list(self, query):
        page = int(query.get("page", ["1"])[0])
        names = self.server.names
        there = names[(page - 1) * PAGE : page * PAGE]
        url = self.server.url
        listed = [
            {
                "name": name,
                "full_name": f"{ORGANISATION}/{name}",
                "url": f"{url}/repos/{ORGANISATION}/{name}",
                "clone_url": f"{url}/{ORGANISATION}/{name}.git",
                "is_template": name.endswith("template"),
            }
            for name in there
        ]
        more = page * PAGE < len(names)
        link = f'<{url}/orgs/{ORGANISATION}/repos?per_page=100&page={page + 1}>; rel="next"'
        return 200, listed, {"Link": link} if more else {}

    def _posted(self, place, key, body):
        if body is None:
            return 200, place.get(key, []), {}
        post = {"id": len(self.server.seen) + 1, "commit_id": key[1], **json.loads(body)}
        place.setdefault(key, []).append(post)
        self.server.seen.append((key, post))
        return 201, post, {}

    def _json(self, status, answer, headers=None):
        self._send(status, json.dumps(answer).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _send(self, status, body, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
