// One client's side of the web server, without I/O: bytes in, replies out. Keeps requests and
// replies in order, however the bytes were cut or glued on the way.
//
//     bytes as they arrive ── take() ──► [ dialogue ] ──► text, and perhaps a part of a file
//                                              └──► then(): more requests, or the end
#pragma once

#include "common/http/request.h"
#include "common/http/site.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace lab::http {

// What is to be sent: the text, then the part of a file.
struct Replies {
    std::string text;
    FilePart file;
};

// What comes after the replies.
enum class Then {
    listen, // to further requests
    close,  // the client has said itself that it is through
    part, // we are through, but the client may still be sending: say so, and hear it out. To close
          // would send a reset, which can overtake our last reply
};

class Dialogue {
public:
    static constexpr std::size_t high_water = 262'144; // bytes of replies; then no more at once

    // Borrows the site. `client` is its name in the log.
    Dialogue(const Site& site, std::string client) : site_(&site), client_(std::move(client)) {}

    // Answers all requests that the bytes complete. Stops early when a file, or more than the high
    // water, is to be sent: then unfinished() is true, and take("") goes on when that has gone.
    void take(std::string_view bytes, Replies& replies);
    [[nodiscard]] bool unfinished() const { return unfinished_; }

    // The client has been silent for too long. One in the middle of a request is told, others are
    // not.
    void time_out(Replies& replies);

    [[nodiscard]] Then then() const { return then_; }
    [[nodiscard]] const std::string& client() const { return client_; }

private:
    bool skip_body(std::string_view& bytes);
    void answer(const Request& request, std::string_view head, bool more_follows, Replies& replies);
    void refuse(Status status, std::string_view bytes, Replies& replies);
    void log(std::string_view head, Outcome outcome) const;

    const Site* site_;
    std::string client_;
    std::string received_;        // and not answered yet: mostly nothing
    std::uint64_t body_left_ = 0; // bytes still to come that belong to the last request
    Then then_ = Then::listen;
    bool unfinished_ = false;
};

} // namespace lab::http
