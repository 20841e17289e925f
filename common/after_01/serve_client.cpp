#include "common/after_01/serve_client.h"

#include "common/address.h"
#include "common/errors.h"
#include "common/log.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>

namespace lab {

namespace {

constexpr Seconds linger_time{1}; // for a client to take our last words and close

// A client's patience is how long it may neither send nor take a byte; 0: for ever, and recv and
// send do the waiting. Else it is poll that waits, for they know no time.
int flags_for(Seconds patience)
{
    return patience > Seconds::zero() ? MSG_DONTWAIT : 0;
}

void wait_for(int peer, short event, Seconds patience, const char* attempt)
{
    const double milliseconds = std::ceil(patience.count() * 1000);
    pollfd watched{peer, event, 0};
    const int ready =
        ::poll(&watched, 1, static_cast<int>(std::min<double>(milliseconds, INT_MAX)));
    if (ready == 0) {
        throw std::system_error(ETIMEDOUT, std::generic_category(), attempt);
    }
    if (ready == -1 && errno != EINTR) {
        fail("poll");
    }
}

// After recv or send has failed: returns when it is worth another try. Else this conversation ends.
void recover(const char* attempt, int peer, short event, Seconds patience)
{
    if (errno == EAGAIN) {
        wait_for(peer, event, patience, attempt);
    } else if (errno != EINTR) {
        fail(attempt); // reset by the peer, mostly
    }
}

// The client's next bytes. None: it has said all that it will, or we are to stop.
std::string_view receive(int peer, std::span<char> buffer, Seconds patience)
{
    while (!stopping()) {
        const auto count = ::recv(peer, buffer.data(), buffer.size(), flags_for(patience));
        if (count >= 0) {
            return std::string_view(buffer.data(), static_cast<std::size_t>(count));
        }
        recover("recv", peer, POLLIN, patience);
    }
    return {};
}

void send_all(int peer, std::string_view bytes, Seconds patience)
{
    const int flags = MSG_NOSIGNAL | flags_for(patience);
    std::size_t sent = 0;
    while (sent < bytes.size() && !stopping()) {
        const auto count = ::send(peer, bytes.data() + sent, bytes.size() - sent, flags);
        if (count >= 0) {
            sent += static_cast<std::size_t>(count);
        } else {
            recover("send", peer, POLLOUT, patience);
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
        const std::string_view bytes = receive(peer, buffer, options.idle_timeout);
        conversation->feed(bytes);
        while (const auto reply = conversation->next()) {
            pause_for(options.think_time);
            send_all(peer, *reply, options.idle_timeout);
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
    while (!receive(peer, ignored, linger_time).empty()) { // the clock is for those few who talk on
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
