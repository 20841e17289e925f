// The status codes that the web server gives.
#pragma once

#include <string_view>

namespace lab::http {

enum class Status {
    ok = 200,
    partial_content = 206,
    moved_permanently = 301,
    not_modified = 304,
    bad_request = 400,
    not_found = 404,
    method_not_allowed = 405,
    request_timeout = 408,
    content_too_large = 413,
    uri_too_long = 414,
    range_not_satisfiable = 416,
    header_fields_too_large = 431,
    not_implemented = 501,
    service_unavailable = 503,
    version_not_supported = 505,
};

// "404 Not Found".
std::string_view text_of(Status status);

} // namespace lab::http
