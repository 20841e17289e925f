#!/usr/bin/env python3
"""A right answer to lab 06 in another language: a selector and a non-blocking socket, and nothing but
the standard library. SIGTERM and SIGINT write a byte into a pipe, which is watched beside the socket.
"""

import argparse
import os
import re
import selectors
import signal
import socket
import sys
import time

LEVELS = ["trace", "debug", "info", "warning", "error", "critical", "off"]
SPACE = b" \t\r\n\v\f"


def number(text):
    if not re.fullmatch("[0-9]+", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 0 to 65535")
    return int(text)


def seconds(text):
    if not re.fullmatch(r"[0-9]*\.?[0-9]+|[0-9]+\.", text) or float(text) > 86400:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time from 0 to 86400 seconds")
    return float(text)


def parse_options():
    parser = argparse.ArgumentParser(description="A registry over UDP.", allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1", help="an empty one: all interfaces")
    parser.add_argument("--port", type=number, default=65456, help="0: any free one")
    parser.add_argument("--plain", action="store_true", help="echo each datagram to its sender")
    parser.add_argument("--expire", type=seconds, default=0, metavar="SECONDS")
    parser.add_argument("--log-level", choices=LEVELS, default="info")
    return parser.parse_args()


def place_of(address):
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Registry:
    def __init__(self, sock, options):
        self.socket = sock
        self.options = options
        self.heard = {}  # address and port → when

    def log(self, level, text):
        if LEVELS.index(level) >= LEVELS.index(self.options.log_level):
            os.write(2, f"{os.getpid()} {level} {text}\n".encode())

    def send(self, payload, client):
        try:
            self.socket.sendto(payload, client)
        except OSError as error:
            self.log("warning", f"sendto {place_of(client)}: {error.strerror}")

    def forget_the_silent(self, now):
        if self.options.expire:
            self.heard = {c: t for c, t in self.heard.items() if now - t <= self.options.expire}

    def heed(self, payload, sender):
        now = time.monotonic()
        self.forget_the_silent(now)
        words, name = payload.strip(SPACE), place_of(sender)
        if sender in self.heard or words == b"#REG":
            self.heard[sender] = now
        if words == b"#REG":
            self.log("info", f"{name} is registered")
        elif words in (b"#DEREG", b"quit") and sender in self.heard:
            del self.heard[sender]
            self.log("info", f"{name} is de-registered")
        elif not words or words.startswith(b"#") or sender not in self.heard:
            self.log("info", f"ignored {len(payload)} bytes of {name}")
        else:
            for client in list(self.heard):
                self.send(payload.strip(SPACE), client)
            self.log("info", f"message of {name}, to {len(self.heard)}")

    def serve_what_came(self):
        while True:
            try:
                payload, sender = self.socket.recvfrom(65536)
            except BlockingIOError:
                return
            if self.options.plain:
                self.send(payload, sender)
            else:
                self.heed(payload, sender)


def socket_on(options):
    family, kind, _, _, address = socket.getaddrinfo(
        options.host or "0.0.0.0", options.port, type=socket.SOCK_DGRAM
    )[0]
    sock = socket.socket(family, kind)
    try:
        sock.bind(address)
    except OSError as error:
        sys.exit(f"bind {place_of(address)}: {os.strerror(error.errno)}")
    sock.setblocking(False)
    return sock


def main():
    options = parse_options()
    wake_up, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(write_end)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: None)
    sock = socket_on(options)
    registry = Registry(sock, options)
    selector = selectors.DefaultSelector()
    selector.register(sock, selectors.EVENT_READ)
    selector.register(wake_up, selectors.EVENT_READ)
    print("listening on", place_of(sock.getsockname()), flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj == wake_up:
                return
            registry.serve_what_came()


main()
