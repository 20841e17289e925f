// A room full of members who talk in bursts. Frames as in lab 04: a length, then the text.

#include "common/clients/client.h"
#include "tests/bench/epoll.h"
#include "tests/bench/loads.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace bench {

namespace {

constexpr std::string_view message = "It's all about what you say.";

std::string frame(std::string_view text)
{
    const std::uint32_t length = htonl(static_cast<std::uint32_t>(text.size()));
    std::string bytes(sizeof(length), '\0');
    std::memcpy(bytes.data(), &length, sizeof(length));
    return bytes.append(text);
}

class Member {
public:
    Member(const Target& server, const std::string& name)
        : socket_(lab::connect_to(server.address(), lab::Deadline(patience)))
    {
        const int on = 1;
        ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        say(frame("NAME: " + name));
    }

    [[nodiscard]] int socket() const { return socket_.get(); }
    void say(const std::string& bytes) const
    {
        lab::send_all(socket_.get(), bytes, lab::Deadline(patience));
    }

    // Reads what is there, but no more than fits; returns how many frames were completed by it.
    int hear()
    {
        const ssize_t got =
            ::recv(socket_.get(), received_.data() + held_, received_.size() - held_, MSG_DONTWAIT);
        if (got <= 0) {
            throw std::runtime_error("the server has hung up on a member");
        }
        held_ += static_cast<std::size_t>(got);
        return take_frames();
    }

    void await_admission()
    {
        pollfd ready{socket_.get(), POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(patience.count() * 1000)) != 1) {
            throw std::runtime_error("a member was not admitted");
        }
    }

private:
    int take_frames()
    {
        int frames = 0;
        std::string_view rest(received_.data(), held_);
        while (rest.size() >= sizeof(std::uint32_t)) {
            std::uint32_t length = 0;
            std::memcpy(&length, rest.data(), sizeof(length));
            const std::size_t whole = sizeof(length) + ntohl(length);
            if (rest.size() < whole) {
                break;
            }
            check_text(rest.substr(sizeof(length), whole - sizeof(length)));
            rest.remove_prefix(whole);
            ++frames;
        }
        std::memmove(received_.data(), rest.data(), rest.size());
        held_ = rest.size();
        return frames;
    }

    static void check_text(std::string_view text)
    {
        if (!(text.starts_with("#[m") && text.ends_with(message)) &&
            !text.starts_with("CLIENT: ") && !text.starts_with("(Connected: ")) {
            throw std::runtime_error("an unexpected frame: '" + std::string(text) + "'");
        }
    }

    lab::UniqueFd socket_;
    std::vector<char> received_ = std::vector<char>(std::size_t{256} * 1024);
    std::size_t held_ = 0;
};

class Room {
public:
    Room(const Target& server, const ChatLoad& load)
        : load_(load), heard_(static_cast<std::size_t>(load.members)), rounds_(heard_.size())
    {
        members_.reserve(heard_.size());
        for (std::size_t i = 0; i < heard_.size(); ++i) {
            members_.emplace_back(server, "m" + std::to_string(i));
            members_[i].await_admission();
            epoll_.add(members_[i].socket(), i);
        }
        for (int i = 0; i < load.burst; ++i) {
            burst_ += frame(message);
        }
        hear_of_the_newcomers();
    }

    void talk(int rounds)
    {
        std::ranges::fill(heard_, 0);
        std::ranges::fill(rounds_, 1);
        for (const Member& member : members_) {
            member.say(burst_);
        }
        const int a_round = load_.burst * (load_.members - 1);
        int still_listening = load_.members;
        while (still_listening > 0) {
            for (const auto& event : epoll_.wait()) {
                still_listening -= listen(event.data.u64, a_round, rounds) ? 1 : 0;
            }
        }
    }

private:
    // True when that was the member's last message of the last round.
    bool listen(std::size_t index, int a_round, int rounds)
    {
        heard_[index] += members_[index].hear();
        if (heard_[index] < a_round * rounds_[index]) {
            return false;
        }
        if (rounds_[index] == rounds) {
            return true;
        }
        ++rounds_[index];
        members_[index].say(burst_);
        return false;
    }

    // Each is told that it is accepted, and of all who come later.
    void hear_of_the_newcomers()
    {
        int missing = load_.members * (load_.members + 1) / 2;
        while (missing > 0) {
            for (const auto& event : epoll_.wait()) {
                missing -= members_[event.data.u64].hear();
            }
        }
    }

    ChatLoad load_;
    std::vector<Member> members_;
    std::vector<int> heard_;
    std::vector<int> rounds_;
    std::string burst_;
    Epoll epoll_;
};

} // namespace

Cost chat_load(const Target& server, const ChatLoad& load)
{
    Room room(server, load);
    room.talk(std::max(1, load.rounds / 10));
    const Meter meter(server);
    room.talk(load.rounds);
    return meter.cost(load.members * (load.members - 1) * load.burst * load.rounds);
}

} // namespace bench
