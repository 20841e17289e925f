#!/usr/bin/env python3
"""A right answer to lab 03 in another language: threading, and nothing but the standard library.

Main alone hears of signals: they write a byte into a pipe (signal.set_wakeup_fd), which is polled
beside the listener. At the end it shuts down every open connection, so that no thread sleeps in one.
"""

import argparse
import collections
import os
import re
import select
import signal
import socket
import sys
import threading

LEVELS = ["trace", "debug", "info", "warning", "error", "critical", "off"]
RETRY_PAUSE = 0.1  # before asking again for a descriptor that was refused
LOOK_AGAIN = 0.2  # at the signals, while the queue is full
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


# -- one client, in whatever thread ---------------------------------------------------------------


class Shared:
    """What all threads share, and its lock."""

    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.fewer = threading.Condition(self.lock)
        self.stopping = threading.Event()
        self.open = set()
        self.connections = 0
        self.questions = 0
        self.threads = 0

    def enter(self, peer):
        with self.lock:
            self.connections += 1
            self.open.add(peer)
            if self.stopping.is_set():
                peer.shutdown(socket.SHUT_RDWR)

    def leave(self, peer):
        with self.lock:
            self.open.discard(peer)
            peer.close()

    def count_question(self):
        with self.lock:
            self.questions += 1

    def start(self, work, *arguments):
        def run():
            try:
                work(*arguments)
            finally:
                with self.lock:
                    self.threads -= 1
                    self.fewer.notify_all()

        with self.lock:
            self.threads += 1
        try:
            threading.Thread(target=run, daemon=True).start()
        except RuntimeError:
            with self.lock:
                self.threads -= 1
            raise

    def end_all(self):
        with self.lock:
            self.stopping.set()
            for peer in self.open:
                try:
                    peer.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # its client has gone already
            self.fewer.wait_for(lambda: self.threads == 0)


def converse(peer, shared):
    conversation = SERVICES[shared.options.service]()
    while not conversation.finished:
        received = peer.recv(4096)
        if not received:
            return
        for reply in conversation.replies_to(received):
            if shared.options.think_time:
                shared.stopping.wait(shared.options.think_time)
            peer.sendall(reply)
            shared.count_question()


def serve(peer, shared):
    try:
        shared.enter(peer)
        shared.options.log("info", "connected")
        peer.settimeout(shared.options.idle_timeout or None)
        converse(peer, shared)
        peer.shutdown(socket.SHUT_WR)
        peer.settimeout(LINGER_TIME)
        while peer.recv(4096):
            pass
    except OSError as error:  # reset, or silent for too long
        shared.options.log("info", f"dropped: {error}")
    finally:
        shared.leave(peer)


# -- who serves -----------------------------------------------------------------------------------


class ThreadEach:
    def __init__(self, shared):
        self.shared = shared

    def room(self):
        return True

    def give(self, peer):
        try:
            self.shared.start(serve, peer, self.shared)
        except RuntimeError as error:
            self.shared.options.log("warning", f"thread: {error}")
            peer.close()

    def close(self):
        pass


class Pool:
    def __init__(self, shared):
        self.shared = shared
        self.changed = threading.Condition()
        self.waiting = collections.deque()
        self.closed = False
        for _ in range(shared.options.workers):
            shared.start(self.work)

    def work(self):
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.waiting or self.closed)
                if self.closed:
                    return
                peer = self.waiting.popleft()
            serve(peer, self.shared)

    def room(self):
        with self.changed:
            return len(self.waiting) < self.shared.options.queue

    def give(self, peer):
        with self.changed:
            self.waiting.append(peer)
            self.changed.notify()

    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify_all()


# -- main -----------------------------------------------------------------------------------------


class Server:
    def __init__(self, listener, options):
        self.listener = listener
        self.options = options
        self.stopping = False
        self.wake_up, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            signal.signal(number, self.ask_to_stop)

    def ask_to_stop(self, *_):
        self.stopping = True
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)  # the second one ends it at once

    def serve_forever(self, model):
        while not self.stopping:
            if not model.room():
                self.wait([], LOOK_AGAIN)
            elif self.listener in self.wait([self.listener]):
                self.admit(model)
        model.close()

    def wait(self, listeners, seconds=None):
        ready, _, _ = select.select([self.wake_up, *listeners], [], [], seconds)
        if self.wake_up in ready:
            os.read(self.wake_up, 4096)
        return ready

    def admit(self, model):
        try:
            peer, _ = self.listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            self.options.log("warning", f"accept: {error.strerror}")
            self.wait([], RETRY_PAUSE)
            return
        model.give(peer)


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
        description="A thread for each client or a pool, in Python.", allow_abbrev=False
    )
    parser.add_argument("--host", default="127.0.0.1", help="an empty one: all interfaces")
    parser.add_argument("--port", type=number(0, 65535), help="0: any free one")
    parser.add_argument("--service", choices=SERVICES, default="zen")
    parser.add_argument("--think-time", type=seconds, default=0, metavar="SECONDS")
    parser.add_argument("--idle-timeout", type=seconds, default=0, metavar="SECONDS")
    parser.add_argument("--backlog", type=number(0, 10**6), default=socket.SOMAXCONN)
    parser.add_argument("--model", choices=["per-connection", "pool"], default="per-connection")
    parser.add_argument("--workers", type=number(1, 10**6), default=4)
    parser.add_argument("--queue", type=number(1, 10**6), default=64)
    parser.add_argument("--log-level", choices=LEVELS, default="info")
    options = parser.parse_args()
    if options.port is None:
        options.port = SERVICES[options.service].port

    def log(level, text):
        if LEVELS.index(level) >= LEVELS.index(options.log_level):
            who = f"{threading.current_thread().name} {threading.get_native_id()}"
            os.write(2, f"{who} {level} {text}\n".encode())  # whole, and buffered nowhere

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
    shared = Shared(options)
    print("listening on", place_of(listener.getsockname()), flush=True)
    server.serve_forever((Pool if options.model == "pool" else ThreadEach)(shared))
    shared.end_all()
    print(f"connections {shared.connections}\nquestions {shared.questions}", flush=True)


main()
