// A client of a server under test that speaks UDP. Every wait has an end, and every step stands in
// the report.
//
// UDP promises neither order nor arrival. Here, on the loopback interface of one processor, both
// are given as long as there is room in the sockets' buffers; a socket that had to drop something
// makes the test inconclusive, never a failure. But a server loses by its own doing what its socket
// had no room for because it has made the buffer smaller.
#pragma once

#include "common/unique_fd.h"
#include "tests/harness/patience.h"
#include "tests/harness/server_process.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

class UdpClient {
public:
    // Its socket is bound to a free port of `host`, and hears the server alone.
    UdpClient(ServerProcess& server, std::string name, const std::string& host = "127.0.0.1");
    // Bound to this address; nothing when somebody else has it.
    static std::optional<UdpClient> at(ServerProcess& server, std::string name,
                                       const lab::Address& address);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const lab::Address& address() const { return address_; }

    // Each sends one datagram.
    void send(std::string_view payload);
    // The next datagram is this one, exactly.
    void expect(std::string_view payload);
    // … or one that `is_right` takes; `awaited` says what that is.
    void expect(const std::function<bool(std::string_view)>& is_right, const std::string& awaited);
    // These are the next datagrams, in any order: UDP promises none.
    void expect_all(std::vector<std::string> payloads);
    // Waits for the next datagram, whatever it is.
    std::string receive(const std::string& awaited);
    // The next datagram, if one is here already or comes within that time.
    std::optional<std::string> receive_within(Seconds most);

    [[nodiscard]] ServerProcess& server() const { return *server_; }
    void close(); // from now on the kernel refuses what the server sends to it (ICMP)

private:
    UdpClient(ServerProcess& server, std::string name, lab::UniqueFd socket);
    std::optional<std::string> take_datagram();
    void wait_for_datagram(const std::string& awaited);
    [[noreturn]] void fail_wrong(const std::string& awaited, const std::string& got);
    void expect_no_drops();
    void expect_none_at_the_server();

    ServerProcess* server_;
    std::string name_;
    lab::UniqueFd socket_;
    std::size_t step_ = 0;     // of the story, when it received something last
    std::size_t received_ = 0; // datagrams since that step
    lab::Address address_;
};

// Keeps this process, and the servers that it starts from now on, on one processor: then what it
// sends over the loopback interface arrives in the order in which it was sent, and so do the
// answers. To be called before the tests run; returns true.
bool keep_datagrams_in_order();

} // namespace harness
