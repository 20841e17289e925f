#!/usr/bin/env python3
"""A right iterative server that shares nothing with the others but the contract."""

import argparse
import logging
import os
import signal
import socket
import sys
import time

PORTS = {"zen": 1060, "echo": 8800, "hello": 8888}
LEVELS = {"trace": 5, "debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50,
          "off": 99}
GOODBYE = 1.0  # seconds for a client to take our last words


class Stop(Exception):
    """SIGTERM or SIGINT: raised wherever the program happens to wait."""


class Zen:
    ANSWERS = {
        b"Beautiful is better than?": b"Ugly.",
        b"Explicit is better than?": b"Implicit.",
        b"Simple is better than?": b"Complex.",
    }
    LONGEST = 1024

    def __init__(self):
        self.received = b""
        self.finished = False

    def feed(self, data):
        self.received += data
        while not self.finished:
            self.received = self.received.lstrip(b" \t\r\n\v\f")
            question, mark, rest = self.received.partition(b"?")
            if len(question) > self.LONGEST:
                self.finished = True
                yield b"Error: question too long."
            elif not mark:
                return
            else:
                self.received = rest
                yield self.ANSWERS.get(question + mark, b"Error: unknown aphorism.")


class Echo:
    finished = False

    def feed(self, data):
        yield data


class Hello:
    LONGEST = 8192
    PAGE = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n"
            b"Connection: close\r\n\r\nHello, World!\n")
    TOO_LARGE = (b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n"
                 b"Connection: close\r\n\r\n")

    def __init__(self):
        self.received = b""
        self.finished = False

    def feed(self, data):
        self.received = (self.received + data).lstrip(b"\r\n")
        ends = [self.received.find(end) + len(end)
                for end in (b"\n\n", b"\n\r\n") if end in self.received]
        size = min(ends, default=len(self.received))
        if size > self.LONGEST:
            self.finished = True
            yield self.TOO_LARGE
        elif ends:
            self.finished = True
            yield self.PAGE


def port_number(text):
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port from 0 to 65535")
    return int(text)


def count(text):
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


def seconds(text):
    value = float(text)
    if not 0 <= value <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is no time from 0 to 86400 s")
    return value


def parse_flags():
    parser = argparse.ArgumentParser(description="An iterative server: one client at a time.")
    parser.add_argument("--host", default="127.0.0.1", help='"": all interfaces')
    parser.add_argument("--port", type=port_number, help="0: any free one")
    parser.add_argument("--backlog", type=count, default=4096)
    parser.add_argument("--service", choices=PORTS, default="zen")
    parser.add_argument("--think-time", type=seconds, default=0.0, help="pause before each reply")
    parser.add_argument("--idle-timeout", type=seconds, default=10.0, help="0: none")
    parser.add_argument("--log-level", choices=LEVELS, default="info")
    return parser.parse_args()


def listen_on(flags):
    port = PORTS[flags.service] if flags.port is None else flags.port
    family, _, _, _, address = socket.getaddrinfo(
        flags.host or "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICSERV)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        sys.exit(f"bind {name_of(family, address)}: {os.strerror(error.errno)}")
    listener.listen(flags.backlog)
    return listener


def name_of(family, address):
    host = f"[{address[0]}]" if family == socket.AF_INET6 else address[0]
    return f"{host}:{address[1]}"


def say_goodbye(peer):
    """Ends our direction, then takes what the client still sends: no reset follows."""
    peer.shutdown(socket.SHUT_WR)
    end = time.monotonic() + GOODBYE
    while (left := end - time.monotonic()) > 0:
        peer.settimeout(left)
        if not peer.recv(65536):
            break


def serve(peer, flags):
    conversation = {"zen": Zen, "echo": Echo, "hello": Hello}[flags.service]()
    peer.settimeout(flags.idle_timeout or None)
    while not conversation.finished:
        data = peer.recv(65536)
        if not data:
            break
        for reply in conversation.feed(data):
            time.sleep(flags.think_time)
            send_all(peer, reply)
    say_goodbye(peer)


def send_all(peer, data):
    """Like sendall, whose time-out is one for all of the data; ours begins anew with each byte."""
    rest = memoryview(data)
    while rest:
        rest = rest[peer.send(rest):]


def serve_forever(listener, flags):
    while True:
        try:
            peer, address = listener.accept()
        except OSError as error:
            logging.warning("accept: %s", error)
            time.sleep(0.1)
            continue
        with peer:
            logging.info("connected: %s", address)
            try:
                serve(peer, flags)
            except OSError as error:  # reset, gone, or silent for too long
                logging.info("dropped: %s", error)


def stop(_signal, _frame):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one ends the program at once
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise Stop


def main():
    flags = parse_flags()
    logging.basicConfig(level=LEVELS[flags.log_level], format="%(levelname)s %(message)s")
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        with listen_on(flags) as listener:
            print("listening on", name_of(listener.family, listener.getsockname()), flush=True)
            serve_forever(listener, flags)
    except Stop:
        logging.info("stopped")


if __name__ == "__main__":
    main()
