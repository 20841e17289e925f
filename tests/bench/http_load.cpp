// A closed loop: each client sends its next request when it has read the whole reply before.

#include "common/clients/client.h"
#include "tests/bench/epoll.h"
#include "tests/bench/loads.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>

namespace bench {

namespace {

using lab::UniqueFd;

[[noreturn]] void complain(const std::string& what, std::string_view reply)
{
    throw std::runtime_error(what + ": '" + std::string(reply.substr(0, 400)) + "'");
}

// One reply after the other. The body's bytes are counted and let go.
class Reply {
public:
    // Takes what has come; true when the reply is complete with it.
    bool feed(std::string_view bytes)
    {
        if (header_seen_) {
            return count(bytes.size());
        }
        if (!unfinished_.empty()) {
            unfinished_ += bytes;
            bytes = unfinished_;
        }
        const auto end = bytes.find("\r\n\r\n");
        if (end == std::string_view::npos) {
            unfinished_ = std::string(bytes);
            return false;
        }
        read_header(bytes.substr(0, end + 2));
        const std::size_t body = bytes.size() - end - 4;
        unfinished_.clear();
        return count(body);
    }

    // Counts bytes of the body that nobody has seen; true when that was all.
    bool skip(std::size_t bytes) { return count(bytes); }
    // Bytes of the body that are still to come, once the header was there.
    [[nodiscard]] std::size_t missing() const { return header_seen_ ? length_ - received_ : 0; }
    [[nodiscard]] std::size_t length() const { return length_; }
    void next() { header_seen_ = false; }

private:
    void read_header(std::string_view header)
    {
        constexpr std::string_view name = "\r\ncontent-length:";
        const auto same = [](char a, char b) { return (a | ('A' <= a && a <= 'Z' ? 32 : 0)) == b; };
        const auto field =
            std::search(header.begin(), header.end(), name.begin(), name.end(), same);
        if (!header.starts_with("HTTP/1.1 200 ") || field == header.end()) {
            complain("not a 200 with its length", header);
        }
        const char* digits = &*field + name.size();
        digits += std::string_view(digits, 16).find_first_not_of(' ');
        std::from_chars(digits, header.data() + header.size(), length_);
        header_seen_ = true;
        received_ = 0;
    }

    bool count(std::size_t bytes)
    {
        received_ += bytes;
        if (received_ > length_) {
            throw std::runtime_error("the reply is longer than its Content-Length");
        }
        return received_ == length_;
    }

    std::string unfinished_; // of a header
    bool header_seen_ = false;
    std::size_t length_ = 0;
    std::size_t received_ = 0;
};

std::string request_for(const std::string& path, Connections connections)
{
    return "GET " + path + " HTTP/1.1\r\nHost: bench\r\n" +
           (connections == Connections::kept_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

void send_whole(int socket, const std::string& request)
{
    if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        lab::fail("send a request");
    }
}

struct Client {
    UniqueFd socket;
    Reply reply;
    bool complete = false; // and the server's end of file is awaited
};

class HttpClients {
public:
    HttpClients(const Target& server, const HttpLoad& load, std::size_t body_length)
        : server_(server), load_(load), body_length_(body_length),
          request_(request_for(load.path, load.connections)),
          clients_(static_cast<std::size_t>(load.clients)), buffer_(std::size_t{256} * 1024)
    {
    }

    void run(int requests)
    {
        to_send_ = requests;
        to_receive_ = requests;
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            ask(i);
        }
        while (to_receive_ > 0) {
            for (const auto& event : epoll_.wait()) {
                hear(event.data.u64);
            }
        }
    }

private:
    void ask(std::size_t index)
    {
        Client& client = clients_[index];
        if (to_send_ == 0) {
            return;
        }
        --to_send_;
        client.complete = false;
        client.reply.next();
        if (!client.socket) {
            client.socket = lab::connect_to(server_.address(), lab::Deadline(patience));
            epoll_.add(client.socket.get(), index);
        }
        send_whole(client.socket.get(), request_);
    }

    void hear(std::size_t index)
    {
        Client& client = clients_[index];
        // MSG_TRUNC: TCP throws so many bytes away, and spares us copying a large body.
        const std::size_t missing = client.reply.missing();
        const ssize_t got =
            ::recv(client.socket.get(), buffer_.data(), missing > 0 ? missing : buffer_.size(),
                   MSG_DONTWAIT | (missing > 0 ? MSG_TRUNC : 0));
        if (got > 0 && !client.complete) {
            const auto size = static_cast<std::size_t>(got);
            advance(index, {buffer_.data(), missing > 0 ? 0 : size}, missing > 0 ? size : 0);
        } else if (got == 0 && client.complete) {
            client.socket.reset();
            finish(index);
        } else if (got >= 0 || errno != EAGAIN) {
            throw std::runtime_error("end of file, error or bytes where none belong");
        }
    }

    void advance(std::size_t index, std::string_view bytes, std::size_t thrown_away)
    {
        Client& client = clients_[index];
        client.complete =
            thrown_away > 0 ? client.reply.skip(thrown_away) : client.reply.feed(bytes);
        if (!client.complete) {
            return;
        }
        if (client.reply.length() != body_length_) {
            throw std::runtime_error("a body of another length than before");
        }
        if (load_.connections == Connections::kept_alive) {
            finish(index);
        }
    }

    void finish(std::size_t index)
    {
        --to_receive_;
        ask(index);
    }

    const Target& server_;
    const HttpLoad& load_;
    std::size_t body_length_;
    std::string request_;
    std::vector<Client> clients_;
    std::vector<char> buffer_;
    Epoll epoll_;
    int to_send_ = 0;
    int to_receive_ = 0;
};

} // namespace

Cost http_load(const Target& server, const HttpLoad& load, std::size_t body_length)
{
    HttpClients clients(server, load, body_length);
    clients.run(load.requests / 10);
    const Meter meter(server);
    clients.run(load.requests);
    return meter.cost(load.requests);
}

std::string http_reply(const Target& server, const std::string& path)
{
    const lab::Deadline deadline(patience);
    const UniqueFd socket = lab::connect_to(server.address(), deadline);
    lab::send_all(socket.get(), request_for(path, Connections::kept_alive), deadline);
    Reply reply;
    std::string all;
    for (bool complete = false; !complete;) {
        const std::string bytes = lab::receive_some(socket.get(), 1 << 20, deadline);
        if (bytes.empty()) {
            complain("end of file in a reply", all);
        }
        all += bytes;
        complete = reply.feed(bytes);
    }
    return all;
}

IdleClients::IdleClients(const Target& server, const std::string& path, int count)
{
    const lab::Deadline deadline(patience);
    const std::string request = request_for(path, Connections::kept_alive);
    for (int i = 0; i < count; ++i) {
        UniqueFd socket = lab::connect_to(server.address(), deadline);
        lab::send_all(socket.get(), request, deadline);
        for (Reply reply; !reply.feed(lab::receive_some(socket.get(), 1 << 16, deadline));) {
        }
        sockets_.push_back(std::move(socket));
    }
}

void IdleClients::check_all_open() const
{
    for (const UniqueFd& socket : sockets_) {
        pollfd quiet{socket.get(), POLLIN, 0};
        if (::poll(&quiet, 1, 0) != 0) {
            throw std::runtime_error("an idle connection was closed during the measurement");
        }
    }
}

} // namespace bench
