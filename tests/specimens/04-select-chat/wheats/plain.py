#!/usr/bin/env python3
"""A right answer to lab 04 in another language: selectors, and nothing but the standard library.

Each connection says which events it waits for; the selector is told when that changes.
"""

import argparse
import errno
import os
import re
import selectors
import signal
import socket
import struct
import sys
import time

LEVELS = ["trace", "debug", "info", "warning", "error", "critical", "off"]
LONGEST = 65536
MOST_UNSENT = 1 << 20
RETRY_PAUSE = 0.1
LINGER_TIME = 1


class Refused(Exception):
    pass


def frame_of(text):
    return struct.pack(">I", len(text)) + text


class Connection:
    def __init__(self, peer, host):
        self.peer = peer
        self.host = host
        self.name = None
        self.received = bytearray()
        self.unsent = bytearray()
        self.leaves_by = None  # refused, or has said all
        self.input_ended = False
        self.gone = False
        self.events = 0  # that the selector knows

    @property
    def label(self):
        return f"{self.name}@{self.host}".encode()

    def frames(self):
        while len(self.received) >= 4:
            (length,) = struct.unpack_from(">I", self.received)
            if length > LONGEST:
                raise Refused("frame too long")
            if len(self.received) < 4 + length:
                return
            text = bytes(self.received[4 : 4 + length])
            del self.received[: 4 + length]
            try:
                text.decode()
            except UnicodeDecodeError:
                raise Refused("not UTF-8") from None
            yield text

    def leave(self):
        self.leaves_by = time.monotonic() + LINGER_TIME

    def flush(self):
        try:
            while self.unsent and not self.gone:
                del self.unsent[: self.peer.send(self.unsent)]
        except BlockingIOError:
            return
        except OSError:
            self.lose()
        if self.leaves_by and not self.unsent and not self.gone:
            try:
                self.peer.shutdown(socket.SHUT_WR)
            except OSError:
                self.lose()

    def lose(self):
        self.gone = True
        self.unsent.clear()

    def wanted_events(self):
        events = 0 if self.input_ended else selectors.EVENT_READ
        return events | (selectors.EVENT_WRITE if self.unsent else 0)

    def is_over(self, now):
        if self.gone:
            return True
        if not self.leaves_by:
            return False
        return now > self.leaves_by or (self.input_ended and not self.unsent)


class Chat:
    def __init__(self, listener, options):
        self.listener = listener
        self.log = options.log
        self.selector = selectors.DefaultSelector()
        self.connections = set()
        self.members = {}  # by name
        self.touched = set()  # in this turn
        self.stopping = False
        self.accept_again = 0.0
        wake_up, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        self.selector.register(wake_up, selectors.EVENT_READ, self.stop)
        self.selector.register(listener, selectors.EVENT_READ, self.admit)
        if options.stdin_stops:
            self.watch_stdin()

    def stop(self, *_):
        self.stopping = True
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)

    def watch_stdin(self):
        try:
            self.selector.register(0, selectors.EVENT_READ, self.look_at_stdin)
        except PermissionError:  # a file, or /dev/null: always ready
            self.look_at_stdin()

    def look_at_stdin(self):
        typed = os.read(0, 256)
        self.stopping = self.stopping or not typed or b"\n" in typed

    def serve_forever(self):
        while not self.stopping:
            timed = self.accept_again or any(c.leaves_by for c in self.connections)
            for key, events in self.selector.select(0.1 if timed else None):
                if isinstance(key.data, Connection):
                    self.touched.add(key.data)
                    if events & selectors.EVENT_READ and not key.data.gone:
                        self.receive(key.data)
                else:
                    key.data()
            self.end_turn()

    def admit(self):
        while True:
            try:
                peer, address = self.listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                self.log("warning", f"accept: {error.strerror}")
                self.accept_again = time.monotonic() + RETRY_PAUSE
                self.selector.unregister(self.listener)
                return
            peer.setblocking(False)
            host = f"[{address[0]}]" if ":" in address[0] else address[0]
            connection = Connection(peer, host)
            self.connections.add(connection)
            self.touched.add(connection)

    def receive(self, connection):
        try:
            received = connection.peer.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            connection.lose()
            return
        if not received:
            connection.input_ended = True
            connection.leave()
        elif not connection.leaves_by:
            connection.received += received
            self.hear(connection)

    def hear(self, connection):
        try:
            for text in connection.frames():
                if connection.name is None:
                    self.log_in(connection, text)
                else:
                    self.tell_others(connection, b"#[" + connection.label + b"]>> " + text)
        except Refused as refusal:
            connection.leave()
            self.queue(connection, frame_of(b"ERROR: " + str(refusal).encode()))

    def log_in(self, connection, text):
        if not text.startswith(b"NAME: "):
            raise Refused("no name first")
        name = text[6:]
        if not re.fullmatch(rb"[A-Za-z0-9_-]{1,32}", name):
            raise Refused("bad name")
        if name.decode() in self.members:
            raise Refused("name taken")
        connection.name = name.decode()
        self.members[connection.name] = connection
        self.queue(connection, frame_of(b"CLIENT: " + connection.label))
        number = b"%d" % len(self.members)
        text = b"(Connected: New client (" + number + b") from " + connection.label + b")"
        self.tell_others(connection, text)

    def tell_others(self, speaker, text):
        frame = frame_of(text)
        for member in self.members.values():
            if member is not speaker and not member.leaves_by and not member.gone:
                self.queue(member, frame)

    def queue(self, connection, frame):
        self.touched.add(connection)
        connection.unsent += frame
        if len(connection.unsent) > MOST_UNSENT:
            connection.flush()
        if len(connection.unsent) > MOST_UNSENT:
            connection.lose()

    def end_turn(self):
        now = time.monotonic()
        if self.accept_again and now >= self.accept_again:
            self.accept_again = 0.0
            self.selector.register(self.listener, selectors.EVENT_READ, self.admit)
        self.touched.update(c for c in self.connections if c.leaves_by)
        while self.touched:
            for connection in list(self.touched):
                self.touched.discard(connection)
                if connection.unsent:
                    connection.flush()
                self.announce_departure(connection)
                self.settle(connection, now)

    def announce_departure(self, connection):
        if connection.name is not None and (connection.gone or connection.leaves_by):
            if self.members.pop(connection.name, None):
                text = b"(Now hung up: Client from " + connection.label + b")"
                self.tell_others(connection, text)

    def settle(self, connection, now):
        over = connection.is_over(now)
        events = 0 if over else connection.wanted_events()
        if events != connection.events:
            if not connection.events:
                self.selector.register(connection.peer, events, connection)
            elif not events:
                self.selector.unregister(connection.peer)
            else:
                self.selector.modify(connection.peer, events, connection)
            connection.events = events
        if over and connection in self.connections:
            self.connections.discard(connection)
            connection.peer.close()


def number(least, most):
    def parse(text):
        if not re.fullmatch("[0-9]+", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {least} to {most}")
        return int(text)

    return parse


def parse_options():
    parser = argparse.ArgumentParser(description="A chat, in Python.", allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1", help="an empty one: all interfaces")
    parser.add_argument("--port", type=number(0, 65535), default=8800, help="0: any free one")
    parser.add_argument("--stdin-stops", action="store_true")
    parser.add_argument("--log-level", choices=LEVELS, default="info")
    options = parser.parse_args()

    def log(level, text):
        if LEVELS.index(level) >= LEVELS.index(options.log_level):
            os.write(2, f"{level} {text}\n".encode())

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
    listener.listen(4096)
    listener.setblocking(False)
    return listener


def main():
    options = parse_options()
    try:
        listener = listen_on(options)
    except OSError as error:
        sys.exit(f"host '{options.host}': {error.strerror}")
    chat = Chat(listener, options)
    print("listening on", place_of(listener.getsockname()), flush=True)
    chat.serve_forever()


main()
