#include "common/serve_client.h"

#include "common/address.h"
#include "common/errors.h"
#include "common/log.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <sys/socket.h>
#include <sys/time.h>

namespace lab {

namespace {

constexpr Seconds linger_time{1}; // for a client to take our last words and close

// Gives up on a client that neither sends nor takes a byte for so long; 0: never, as at first.
void limit_idle_time(int peer, Seconds time)
{
    if (time <= Seconds::zero()) {
        return;
    }
    const auto us = std::chrono::ceil<std::chrono::microseconds>(time).count();
    const timeval limit{us / 1'000'000, us % 1'000'000};
    check(::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), "SO_RCVTIMEO");
    check(::setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), "SO_SNDTIMEO");
}

// Waits for the client's next bytes. None: it has said all that it will, or we are to stop.
std::string_view receive(int peer, std::span<char> buffer)
{
    for (;;) {
        const ssize_t count = ::recv(peer, buffer.data(), buffer.size(), 0);
        if (count >= 0) {
            return {buffer.data(), static_cast<std::size_t>(count)};
        }
        if (errno != EINTR) {
            fail("recv"); // reset by the peer, or idle for too long: ends this conversation only
        }
        if (stopping()) {
            return {};
        }
    }
}

// Sends all of it, however little the kernel takes at a time.
void send_all(int peer, std::string_view bytes)
{
    while (!bytes.empty() && !stopping()) {
        const ssize_t count = ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            fail("send");
        }
    }
}

// True when the client has said that it will send no more: then nothing of it is left unread.
bool converse(int peer, const Options& options, const std::function<void()>& replied)
{
    std::array<char, 4096> buffer;
    bool heard_all = false;
    const auto conversation = start_conversation(options.service);
    while (!heard_all && !conversation->finished() && !stopping()) {
        const std::string_view bytes = receive(peer, buffer);
        conversation->feed(bytes);
        while (const auto reply = conversation->next()) {
            pause_for(options.think_time);
            send_all(peer, *reply);
            replied();
        }
        heard_all = bytes.empty() && !stopping();
    }
    if (!conversation->unanswered().empty()) {
        log_info("client left in mid-question: " + std::string(conversation->unanswered()));
    }
    return heard_all;
}

// Says that we are done, then reads on to the client's own end. To close with input unread would
// send a reset, and a reset can overtake our last reply.
void say_goodbye(int peer)
{
    std::array<char, 4096> ignored;
    std::optional<std::chrono::steady_clock::time_point> start;
    ::shutdown(peer, SHUT_WR); // may fail when the client is gone: then so does recv
    limit_idle_time(peer, linger_time);
    while (!receive(peer, ignored).empty()) { // the clock is for those few who talk on
        const auto now = std::chrono::steady_clock::now();
        start = start.value_or(now);
        if (now - *start >= linger_time) {
            return;
        }
    }
}

} // namespace

void talk_with_client(UniqueFd peer, const Options& options, const std::function<void()>& replied)
{
    if (logs_info()) { // a forked child pays for each page that it touches: no text for nobody
        log_info("connected: " + to_string(peer_address(peer.get())));
    }
    limit_idle_time(peer.get(), options.idle_timeout);
    if (!converse(peer.get(), options, replied)) {
        say_goodbye(peer.get());
    }
    log_info("closed");
}

void serve_client(UniqueFd peer, const Options& options)
{
    try {
        talk_with_client(std::move(peer), options, [] {});
    } catch (const std::system_error& error) {
        log_info(std::string("dropped: ") + error.what());
    }
}

} // namespace lab
