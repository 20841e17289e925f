#!/usr/bin/env python3
"""A right answer to lab 05 in another language: selectors, and nothing but the standard library.

    selectors ──► the listener: accept until nobody waits
              ──► a client: receive ► answer one request ► send what goes ► and so on

A request is answered when nothing of the reply before it is left: so unsent bytes are never many.
"""

import argparse
import collections
import email.utils
import errno
import html
import os
import re
import resource
import selectors
import signal
import socket
import stat
import sys
import time
import urllib.parse

LEVELS = ["trace", "debug", "info", "warning", "error", "critical", "off"]
PIECE = 65536
RETRY_PAUSE = 0.1  # before asking again for a descriptor that was refused
LINGER_TIME = 1  # for a client to take the last words and close
STOP_TIME = 1  # for the replies under way when we are to stop
SPARE_DESCRIPTORS = 64
LONGEST_TARGET = 8 << 10
LONGEST_FIELDS = 16 << 10
LONGEST_BODY = 1 << 20
GREETING = b"Hello from Epoll Server!"
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"}
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
REASONS = {
    200: "OK",
    206: "Partial Content",
    301: "Moved Permanently",
    304: "Not Modified",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".css": "text/css",
    ".js": "text/javascript",
    ".png": "image/png",
    ".ico": "image/x-icon",
}


# -- requests: bytes in, a request out ------------------------------------------------------------


class Refusal(Exception):
    """The connection is beyond repair: this status is the last that is said on it."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Request:
    def __init__(self, line, fields):
        self.line = line
        self.method, self.target, version = self.split(line)
        self.fields = {}
        for field in fields:
            self.take(field)
        self.minor = int(version[-1])
        if self.minor > 0 and "host" not in self.fields:
            raise Refusal(400)
        if "transfer-encoding" in self.fields:
            raise Refusal(501)
        self.length = self.body_length()
        words = {word.strip() for word in self.fields.get("connection", "").lower().split(",")}
        self.keep_alive = "close" not in words and (self.minor > 0 or "keep-alive" in words)

    @staticmethod
    def split(line):
        words = line.split(" ")
        if len(words) != 3 or not TOKEN.fullmatch(words[0]) or not words[1]:
            raise Refusal(400)
        if len(words[1]) > LONGEST_TARGET:
            raise Refusal(414)
        if not re.fullmatch(r"HTTP/[0-9]\.[0-9]", words[2]):
            raise Refusal(400)
        if words[2][5] != "1":
            raise Refusal(505)
        return words

    def take(self, field):
        name, colon, value = field.partition(":")
        name, value = name.lower(), value.strip(" \t")
        once = name in ("host", "content-length") and name in self.fields
        if not colon or not TOKEN.fullmatch(name) or once or re.search(r"[\0\r]", value):
            raise Refusal(400)
        self.fields[name] = value

    def body_length(self):
        length = self.fields.get("content-length", "0")
        if not re.fullmatch("[0-9]+", length):
            raise Refusal(400)
        if len(length) > 15 or int(length) > LONGEST_BODY:
            raise Refusal(413)
        return int(length)


def parse(received):
    """The first request of a bytearray, which it is taken out of; None until it is whole."""
    while received[:1] in (b"\r", b"\n") and b"\n" in received[:2]:
        del received[: received.index(b"\n") + 1]
    end = re.search(rb"\n\r?\n", received)
    first = received.find(b"\n")
    if first == -1:
        if received and not re.match(rb"[!-~]", received):
            raise Refusal(400)
        if len(received) > LONGEST_TARGET + 64:
            raise Refusal(414)
        return None
    if not end and len(received) - first <= LONGEST_FIELDS:
        return None
    if (end.end() if end else len(received)) - first > LONGEST_FIELDS:
        line = received[:first].decode("latin-1").rstrip("\r")
        Request.split(line)
        raise Refusal(431)
    head = received[: end.start()].decode("latin-1")
    del received[: end.end()]
    line, *fields = [text.removesuffix("\r") for text in head.split("\n")]
    return Request(line, fields)


# -- replies: a request in, bytes and perhaps a part of a file out --------------------------------


class Part:
    """What is still to be sent of a file."""

    def __init__(self, file, first, length):
        self.file, self.next, self.left = file, first, length

    def close(self):
        os.close(self.file)


def reply(status, keep_alive, minor, fields, body, with_body=True):
    head = [f"HTTP/1.1 {status} {REASONS[status]}"]
    head += [f"{name}: {value}" for name, value in fields.items()]
    if status != 304:
        head.append(f"Content-Length: {body.left if isinstance(body, Part) else len(body)}")
    if not keep_alive:
        head.append("Connection: close")
    elif minor == 0:
        head.append("Connection: keep-alive")
    out = ["\r\n".join([*head, "", ""]).encode("latin-1")]
    if with_body and status != 304:
        out.append(body)
    elif isinstance(body, Part):
        body.close()
    return out


def complaint(status):
    return {"Content-Type": "text/plain"}, f"{status} {REASONS[status]}\n".encode()


class Site:
    def __init__(self, root):
        self.root = os.path.realpath(root) if root else None

    def answer(self, request):
        """Status, fields, body."""
        if request.method not in ("GET", "HEAD"):
            status = 405 if request.method in METHODS else 501
            fields, body = complaint(status)
            return status, {"Allow": "GET, HEAD", **fields}, body
        path = request.target.partition("?")[0]
        if not path.startswith("/") or re.search("%(?![0-9A-Fa-f]{2})", path):
            return 400, *complaint(400)
        name = urllib.parse.unquote_to_bytes(path)
        if b"\0" in name:
            return 400, *complaint(400)
        if self.root is not None:
            return self.serve(request, name)
        if name == b"/":
            return 200, {"Content-Type": "text/plain"}, GREETING
        return 404, *complaint(404)

    def serve(self, request, name):
        root = os.fsencode(self.root)
        try:
            real = os.path.realpath(os.path.join(root, name.lstrip(b"/")))
            if real != root and not real.startswith(root.rstrip(b"/") + b"/"):
                return 404, *complaint(404)
            file = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            status = 503 if error.errno in (errno.EMFILE, errno.ENFILE) else 404
            return status, *complaint(status)
        kind = os.fstat(file).st_mode
        if stat.S_ISREG(kind):
            return self.send(request, file, real)
        os.close(file)
        if not stat.S_ISDIR(kind):
            return 404, *complaint(404)
        if not name.endswith(b"/"):
            place = "/" + urllib.parse.quote(name.lstrip(b"/")) + "/"
            return 301, {"Location": place, "Content-Type": "text/plain"}, b""
        if os.path.isfile(os.path.join(real, b"index.html")):
            return self.serve(request, os.path.join(name, b"index.html"))
        return 200, {"Content-Type": "text/html; charset=utf-8"}, self.listing(real)

    @staticmethod
    def listing(folder):
        lines = []
        for name in sorted(os.listdir(folder)):
            slash = b"/" if os.path.isdir(os.path.join(folder, name)) else b""
            link = urllib.parse.quote(name + slash)
            text = html.escape((name + slash).decode("utf-8", "replace"))
            lines.append(f'<li><a href="./{link}">{text}</a></li>')
        return "\n".join(["<!DOCTYPE html>", "<ul>", *lines, "</ul>", ""]).encode()

    @staticmethod
    def send(request, file, name):
        facts = os.fstat(file)
        modified = email.utils.formatdate(facts.st_mtime // 1, usegmt=True)
        fields = {"Last-Modified": modified}
        try:
            since = email.utils.parsedate_to_datetime(request.fields["if-modified-since"])
            if int(facts.st_mtime) <= since.timestamp():
                os.close(file)
                return 304, fields, b""
        except (KeyError, TypeError, ValueError):
            pass
        ending = os.path.splitext(os.fsdecode(name))[1]
        fields["Content-Type"] = TYPES.get(ending, "application/octet-stream")
        size = facts.st_size
        asked = re.fullmatch(r"bytes=([0-9]*)-([0-9]*)", request.fields.get("range", ""))
        if not asked or asked[0] == "bytes=-":
            return 200, fields, Part(file, 0, size)
        first = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
        last = min(int(asked[2]), size - 1) if asked[1] and asked[2] else size - 1
        if first > last:
            os.close(file)
            return 416, {"Content-Range": f"bytes */{size}"}, b""
        fields["Content-Range"] = f"bytes {first}-{last}/{size}"
        return 206, fields, Part(file, first, last - first + 1)


# -- the server -----------------------------------------------------------------------------------


class Client:
    def __init__(self, peer, name, now):
        self.peer = peer
        self.name = name
        self.received = bytearray()
        self.unsent = collections.deque()  # bytes and Parts
        self.to_skip = 0  # of the last request's body
        self.heard_all = False
        self.last_reply = False  # is on its way, or gone
        self.parting = False  # we are through, and wait until the client is
        self.since = now


class Server:
    def __init__(self, listener, options):
        self.listener = listener
        self.options = options
        self.site = Site(options.root)
        self.selector = selectors.DefaultSelector()
        self.clients = collections.OrderedDict()  # in the order of `since`
        self.parting = set()  # those among them whose end we wait for
        self.accept_at = 0  # not earlier: out of descriptors
        self.listening = False
        self.stopping = False
        self.wake_up, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.ask_to_stop)
        self.selector.register(self.wake_up, selectors.EVENT_READ)

    def ask_to_stop(self, *_):
        self.stopping = True
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)  # the second one ends it at once

    def serve_forever(self):
        while not self.stopping:
            self.turn()
        self.listen(False)
        self.listener.close()
        for client in list(self.clients.values()):
            client.last_reply = True
            if not client.unsent:
                self.drop(client)
        patience = time.monotonic() + STOP_TIME
        while self.clients and time.monotonic() < patience:
            self.turn()

    def turn(self):
        now = time.monotonic()
        room = len(self.clients) < self.options.max_connections
        self.listen(not self.stopping and room and self.accept_at <= now)
        for key, _ in self.selector.select(self.time_left(now)):
            if key.fileobj is self.listener:
                self.admit_clients()
            elif key.data is None:
                os.read(self.wake_up, 4096)
            elif key.data.peer is not None:
                self.guarded(self.converse, key.data)
        self.end_the_idle(time.monotonic())

    def listen(self, wanted):
        if wanted != self.listening:
            self.listening = wanted
            if wanted:
                self.selector.register(self.listener, selectors.EVENT_READ)
            else:
                self.selector.unregister(self.listener)

    def time_left(self, now):
        due = [self.accept_at] if self.accept_at > now else []
        if self.stopping:
            due.append(now + 0.1)
        if self.clients and self.options.idle_timeout:
            first = next(iter(self.clients.values()))
            due.append(first.since + self.options.idle_timeout)
        due += [client.since + LINGER_TIME for client in self.parting]
        return max(0, min(due) - now) if due else None

    def end_the_idle(self, now):
        for client in [c for c in self.parting if c.since + LINGER_TIME <= now]:
            self.drop(client)
        while self.clients and self.options.idle_timeout:
            client = next(iter(self.clients.values()))
            if client.since + self.options.idle_timeout > now:
                return
            self.time_out(client)

    def time_out(self, client):
        if client.unsent or client.parting or not (client.received or client.to_skip):
            self.drop(client)
        else:
            self.touch(client)
            self.refuse(client, 408)
            self.guarded(self.converse, client)

    def touch(self, client):
        client.since = time.monotonic()
        self.clients.move_to_end(client.peer.fileno())

    def admit_clients(self):
        while len(self.clients) < self.options.max_connections:
            try:
                peer, address = self.listener.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:
                self.options.log("warning", f"accept: {error.strerror}")
                self.accept_at = time.monotonic() + RETRY_PAUSE
                return
            peer.setblocking(False)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = Client(peer, place_of(address), time.monotonic())
            self.clients[peer.fileno()] = client
            self.selector.register(peer, selectors.EVENT_READ, client)

    def drop(self, client):
        for rest in client.unsent:
            if isinstance(rest, Part):
                rest.close()
        client.unsent.clear()
        self.parting.discard(client)
        del self.clients[client.peer.fileno()]
        self.selector.unregister(client.peer)
        client.peer.close()
        client.peer = None

    def guarded(self, work, client):
        try:
            work(client)
        except OSError as error:  # reset, or gone
            self.options.log("info", f"dropped: {client.name} {error}")
            self.drop(client)

    def converse(self, client):
        """As far as it goes without waiting."""
        if not client.unsent:
            self.receive(client)
        self.send(client)
        while not client.unsent and not client.last_reply and self.answer_one(client):
            self.send(client)
        if client.unsent:
            self.watch(client, selectors.EVENT_WRITE)
        elif client.heard_all or (client.last_reply and self.stopping):
            self.drop(client)
        else:
            if client.last_reply and not client.parting:
                client.parting = True
                self.parting.add(client)
                client.peer.shutdown(socket.SHUT_WR)
            self.watch(client, selectors.EVENT_READ)

    def watch(self, client, events):
        if self.selector.get_key(client.peer).events != events:
            self.selector.modify(client.peer, events, client)

    def receive(self, client):
        try:
            received = client.peer.recv(PIECE)
        except BlockingIOError:
            return
        client.heard_all = not received
        if not client.last_reply:
            client.received += received
        if not client.parting:
            self.touch(client)

    def answer_one(self, client):
        skipped = min(client.to_skip, len(client.received))
        del client.received[:skipped]
        client.to_skip -= skipped
        if client.to_skip or not client.received:
            return False
        before = bytes(client.received) if self.options.logs_debug else b""
        try:
            request = parse(client.received)
        except Refusal as refusal:
            self.refuse(client, refusal.status)
            return True
        if request is None:
            return False
        self.log_whole(before[: len(before) - len(client.received)])
        client.to_skip = request.length
        status, fields, body = self.site.answer(request)
        keep = request.keep_alive and not self.stopping
        client.last_reply = not keep
        with_body = request.method != "HEAD"
        client.unsent.extend(reply(status, keep, request.minor, fields, body, with_body))
        self.options.log("info", f'{client.name} "{request.line}" {status}')
        return True

    def log_whole(self, head):
        if self.options.logs_debug:
            self.options.log("debug", "-" * 40 + "\n" + head.decode("latin-1"))

    def refuse(self, client, status):
        client.received.clear()
        client.last_reply = True
        client.unsent.extend(reply(status, False, 1, *complaint(status)))
        self.options.log("info", f'{client.name} "-" {status}')

    def send(self, client):
        while client.unsent:
            rest = client.unsent[0]
            try:
                if isinstance(rest, Part):
                    self.send_file(client, rest)
                else:
                    client.unsent[0] = rest[client.peer.send(rest) :]
            except BlockingIOError:
                return
            self.touch(client)
            if not (rest.left if isinstance(rest, Part) else client.unsent[0]):
                client.unsent.popleft()
                if isinstance(rest, Part):
                    rest.close()

    @staticmethod
    def send_file(client, part):
        count = 0
        if part.left:
            count = os.sendfile(client.peer.fileno(), part.file, part.next, part.left)
            if count == 0:
                raise OSError("the file has become shorter")
        part.next += count
        part.left -= count


# -- the command line -----------------------------------------------------------------------------


def number(least, most):
    def parse_number(text):
        if not re.fullmatch("[0-9]+", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {least} to {most}")
        return int(text)

    return parse_number


def seconds(text):
    if not re.fullmatch(r"[0-9]*\.?[0-9]+|[0-9]+\.", text) or float(text) > 86400:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time from 0 to 86400 seconds")
    return float(text)


def descriptors_allowed():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return max(1, most - SPARE_DESCRIPTORS)


def parse_options():
    parser = argparse.ArgumentParser(description="A web server, in Python.", allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1", help="an empty one: all interfaces")
    parser.add_argument("--port", type=number(0, 65535), default=8800, help="0: any free one")
    parser.add_argument("--root", default="", metavar="FOLDER", help="whose files are served")
    parser.add_argument("--idle-timeout", type=seconds, default=60, metavar="SECONDS")
    parser.add_argument("--max-connections", type=number(0, 10**6), default=0)
    parser.add_argument("--edge-triggered", action="store_true", help="makes no difference here")
    parser.add_argument("--log-level", choices=LEVELS, default="info")
    options = parser.parse_args()
    options.max_connections = options.max_connections or descriptors_allowed()
    options.logs_debug = LEVELS.index(options.log_level) <= LEVELS.index("debug")

    def log(level, text):
        if LEVELS.index(level) >= LEVELS.index(options.log_level):
            os.write(2, f"{level} {text}\n".encode("utf-8", "backslashreplace"))

    options.log = log
    return options


def place_of(address):
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen_on(options):
    family, kind, _, _, address = socket.getaddrinfo(
        options.host or "0.0.0.0", options.port, type=socket.SOCK_STREAM
    )[0]
    listener = socket.socket(family, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        sys.exit(f"bind {place_of(address)}: {os.strerror(error.errno or errno.EINVAL)}")
    listener.listen(socket.SOMAXCONN)
    listener.setblocking(False)
    return listener


def main():
    options = parse_options()
    try:
        listener = listen_on(options)
    except OSError as error:
        sys.exit(f"host '{options.host}': {error.strerror}")
    server = Server(listener, options)
    print("listening on", place_of(listener.getsockname()), flush=True)
    server.serve_forever()


main()
