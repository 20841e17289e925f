"""A guided tour of a server: run by gdb, which grading/tour.sh starts.

Stops the server at each region `// [N] heading … // [/]` of its source when the code that runs
comes there for the first time, in whichever process, and shows it. Where a process is born inside a
region there is a stop of its own: fork returns twice.

What tour.sh hands over, in the environment:
    TOUR_SOURCE  the source to be toured
    TOUR_WORK    a folder: `log`, `client` and `notes` grow while the server runs; its `pid` is
                 written here, and in the end `done` or a `problem`
    TOUR_MODE    ask: wait for a key at each stop; run: do not wait; check: print the order only
    TOUR_COLOUR  1 on a terminal
    TOUR_FLAGS   of the server, beside its port
    TOUR_MET     numbers of the regions that earlier runs have met; `met` is written when this one
                 has ended
    TOUR_LAST    1 when no run follows
and descriptors: 3 the keys of the reader, 4 the page.
"""
import errno
import os
import re
import shlex
import sys
import textwrap
import traceback

import gdb

KEYS, PAGE = 3, 4
WIDEST = 100
SHOWN_ELEMENTS = 8
NO_VALUES = {"this", "true", "false", "nullptr"}
COLOURS = {"title": "\033[1;36m", "here": "\033[1;33m", "name": "\033[1m", "dim": "\033[2m",
           "plain": "\033[0m"}


class TourError(Exception):
    """The tour cannot go on; the text says why."""


class Quit(Exception):
    """The reader has seen enough."""


class Region:
    """A numbered region of the source: its heading and its lines."""

    def __init__(self, number, heading, mark):
        self.number = number
        self.heading = heading
        self.first = mark + 1  # its first and its last line, without the marks
        self.last = mark

    def __contains__(self, line):
        return self.first <= line <= self.last

    def entry(self, code_lines):
        """The first line that has code."""
        inside = [line for line in code_lines if line in self]
        if not inside:
            raise TourError(f"region [{self.number}] holds no code: is the server built from it?")
        return min(inside)


class Source:
    """The text of the server and its regions, in the order of their numbers."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.lines = file.read().splitlines()
        self.regions = sorted(self._read_regions(), key=lambda region: region.number)
        if not self.regions:
            raise TourError(f"{path} has no numbered region")

    def line(self, number):
        return self.lines[number - 1]

    def introduction(self):
        """The comment at the top: what the server does, with its picture."""
        top = []
        for line in self.lines:
            if not line.startswith("//"):
                break
            top.append(re.sub(r"^// ?", "", line))
        return top

    def words(self, region):
        """The names that the region mentions, `a` or `a.b.c`, but not those of functions."""
        text = "\n".join(self.line(n) for n in range(region.first, region.last + 1))
        text = re.sub(r"//.*|\"(\\.|[^\"\\])*\"|'(\\.|[^'\\])'", " ", text)
        found = re.findall(r"(?<![\w.:>])([a-z_]\w*(?:\.\w+)*)(\(|::)?", text, re.IGNORECASE)
        # Of `peer.get()` the part before the call is a value.
        names = [name.rpartition(".")[0] if after else name for name, after in found]
        names = [name for name in dict.fromkeys(names) if name and name not in NO_VALUES]
        return sorted(names, key=lambda name: name == "errno")  # the last one

    def _read_regions(self):
        regions, region, in_heading = [], None, False
        for number, line in enumerate(self.lines, 1):
            mark = re.match(r" *// \[(\d+)\] (.*)", line)
            if mark:
                region, in_heading = Region(int(mark[1]), mark[2], number), True
                regions.append(region)
            elif re.match(r" *// \[/\]$", line):
                region = None
            elif region:
                more = re.match(r" *// (.*)", line) if in_heading else None
                in_heading = bool(more)
                if more:
                    region.heading += " " + more[1]
                    region.first = number + 1
                region.last = number
        return regions


class Page:
    """What the reader sees, at most 100 columns wide."""

    def __init__(self, colours):
        self.out = open(PAGE, "w", encoding="utf-8", closefd=False)
        self.colours = colours
        try:
            self.width = max(60, min(WIDEST, os.get_terminal_size(PAGE).columns))
        except OSError:
            self.width = WIDEST

    def paint(self, colour, text):
        return COLOURS[colour] + text + COLOURS["plain"] if self.colours and text else text

    def print(self, text="", end="\n"):
        self.out.write(text + end)
        self.out.flush()

    def rule(self, text):
        """A line across the page that begins with the text."""
        self.print(self.paint("title", f"── {text} ".ljust(self.width, "─")))

    def title(self, where, heading):
        """The number in the margin, the heading beside it."""
        margin = f"{where}  "
        for line in textwrap.wrap(heading, self.width - len(margin)):
            self.print(self.paint("title", margin + line))
            margin = " " * len(margin)

    def listing(self, source, region, here):
        """The region's lines with their numbers, moved to the left, an arrow at the line `here`."""
        numbers = range(region.first, region.last + 1)
        code = textwrap.dedent("\n".join(source.line(n) for n in numbers)).split("\n")
        digits = len(str(region.last))
        for number, text in zip(numbers, code):
            first, *rest = self._fold(text, self.width - digits - 4)
            arrow = "►" if number == here else " "
            margin = self.paint("here" if number == here else "dim", f" {arrow} {number:>{digits}}")
            self.print(f"{margin} {self._code(first, number == here)}".rstrip())
            for line in rest:
                self.print(" " * (digits + 4) + self._code(line, number == here))

    def table(self, rows):
        """Rows of texts in columns: the first is a name, the others belong to processes."""
        columns = range(max(map(len, rows), default=0))
        widths = [max(len(row[i]) for row in rows if i < len(row)) for i in columns]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths)]
            line = "   " + self.paint("name", cells[0]) + "   " + "   ".join(cells[1:])
            self.print(line.rstrip())

    def prompt(self):
        keys = "Enter: next   l: list again   p EXPR: print   q: quit"
        self.print("\n" + self.paint("dim", keys) + self.paint("here", " ► "), end="")

    def _code(self, text, current):
        """Comments step back, the current line comes forward."""
        code, slashes, comment = text.partition("//")
        return self.paint("name", code) + self.paint("dim", slashes + comment) if current else (
            code + self.paint("dim", slashes + comment))

    def _fold(self, text, width):
        """A line whose comment does not fit goes on below, where the comment began."""
        column = text.find("//")
        if len(text) <= width or not 0 <= column < width - 20:
            return [text]
        comment = textwrap.wrap(text[column + 3:], width - column - 3)
        lines = [" " * column + "// " + line for line in comment]
        return [text[:column] + lines[0][column:]] + lines[1:]


class Sockets:
    """What the descriptors of a process stand for."""

    @staticmethod
    def describe(pid, fd):
        """A socket's ends, or the kind of another descriptor; nothing when it is none."""
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            return ""
        inode = re.match(r"socket:\[(\d+)\]", target)
        if not inode:
            kind = re.match(r"anon_inode:\[?(\w+)|(pipe):", target)
            return (kind[1] or kind[2]) if kind else ""
        return Sockets._ends(pid, inode[1]) or "a socket"

    @staticmethod
    def _ends(pid, inode):
        with open(f"/proc/{pid}/net/tcp", encoding="ascii") as table:
            for row in map(str.split, table):
                if row[9] == inode:
                    local, remote = map(Sockets._address, row[1:3])
                    listens = row[3] == "0A"
                    return f"listens on {local}" if listens else f"{local} ⇄ {remote}"
        return ""

    @staticmethod
    def _address(text):
        host, port = text.split(":")
        octets = reversed(bytes.fromhex(host))
        return ".".join(map(str, octets)) + f":{int(port, 16)}"


class Values:
    """Values of simple types, as text."""

    def __init__(self, name_of_pid):
        self.name_of_pid = name_of_pid

    def named(self, names, frame):
        """What the names stand for here, as pairs; those that mean nothing yet are left out."""
        pairs = []
        for name in names:
            try:
                text = self._errno() if name == "errno" else self._value(name, frame)
            except (gdb.error, RuntimeError, ValueError, OSError):
                text = None  # a type, a macro, a word of the language
            if text not in (None, name):  # an enumerator's value is its name
                pairs.append((name, text))
        return pairs

    def _value(self, name, frame):
        symbol = gdb.lookup_symbol(name.split(".")[0], frame.block())[0]
        unborn = (symbol is not None and symbol.is_variable and symbol.needs_frame
                  and symbol.line >= frame.find_sal().line)
        return None if unborn else self._text(gdb.parse_and_eval(name))

    def _errno(self):
        """errno is behind a function; nobody else may run while it is called."""
        with only_this_thread():
            number = int(gdb.parse_and_eval("*((int *(*)(void))__errno_location)()"))
        name = errno.errorcode.get(number, "")
        return f"{number} {name}, left by an earlier call" if number else "0"

    def _text(self, value):
        if value.type.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
            value = value.referenced_value()
        kind = value.type.strip_typedefs()
        if kind.code == gdb.TYPE_CODE_INT:
            return self._number(value, kind)
        if kind.code == gdb.TYPE_CODE_FLT:
            return f"{float(value):g}"
        if kind.code in (gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_CHAR):
            return value.format_string()
        if kind.code == gdb.TYPE_CODE_PTR:
            return self._pointer(value, kind.target().strip_typedefs())
        if kind.code == gdb.TYPE_CODE_STRUCT:
            return self._object(value, kind)
        return None

    def _number(self, value, kind):
        number = int(value)
        of_process = self.name_of_pid(number)
        if of_process:
            return f"{number} ({of_process})"
        if str(kind.unqualified()) == "int" and number > 2:
            meaning = Sockets.describe(gdb.selected_inferior().pid, number)
            return f"{number} ({meaning})" if meaning else str(number)
        return str(number)

    @staticmethod
    def _pointer(value, target):
        if target.code == gdb.TYPE_CODE_FUNC:
            return plain_name(gdb.block_for_pc(int(value)).function.name)
        if target.code == gdb.TYPE_CODE_INT and target.sizeof == 1:
            return value.format_string(address=False)
        return None

    def _object(self, value, kind):
        """Strings, containers of simple things, and objects that hold one number alone."""
        printer = gdb.default_visualizer(value)
        hint = printer.display_hint() if hasattr(printer, "display_hint") else None
        if hint == "string":
            return value.format_string()
        if hint == "array":
            return self._elements(printer)
        if not kind.name or "time_point" in kind.name:
            return None  # a lambda; a time counted from who knows when
        fields = [field for field in kind.fields() if hasattr(field, "bitpos")]
        if len(fields) != 1:
            return None
        only = value[fields[0]]
        return None if only.type.strip_typedefs().code == gdb.TYPE_CODE_PTR else self._text(only)

    def _elements(self, printer):
        texts = []
        for _, element in printer.children():
            if len(texts) == SHOWN_ELEMENTS:
                texts.append("…")
                break
            text = None if element.type.sizeof == 1 else self._text(element)
            if text is None:
                return None  # bytes, or something with parts of its own
            texts.append(text)
        return "{" + ", ".join(texts) + "}"


class only_this_thread:
    """While it lasts, nobody but the selected thread runs."""

    def __enter__(self):
        gdb.execute("set scheduler-locking on")

    def __exit__(self, *_):
        gdb.execute("set scheduler-locking off")


def plain_name(function):
    """`converse` of `(anonymous namespace)::converse(int, …)`."""
    return re.sub(r"\(anonymous namespace\)::", "", function).split("(")[0]


def path_to(frame, source):
    """How the code came here: `main → serve_forever → accept4 → signal → reap_children`."""
    names, under_signal = [], False
    while frame is not None:
        here = frame.find_sal().symtab
        if frame.type() == gdb.SIGTRAMP_FRAME:
            names.append("a signal")
        elif under_signal or (here and here.fullname() == source.path):
            names.append(plain_name(frame.name() or ""))
        under_signal = frame.type() == gdb.SIGTRAMP_FRAME
        frame = frame.older()
    names = [name for name in names if name and not re.search(r"lambda|operator", name)]
    return " → ".join(reversed(names))


class Meanwhile:
    """What server and client have said since the last stop."""

    FILES = (("log", "server"), ("client", "client"), ("notes", "tour"))

    def __init__(self, folder):
        self.files = [(open(os.path.join(folder, name), encoding="utf-8", errors="replace"), who)
                      for name, who in self.FILES]

    def lines(self):
        return [(who, line.rstrip("\n")) for file, who in self.files for line in file]


class Tour:
    """Runs the server from region to region."""

    def __init__(self, source, page, work, mode):
        self.source, self.page, self.work, self.mode = source, page, work, mode
        self.lab = os.path.basename(os.path.dirname(source.path))
        self.values = Values(self.name_of_pid)
        self.meanwhile = Meanwhile(work)
        self.breakpoints = {}  # number of the breakpoint → region not yet met
        # Numbers of the regions, in the order in which they were met, by earlier runs too.
        self.stops = [int(number) for number in os.environ["TOUR_MET"].split()]
        self.is_first, self.is_last = not self.stops, os.environ["TOUR_LAST"] == "1"
        self.flags = os.environ["TOUR_FLAGS"]
        self.born_in = []      # numbers of those that were also shown in a new process
        self.pids = {}         # pid → number of the inferior: 1 is the server that was started
        self.event = None
        self.exit_code = None  # of the server that was started

    # -- running ----------------------------------------------------------------------------------
    def prepare(self):
        """Has gdb follow every process, and let the signals of the labs through."""
        for setting in ("pagination off", "confirm off", "width 0", "disable-randomization off",
                        "detach-on-fork off", "schedule-multiple on", "follow-fork-mode parent",
                        "print thread-events off", "print inferior-events off"):
            gdb.execute("set " + setting)
        try:
            gdb.execute("set debuginfod enabled off")
        except gdb.error:
            pass  # an older gdb, which asks no server for anything
        gdb.execute("handle SIGCHLD SIGALRM SIGTERM SIGPIPE nostop noprint pass", to_string=True)
        gdb.events.stop.connect(self.note)
        gdb.events.exited.connect(self.note)

    def note(self, event):
        """Keeps why the server has stopped, for react."""
        self.event = event
        if isinstance(event, gdb.ExitedEvent) and event.inferior.num == 1:
            self.exit_code = getattr(event, "exit_code", "a signal")

    def start(self):
        """Runs the server as far as main, then puts a breakpoint at the start of each region."""
        gdb.Breakpoint("main", internal=True, temporary=True)
        log, out = (shlex.quote(os.path.join(self.work, name)) for name in ("log", "out"))
        self.resume(f"run --port 0 {self.flags} > {out} 2> {log}")
        if not gdb.selected_inferior().pid:
            raise TourError("the server ended before main")
        write(f"{gdb.selected_inferior().pid}\n", "pid")
        code_lines = self.code_lines()
        for region in self.source.regions:
            if region.number in self.stops:
                continue
            place = f"{self.source.path}:{region.entry(code_lines)}"
            breakpoint_ = gdb.Breakpoint(place, internal=True)
            self.breakpoints[breakpoint_.number] = region
        gdb.execute("catch fork", to_string=True)

    def code_lines(self):
        """The lines of the source that have code; from now on the source is called as gdb does."""
        here = gdb.selected_frame().find_sal().symtab
        if here is None or os.path.realpath(here.fullname()) != os.path.realpath(self.source.path):
            raise TourError(f"the server was not built from {self.source.path}")
        self.source.path = here.fullname()
        return here.linetable().source_lines()

    def resume(self, how="continue"):
        """Lets the server run to its next stop or to the end of a process."""
        self.event = None
        gdb.execute(how)
        for inferior in gdb.inferiors():
            if inferior.pid:
                self.pids[inferior.pid] = inferior.num

    def travel(self):
        """From stop to stop, until no process of the server is left."""
        while self.select_a_living_one():
            self.resume()
            self.react()
        self.tell_meanwhile()
        if self.exit_code != 0:
            raise TourError(f"the server did not end as it should: {self.exit_code}")

    def select_a_living_one(self):
        """The server that was started or, when it has ended, one of its children; false if none."""
        for inferior in gdb.inferiors():
            if inferior.pid and inferior.threads():
                inferior.threads()[0].switch()
                return True
        return False

    def react(self):
        """To whatever has stopped the server."""
        if isinstance(self.event, gdb.SignalEvent):
            raise TourError(f"{self.who()} was hit by {self.event.stop_signal}")
        if not isinstance(self.event, gdb.StopEvent):
            return  # one of the processes has ended
        region = self.region_just_met()
        if region:
            self.stops.append(region.number)
            self.visit(region, region.heading, [gdb.selected_thread()])
        elif gdb.selected_inferior().num == 1:
            self.show_birth()

    def region_just_met(self):
        """The region whose breakpoint has stopped the server; it will not do so again."""
        for breakpoint_ in getattr(self.event, "breakpoints", None) or []:
            region = self.breakpoints.pop(breakpoint_.number, None)
            if region:
                breakpoint_.delete()
                return region
        return None

    # -- fork -------------------------------------------------------------------------------------
    def show_birth(self):
        """After a fork in a region: parent and child behind it, each with its own values."""
        region, function = self.region_that_called()
        if region is None or region.number in self.born_in:
            return
        parent = gdb.selected_thread()
        here = function.find_sal().line
        after = [line for line in self.code_lines_of(function) if line != here]
        breakpoints = [gdb.Breakpoint(f"{self.source.path}:{line}", internal=True)
                       for line in after]
        threads = self.run_both_to_the_next_line(parent)
        for breakpoint_ in breakpoints:
            breakpoint_.delete()
        if len(threads) == 2:
            self.born_in.append(region.number)
            self.visit(region, "fork has returned twice: parent and child both stand at this line, "
                               "each with its own values.", threads)

    def region_that_called(self):
        """The frame of the source that is in a call now, and the region that it is in, if any."""
        frame = gdb.newest_frame()
        while frame is not None:
            sal = frame.find_sal()
            if sal.symtab and sal.symtab.fullname() == self.source.path:
                return next((r for r in self.source.regions if sal.line in r), None), frame
            frame = frame.older()
        return None, None

    def code_lines_of(self, frame):
        """The lines of the frame's function: whatever comes after the call, it is one of these."""
        function = frame.block()
        while function.function is None:
            function = function.superblock
        return sorted({item.line for item in frame.find_sal().symtab.linetable()
                       if function.start <= item.pc < function.end})

    def run_both_to_the_next_line(self, parent):
        """One at a time, hence always in this order: the parent, then the child."""
        known = set(self.pids)
        gdb.execute("set schedule-multiple off")
        self.resume()
        born = [i for i in gdb.inferiors() if i.pid and i.pid not in known]
        threads = [parent]
        if born:
            born[0].threads()[0].switch()
            self.resume()
            if born[0].pid:
                threads.append(born[0].threads()[0])
        gdb.execute("set schedule-multiple on")
        return threads

    # -- showing ----------------------------------------------------------------------------------
    def name_of_pid(self, pid):
        """What the process is called, nothing when it is none of the server's."""
        if pid not in self.pids:
            return ""
        if self.pids[pid] > 1:
            return f"child {self.pids[pid] - 1}"
        forks = any("fork(" in line for line in self.source.lines)
        return "parent" if forks else "server"

    def who(self):
        """The selected process, and its thread if there are several."""
        inferior = gdb.selected_inferior()
        thread = ""
        if len(inferior.threads()) > 1:
            first = gdb.selected_thread().num == 1
            thread = ", thread " + ("main" if first else gdb.selected_thread().name or "?")
        return f"{self.name_of_pid(inferior.pid)}, pid {inferior.pid}{thread}"

    def visit(self, region, heading, threads):
        """One stop, told by the last of the threads, beside the others."""
        if self.mode == "check":
            return
        self.tell_meanwhile()
        threads[-1].switch()
        self.page.print()
        self.page.rule(f"stop {len(self.stops)} of {len(self.source.regions)}")
        self.page.title(f"[{region.number}]", heading)
        self.page.print(self.page.paint("dim", f"{self.who()}: ") +
                        path_to(gdb.newest_frame(), self.source))
        self.page.print()
        self.show(region, threads)
        self.answer_keys(region, threads)

    def show(self, region, threads):
        threads[-1].switch()
        self.page.listing(self.source, region, gdb.newest_frame().find_sal().line)
        rows = self.rows(region, threads)
        if rows:
            self.page.print()
            self.page.table(rows)

    def rows(self, region, threads):
        """A row for each name, a column for each process."""
        names = self.source.words(region)
        columns = []
        for thread in threads:
            thread.switch()
            gdb.newest_frame().select()
            columns.append((self.who(), dict(self.values.named(names, gdb.newest_frame()))))
        rows = [[name] + [texts.get(name, "") for _, texts in columns]
                for name in names if any(name in texts for _, texts in columns)]
        return [[""] + [who for who, _ in columns]] + rows if len(threads) > 1 and rows else rows

    def tell_meanwhile(self):
        """What has been said since the last stop."""
        if self.mode == "check":
            return
        said = self.meanwhile.lines()
        if said:
            self.page.print()
        for who, line in said:
            self.page.print(self.page.paint("dim", f"   {who:<6} │ {line}"))

    def answer_keys(self, region, threads):
        """Until the reader wants to go on."""
        while self.mode == "ask":
            self.page.prompt()
            line = sys.stdin.readline()
            key, _, rest = line.strip().partition(" ")
            if not line or key in ("q", "quit"):
                raise Quit
            if key in ("", "n", "next"):
                return
            if key in ("l", "list"):
                self.show(region, threads)
            elif key in ("p", "print") and rest:
                self.print_expression(rest)

    def print_expression(self, expression):
        try:
            with only_this_thread():
                self.page.print(gdb.execute("print " + expression, to_string=True).rstrip())
        except gdb.error as error:
            self.page.print(str(error))

    # -- the two ends -----------------------------------------------------------------------------
    def introduce(self):
        if self.mode == "check":
            return
        if self.is_first:
            self.page.rule(f"{self.lab}: a guided tour")
            for line in self.source.introduction():
                self.page.print(line)
        if self.flags:
            self.page.print(self.page.paint("dim", f"now: server {self.flags}"))

    def conclude(self):
        """Every region has been met once, in the order of the numbers, or the tour has failed."""
        expected = [region.number for region in self.source.regions]
        write(" ".join(map(str, self.stops)), "met")
        if not self.is_last:
            return
        if self.mode == "check":
            self.page.print(f"{self.lab:<14} stops: " + " ".join(map(str, self.stops)))
        missed = [str(number) for number in expected if number not in self.stops]
        if missed:
            raise TourError("never met: region " + ", ".join(missed))
        if self.stops != expected:
            raise TourError("met in another order than " + " ".join(map(str, expected)))
        self.check_births()
        if self.mode != "check":
            self.page.print()
            self.page.rule("the server has ended, and so has the tour")

    def check_births(self):
        """A region that forks must have been seen from the child's side too."""
        for region in self.source.regions:
            lines = range(region.first, region.last + 1)
            forks = any(re.search(r"\bfork\(", self.source.line(line)) for line in lines)
            if forks and region.number not in self.born_in:
                raise TourError(f"region [{region.number}] forks, but no child was seen in it")


def keep_descriptors_from_the_server():
    """It shall have 0, 1 and 2 alone, as always."""
    for name in os.listdir("/proc/self/fd"):
        try:
            if int(name) > 2:
                os.set_inheritable(int(name), False)
        except OSError:
            pass  # the one that listdir itself had open


def write(text, name):
    """A line for tour.sh, in a file of that name."""
    with open(os.path.join(os.environ["TOUR_WORK"], name), "a", encoding="utf-8") as file:
        file.write(text)
    return 0


def main():
    """The exit status of the tour."""
    try:
        keep_descriptors_from_the_server()
        sys.stdin = open(KEYS, encoding="utf-8", errors="replace", closefd=False)
        page = Page(os.environ["TOUR_COLOUR"] == "1")
        source = Source(os.environ["TOUR_SOURCE"])
        tour = Tour(source, page, os.environ["TOUR_WORK"], os.environ["TOUR_MODE"])
        tour.prepare()
        tour.start()
        tour.introduce()
        tour.travel()
        tour.conclude()
    except Quit:
        pass
    except TourError as error:
        return write(f"{error}\n", "problem") or 1
    except BaseException:  # gdb would end with status 0
        traceback.print_exc()
        return 1
    return write("", "done")


gdb.execute(f"quit {main()}")
