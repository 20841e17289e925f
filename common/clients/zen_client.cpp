// Asks a zen server its three questions, in any order, and prints what it says; with -e, makes the
// mistakes that a server must bear.
//
// After client.py and zen_utils.py of Rhodes' and Goerzen's "Foundations of Python Network
// Programming", chapter 7.

#include "common/clients/client.h"
#include "common/command_line.h"
#include "common/errors.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

using namespace lab;

namespace {

constexpr Seconds patience{60}; // a question may wait while the server talks to somebody else
constexpr std::size_t longest_answer = 1'024;

constexpr std::array<std::string_view, 3> questions{
    "Beautiful is better than?",
    "Explicit is better than?",
    "Simple is better than?",
};
constexpr std::array<std::string_view, 2> mistakes{
    "Now is better than?", // no question of ours
    "\x01"
    "elpmiS si\xff retteb\tnaht?", // no text at all
};

// Control characters and what is not ASCII, shown as '.'.
std::string printable(std::string text)
{
    std::ranges::replace_if(
        text, [](char c) { return c < ' ' || c > '~'; }, '.');
    return text;
}

void ask(int server, std::string_view question)
{
    const Deadline deadline(patience);
    send_all(server, question, deadline);
    const std::string answer = receive_until(server, '.', longest_answer, deadline);
    if (!answer.ends_with('.')) {
        throw std::runtime_error("no answer to '" + printable(std::string(question)) + "', only '" +
                                 printable(answer) + "'");
    }
    // Flushed line by line: it is worth watching a slow server.
    std::cout << printable(std::string(question)) << ' ' << printable(answer) << std::endl;
}

void ask_all(int server)
{
    auto in_any_order = questions;
    std::ranges::shuffle(in_any_order, std::random_device{});
    for (const std::string_view question : in_any_order) {
        ask(server, question);
    }
}

void make_mistakes(int server)
{
    for (const std::string_view mistake : mistakes) {
        ask(server, mistake);
    }
    const std::string_view half = questions[0].substr(0, questions[0].size() / 2);
    send_all(server, half, Deadline(patience));
    std::cout << half << " (and leaves in mid-question)" << std::endl;
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        std::string host;
        std::uint16_t port = 1060;
        bool wrong = false;
        CLI::App app("Asks a zen server its three questions.");
        add_server(app, host, port);
        app.add_flag("-e", wrong, "make mistakes: unknown, garbled and unfinished questions");
        parse_or_exit(app, argc, argv);
        const UniqueFd server = connect_to(resolve(host, port), Deadline(patience));
        wrong ? make_mistakes(server.get()) : ask_all(server.get());
    });
}
