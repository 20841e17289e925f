// What the web server answers, and nothing of how it travels: requests in, replies out.
#pragma once

#include "common/http/files.h"
#include "common/http/request.h"
#include "common/http/status.h"
#include "common/unique_fd.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace lab::http {

// What to send after the text of a reply: `left` bytes of `file` from `next` on.
struct FilePart {
    UniqueFd file;
    off_t next = 0;
    std::size_t left = 0;
};

// What became of a request, for the log.
struct Outcome {
    Status status = Status::ok;
    std::size_t body_length = 0;
};

class Site {
public:
    // Without a folder (""): a greeting at "/", and nothing else. Throws when the folder is none.
    explicit Site(const std::string& folder);

    // Appends the reply to `text`. A file's bytes do not pass through here: what is to be sent of
    // it after `text` goes to `part`. `keep_alive`: the connection stays open after this reply.
    Outcome answer(const Request& request, bool keep_alive, std::string& text,
                   FilePart& part) const;

private:
    std::optional<Root> root_;
};

// "127.0.0.1:41234 "GET / HTTP/1.1" 200 24": a line for the log, whatever the bytes of the request
// are.
std::string access_line(std::string_view client, std::string_view request, Outcome outcome);

// Appends the reply to something that was no acceptable request; the connection ends after it.
Outcome refuse(Status status, std::string& text);

} // namespace lab::http
