#!/usr/bin/env python3
"""A right answer to lab 02 in another language: os.fork, and nothing but the standard library.

SIGCHLD, SIGTERM and SIGINT write a byte into a pipe (signal.set_wakeup_fd), which is polled beside
the listener: no signal can come between a look and a sleep.
"""

import argparse
import errno
import os
import re
import select
import signal
import socket
import sys
import time

LEVELS = ["trace", "debug", "info", "warning", "error", "critical", "off"]
RETRY_PAUSE = 0.1  # before asking again for a descriptor that was refused
STOP_TIME = 1  # for the children to end when asked to
LINGER_TIME = 1  # for a client to take the last words and close
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


# -- the services: bytes in, replies out ----------------------------------------------------------


class Zen:
    port = 1060
    answers = {
        b"Beautiful is better than?": b"Ugly.",
        b"Explicit is better than?": b"Implicit.",
        b"Simple is better than?": b"Complex.",
    }
    space = b" \t\r\n\v\f"
    longest = 1024

    def __init__(self):
        self.received = b""
        self.finished = False

    def replies_to(self, received):
        self.received = (self.received + received).lstrip(self.space)
        while not self.finished:
            end = self.received.find(b"?")
            if (len(self.received) if end == -1 else end) > self.longest:
                self.finished = True
                yield b"Error: question too long."
            elif end == -1:
                return
            else:
                question = self.received[: end + 1]
                self.received = self.received[end + 1 :].lstrip(self.space)
                yield self.answers.get(question, b"Error: unknown aphorism.")


class Echo:
    port = 8800
    finished = False

    def replies_to(self, received):
        yield received


class Hello:
    port = 8888
    longest = 8192
    page = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n"
        b"Connection: close\r\n\r\nHello, World!\n"
    )
    too_large = (
        b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n"
        b"Connection: close\r\n\r\n"
    )

    def __init__(self):
        self.head = b""
        self.finished = False

    def replies_to(self, received):
        self.head = (self.head + received).lstrip(b"\r\n")
        end = re.search(rb"\n\r?\n", self.head)
        length = end.end() if end else len(self.head)
        if length > self.longest or end:
            self.finished = True
            yield self.too_large if length > self.longest else self.page


SERVICES = {"zen": Zen, "echo": Echo, "hello": Hello}


# -- the child ------------------------------------------------------------------------------------


def converse(peer, options):
    conversation = SERVICES[options.service]()
    while not conversation.finished:
        received = peer.recv(4096)
        if not received:
            return
        for reply in conversation.replies_to(received):
            time.sleep(options.think_time)
            peer.sendall(reply)


def serve_client(peer, options):
    try:
        peer.settimeout(options.idle_timeout or None)
        converse(peer, options)
        peer.shutdown(socket.SHUT_WR)
        peer.settimeout(LINGER_TIME)
        while peer.recv(4096):
            pass
    except OSError as error:  # reset, or silent for too long
        options.log("info", f"dropped: {error}")


# -- the parent -----------------------------------------------------------------------------------


class Server:
    def __init__(self, listener, options):
        self.listener = listener
        self.options = options
        self.children = set()
        self.stopping = False
        self.wake_up, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in STOP_SIGNALS:
            signal.signal(number, self.ask_to_stop)

    def ask_to_stop(self, *_):
        self.stopping = True
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)  # the second one ends it at once

    def serve_forever(self):
        while not self.stopping:
            room = len(self.children) < self.options.max_children
            if self.listener in self.wait([self.listener] if room else []):
                self.admit()
        self.end_children()

    def wait(self, listeners, seconds=None):
        ready, _, _ = select.select([self.wake_up, *listeners], [], [], seconds)
        if self.wake_up in ready:
            os.read(self.wake_up, 4096)
        self.reap()
        return ready

    def reap(self):
        while self.children:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self.children.discard(pid)

    def admit(self):
        try:
            peer, _ = self.listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            self.options.log("warning", f"accept: {error.strerror}")
            self.wait([], RETRY_PAUSE)
            return
        with peer:
            self.start_child(peer)

    def start_child(self, peer):
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            pid = os.fork()
        except OSError as error:
            self.options.log("warning", f"fork: {error.strerror}")
        else:
            if pid == 0:
                self.be_a_child(peer, before)
            self.children.add(pid)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def be_a_child(self, peer, signal_mask):
        try:
            signal.set_wakeup_fd(-1)
            for number in [*STOP_SIGNALS, signal.SIGCHLD]:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, signal_mask)
            self.listener.close()
            peer.setblocking(True)
            serve_client(peer, self.options)
        finally:
            os._exit(0)

    def end_children(self):
        for pid in self.children:
            os.kill(pid, signal.SIGTERM)
        patience = time.monotonic() + STOP_TIME
        while self.children:
            left = patience - time.monotonic()
            if left <= 0:
                for pid in self.children:
                    os.kill(pid, signal.SIGKILL)
            self.wait([], max(left, 0.01))


# -- the command line -----------------------------------------------------------------------------


def number(least, most):
    def parse(text):
        if not re.fullmatch("[0-9]+", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {least} to {most}")
        return int(text)

    return parse


def seconds(text):
    if not re.fullmatch(r"[0-9]*\.?[0-9]+|[0-9]+\.", text) or float(text) > 86400:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time from 0 to 86400 seconds")
    return float(text)


def parse_options():
    parser = argparse.ArgumentParser(
        description="A process for each client, in Python.", allow_abbrev=False
    )
    parser.add_argument("--host", default="127.0.0.1", help="an empty one: all interfaces")
    parser.add_argument("--port", type=number(0, 65535), help="0: any free one")
    parser.add_argument("--service", choices=SERVICES, default="zen")
    parser.add_argument("--think-time", type=seconds, default=0, metavar="SECONDS")
    parser.add_argument("--idle-timeout", type=seconds, default=0, metavar="SECONDS")
    parser.add_argument("--backlog", type=number(0, 10**6), default=socket.SOMAXCONN)
    parser.add_argument("--max-children", type=number(1, 10**6), default=40)
    parser.add_argument("--log-level", choices=LEVELS, default="info")
    options = parser.parse_args()
    if options.port is None:
        options.port = SERVICES[options.service].port

    def log(level, text):
        if LEVELS.index(level) >= LEVELS.index(options.log_level):
            os.write(2, f"{os.getpid()} {level} {text}\n".encode())  # whole, and buffered nowhere

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
    listener.listen(options.backlog)
    listener.setblocking(False)  # between select and accept the client may go
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
