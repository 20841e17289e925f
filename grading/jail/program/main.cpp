// The program at the door of a pod or jail: `jail --help`. Linked statically, for it stands in
// every test's way: a start takes 0.3 ms.

#include "grading/jail/program/door.h"

#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string_view>

namespace {

constexpr int usage_error = 2;
constexpr int no_jail = 125;

constexpr const char* help =
    R"(usage: jail pod --scratch DIR -- DRIVER [ARGUMENT]...
       jail serve JAIL [--scratch DIR] [--report FD] [--setenv NAME=VALUE]... [--show FILE]...
                  -- PROGRAM [ARGUMENT]...
       jail bare JAIL -- PROGRAM [ARGUMENT]...
       jail keep [--report FD] [--limit NAME=SOFT:HARD]... -- PROGRAM [ARGUMENT]...

  pod     becomes DRIVER, in a network and among processes of its own. DIR becomes a small file
          system in memory; TMPDIR is DIR/shared.
  serve   becomes a bubblewrap with PROGRAM in it. JAIL is a folder that grade has prepared: the
          arguments of bubblewrap, the limits, the filter of system calls. DIR is the pod's: PROGRAM
          can write in memory below it; it sees DIR/shared and each FILE, read-only.
  bare    becomes PROGRAM itself, under the limits and the filter alone: for a machine without
          namespaces.
  keep    is the first process of a jail, from inside: starts PROGRAM under the limits, and tells
          its end to the socket FD (tests/harness/warden.h).
)";

int run(int argc, char* argv[])
{
    if (argc < 2 || std::strcmp(argv[1], "--help") == 0) {
        std::fputs(help, argc < 2 ? stderr : stdout);
        return argc < 2 ? usage_error : 0;
    }
    const std::string_view what = argv[1];
    const jail::Request request = jail::parse({argv + 2, argv + argc});
    if (what == "pod") {
        jail::become_pod(request);
    }
    if (what == "serve") {
        jail::become_jail(request);
    }
    if (what == "bare") {
        jail::become_bare(request);
    }
    if (what == "keep") {
        return jail::keep(request);
    }
    throw std::invalid_argument("'" + std::string(what) + "' is none of pod, serve, bare, keep");
}

} // namespace

int main(int argc, char* argv[])
{
    try {
        return run(argc, argv);
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "jail: %s (see --help)\n", error.what());
        return usage_error;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "jail: %s\n", error.what());
        return no_jail;
    }
}
