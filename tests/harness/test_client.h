// A client of the server under test. Every wait has an end, and every step stands in the report.
#pragma once

#include "common/unique_fd.h"
#include "tests/harness/server_process.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harness {

class TestClient {
public:
    // Connects. `receive_buffer`: bytes, 0 for the kernel's usual one.
    TestClient(ServerProcess& server, std::string name, int receive_buffer = 0);

    [[nodiscard]] const std::string& name() const { return name_; }
    // The two ends of its connection: ours and the server's.
    [[nodiscard]] const lab::Address& address() const { return address_; }
    [[nodiscard]] const lab::Address& peer() const { return peer_; }

    // Sends all of it, in one piece if the server is frozen; fails if the server does not take it.
    void send(std::string_view bytes);
    // One byte, then waits until the server has read it, and so on: N reads for N bytes.
    void drip(std::string_view bytes);
    // Sends for as long as the server takes it, never receiving. Returns what went out: the server
    // is blocked in a send, has stopped to read, or has closed.
    std::string send_until_stuck();
    // Sends a byte now and then, until the server has closed or reset the connection.
    void send_until_let_go();

    void half_close(); // FIN; can still receive
    void close();      // FIN, and no more
    void reset();      // RST: unread data thrown away
    // All that we sent, FIN included, has arrived at the server's kernel.
    void wait_until_delivered();

    // The next bytes are these, exactly.
    void expect(std::string_view bytes);
    // Nothing has arrived. Proves something only when the server is idle.
    void expect_nothing_yet(const std::string& why);
    // The server's FIN is next, and neither more bytes nor a reset.
    void expect_end();
    // FIN or reset, after whatever bytes: the server has let go of us.
    void expect_closed();
    // Everything up to the server's FIN.
    std::string receive_to_end();
    // What has come, as soon as something has; nothing at the end of the stream. Fails at a reset.
    std::string receive_some(std::size_t most, const std::string& awaited);

private:
    // What is received between two steps of the story. It must come to an end.
    struct Flow {
        std::size_t step;
        std::size_t bytes = 0;
    };

    void note_received(std::string_view bytes, const std::string& awaited);
    void wait_for(short events, const std::string& awaited);
    [[nodiscard]] bool has_let_go() const;
    void wait_until_blocked();
    void send_quietly(std::string_view bytes);
    static void mark_wrong(std::size_t from_end);
    [[noreturn]] void fail_at_loss(const std::string& awaited);
    [[noreturn]] void fail_for_want_of(const std::string& awaited, const std::string& got);

    ServerProcess* server_;
    std::string name_;
    lab::UniqueFd socket_;
    lab::Address address_;
    lab::Address peer_;
    std::uint64_t sent_ = 0; // bytes
    std::optional<Flow> flow_;
};

} // namespace harness
