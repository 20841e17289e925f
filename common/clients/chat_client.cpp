// Talks in the chat of lab 04: what is typed goes to the others, and what they say is shown at
// once, also in the middle of a line. Two ways of waiting for both:
//
//     --model threads   a thread ── recv ──► terminal      the main one: terminal ── read ──► send
//     --model select    one thread:  select over terminal and server ──► whoever is ready
//
// The terminal keeps a half-typed line itself, until Enter: when a message has come in between,
// Ctrl-R shows that line again.

#include "common/clients/client.h"
#include "common/command_line.h"
#include "common/errors.h"
#include "common/frames.h"
#include "common/stop.h"
#include "common/unique_fd.h"
#include "common/utf8.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

using namespace lab;

namespace {

constexpr Seconds patience{10}; // with the server, where it has to answer
constexpr Seconds for_ever{1e9};
constexpr std::size_t piece = 65'536;
constexpr std::size_t longest_answer = longest_frame + 1'024; // it says who has spoken
constexpr std::size_t high_water = 1 << 20; // unsent bytes, above which the terminal has to wait

// Control characters, which could do anything to a terminal, become dots: those of ASCII, and those
// of Unicode, which begin with C2 in UTF-8.
std::string harmless(std::string_view text)
{
    std::string shown;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
        const bool two_bytes = byte == 0xc2 && next < 0xa0;
        i += two_bytes ? 1 : 0;
        shown += two_bytes || byte < ' ' || byte == 0x7f ? '.' : text[i];
    }
    return shown;
}

void write_all(std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            fail("write stdout");
        }
    }
}

// The terminal, which two threads may use. Each call is one write: nothing comes in between.
class Screen {
public:
    explicit Screen(std::string prompt) : prompt_(std::move(prompt)) { show_prompt(); }

    void show_prompt()
    {
        const std::lock_guard lock(mutex_);
        write_all(prompt_);
    }
    // On a line of its own, in the place of the prompt, which comes back below it.
    void show(std::string_view text)
    {
        const std::lock_guard lock(mutex_);
        write_all(clear_line_ + harmless(text) + "\n" + prompt_);
    }
    // From now on the end is no news.
    void leave_silently()
    {
        const std::lock_guard lock(mutex_);
        silent_ = true;
    }
    // Ends the program because the server has gone. Whichever thread is the first keeps the lock.
    [[noreturn]] void shut_down()
    {
        mutex_.lock();
        write_all(silent_ ? "\n" : "\nClient shutting down.\n");
        ::_exit(EXIT_SUCCESS);
    }

private:
    std::mutex mutex_;
    std::string prompt_;
    bool silent_ = false;
    std::string clear_line_ = ::isatty(STDOUT_FILENO) == 1 ? "\r\x1b[K" : "\n";
};

// Lines as they are typed, cut anywhere.
class Typed {
public:
    // False at the end of the input.
    bool read_more()
    {
        std::array<char, piece> buffer;
        ssize_t count = -1;
        while ((count = ::read(STDIN_FILENO, buffer.data(), buffer.size())) == -1 &&
               errno == EINTR) {
        }
        text_.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        ended_ = count <= 0; // an error as well: the terminal has gone
        return !ended_;
    }
    // The next whole line, at the end of the input also what is left without Enter.
    std::optional<std::string> next_line()
    {
        const auto end = text_.find('\n');
        if (end == std::string::npos && (!ended_ || text_.empty())) {
            return std::nullopt;
        }
        std::string line = text_.substr(0, end);
        text_.erase(0, std::min(end, text_.size() - 1) + 1);
        return line;
    }

private:
    std::string text_;
    bool ended_ = false;
};

// What goes to the server for this line: nothing for one that it would not take, and for none. The
// prompt comes back, once.
std::string frame_of_line(const std::string& line, Screen& screen)
{
    if (line.size() > longest_frame || !is_utf8(line)) {
        screen.show(is_utf8(line) ? "(not sent: too long)" : "(not sent: not UTF-8)");
        return {};
    }
    screen.show_prompt();
    return line.empty() ? std::string() : frame_of(line);
}

// -- what both models do --------------------------------------------------------------------------

struct Talk {
    int server;
    FrameReader& received;
    Screen& screen;
};

void show_whole_frames(const Talk& talk)
{
    while (const auto text = talk.received.next()) {
        talk.screen.show(*text);
    }
}

// False at the server's end of file.
bool show_what_comes(const Talk& talk, Deadline deadline)
{
    const std::string bytes = receive_some(talk.server, piece, deadline);
    talk.received.feed(bytes);
    show_whole_frames(talk);
    return !bytes.empty();
}

// Until the server has seen that we are gone: to close with its words unread could destroy ours.
void take_leave(const Talk& talk)
{
    ::shutdown(talk.server, SHUT_WR);
    const Deadline deadline(patience);
    while (show_what_comes(talk, deadline)) {
    }
}

// -- one thread: select ---------------------------------------------------------------------------

// What select is to wait for is a function of this.
struct Interest {
    bool typing = true; // the input has not ended
    std::string unsent;
};

void take_input(const Talk& talk, Typed& typed, Interest& interest)
{
    interest.typing = typed.read_more();
    while (const auto line = typed.next_line()) {
        interest.unsent += frame_of_line(*line, talk.screen);
    }
}

void send_unsent(int server, std::string& unsent)
{
    const ssize_t count = ::send(server, unsent.data(), unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count == -1 && errno != EAGAIN && errno != EINTR) {
        fail("send");
    }
    unsent.erase(0, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
}

// Who is ready: of the terminal and the server.
std::pair<bool, bool> wait_for_either(int server, const Interest& interest)
{
    fd_set readable;
    fd_set writable;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_SET(server, &readable);
    if (interest.typing && interest.unsent.size() < high_water) {
        FD_SET(STDIN_FILENO, &readable);
    }
    if (!interest.unsent.empty()) {
        FD_SET(server, &writable);
    }
    if (::select(server + 1, &readable, &writable, nullptr, nullptr) == -1) {
        check(errno == EINTR ? 0 : -1, "select");
        return {false, false};
    }
    return {FD_ISSET(STDIN_FILENO, &readable), FD_ISSET(server, &readable)};
}

void talk_by_select(const Talk& talk)
{
    Typed typed;
    Interest interest;
    while (interest.typing || !interest.unsent.empty()) {
        const auto [terminal, server] = wait_for_either(talk.server, interest);
        if (server && !show_what_comes(talk, Deadline(patience))) {
            talk.screen.shut_down();
        }
        if (terminal) {
            take_input(talk, typed, interest);
        }
        if (!interest.unsent.empty()) {
            send_unsent(talk.server, interest.unsent);
        }
    }
    take_leave(talk);
    write_all("\n");
}

// -- two threads ----------------------------------------------------------------------------------

// The main thread may sleep in read, so this one ends the program when the server has gone.
void receive_for_ever(const Talk& talk)
{
    try {
        while (show_what_comes(talk, Deadline(for_ever))) {
        }
    } catch (const std::exception&) { // a reset: gone as well
    }
    talk.screen.shut_down();
}

void talk_by_threads(const Talk& talk)
{
    std::thread(receive_for_ever, talk).detach();
    Typed typed;
    bool typing = true;
    while (typing) {
        typing = typed.read_more();
        while (const auto line = typed.next_line()) {
            send_all(talk.server, frame_of_line(*line, talk.screen), Deadline(for_ever));
        }
    }
    talk.screen.leave_silently();
    ::shutdown(talk.server, SHUT_WR); // the server closes then, and the other thread ends it all
    pause_for(patience);
}

// -- the beginning --------------------------------------------------------------------------------

UniqueFd connect_or_exit(const std::string& host, std::uint16_t port)
{
    try {
        return connect_to(resolve(host, port), Deadline(patience));
    } catch (const std::exception&) {
        throw std::runtime_error("Failed to connect to chat server at " + host + ":" +
                                 std::to_string(port));
    }
}

// The server's first answer, without its first word: "alice@127.0.0.1".
std::string log_in(int server, const std::string& name, FrameReader& received)
{
    constexpr std::string_view accepted = "CLIENT: ";
    const Deadline deadline(patience);
    send_all(server, frame_of("NAME: " + name), deadline);
    for (;;) {
        if (const auto answer = received.next()) {
            if (!answer->starts_with(accepted)) {
                throw std::runtime_error(harmless(*answer));
            }
            return std::string(answer->substr(accepted.size()));
        }
        const std::string bytes = receive_some(server, piece, deadline);
        if (bytes.empty()) {
            throw std::runtime_error("the server has closed the connection");
        }
        received.feed(bytes);
    }
}

struct Arguments {
    std::string host = "127.0.0.1";
    std::string name;
    std::string model = "select";
    std::uint16_t port = 8800;
};

Arguments parse(int argc, char* argv[])
{
    Arguments arguments;
    CLI::App app("Talks in the chat. Ctrl-D ends it; Ctrl-R shows a half-typed line again.");
    add_server(app, arguments.host, arguments.port);
    app.get_option("HOST")->required(false)->description("name or address (default 127.0.0.1)");
    app.add_option("-n,--name", arguments.name, "what the others see: letters, digits, _ and -")
        ->required()
        ->type_name("NAME");
    app.add_option("--model", arguments.model, "who waits for what (default select)")
        ->check(CLI::IsMember({"threads", "select"}))
        ->type_name("threads|select");
    parse_or_exit(app, argc, argv);
    return arguments;
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        const Arguments arguments = parse(argc, argv);
        const UniqueFd server = connect_or_exit(arguments.host, arguments.port);
        FrameReader received(longest_answer);
        Screen screen("[" + log_in(server.get(), arguments.name, received) + "]> ");
        const Talk talk{server.get(), received, screen};
        show_whole_frames(talk); // what came together with the welcome: nobody will announce it
        try {
            arguments.model == "select" ? talk_by_select(talk) : talk_by_threads(talk);
        } catch (const std::system_error&) { // the server has gone while we were sending
            screen.shut_down();
        }
    });
}
