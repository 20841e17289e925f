// A closed loop of conversations: ask, await the answer, three times; hang up; connect anew.

#include "common/clients/client.h"
#include "tests/bench/epoll.h"
#include "tests/bench/loads.h"

#include <stdexcept>
#include <string_view>

#include <sys/socket.h>

namespace bench {

namespace {

struct Exchange {
    std::string_view question;
    std::string_view answer;
};
constexpr std::array<Exchange, 3> conversation{{{"Beautiful is better than?", "Ugly."},
                                                {"Explicit is better than?", "Implicit."},
                                                {"Simple is better than?", "Complex."}}};

struct Client {
    lab::UniqueFd socket;
    std::size_t step = 0;
    std::string answer;
};

class ZenClients {
public:
    ZenClients(const Target& server, int clients)
        : server_(server), clients_(static_cast<std::size_t>(clients))
    {
    }

    void run(int conversations)
    {
        to_begin_ = conversations;
        to_end_ = conversations;
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            begin(i);
        }
        while (to_end_ > 0) {
            for (const auto& event : epoll_.wait()) {
                hear(event.data.u64);
            }
        }
    }

private:
    void begin(std::size_t index)
    {
        if (to_begin_ == 0) {
            return;
        }
        --to_begin_;
        Client& client = clients_[index];
        client.socket = lab::connect_to(server_.address(), lab::Deadline(patience));
        client.step = 0;
        epoll_.add(client.socket.get(), index);
        ask(client);
    }

    static void ask(Client& client)
    {
        const std::string_view question = conversation[client.step].question;
        lab::check(::send(client.socket.get(), question.data(), question.size(), MSG_NOSIGNAL),
                   "send a question");
        client.answer.clear();
    }

    void hear(std::size_t index)
    {
        Client& client = clients_[index];
        std::array<char, 256> bytes;
        const auto got = lab::check(
            ::recv(client.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT), "recv");
        client.answer.append(bytes.data(), static_cast<std::size_t>(got));
        const std::string_view expected = conversation[client.step].answer;
        if (got == 0 || !expected.starts_with(client.answer)) {
            throw std::runtime_error("a wrong answer: '" + client.answer + "'");
        }
        if (client.answer.size() == expected.size()) {
            go_on(index);
        }
    }

    void go_on(std::size_t index)
    {
        Client& client = clients_[index];
        if (++client.step < conversation.size()) {
            ask(client);
            return;
        }
        client.socket.reset();
        --to_end_;
        begin(index);
    }

    const Target& server_;
    std::vector<Client> clients_;
    Epoll epoll_;
    int to_begin_ = 0;
    int to_end_ = 0;
};

} // namespace

Cost zen_load(const Target& server, int clients, int conversations)
{
    ZenClients load(server, clients);
    load.run(conversations / 10);
    const Meter meter(server);
    load.run(conversations);
    return meter.cost(conversations);
}

} // namespace bench
