#include "common/http/request.h"

#include "common/http/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace lab::http {

namespace {

constexpr std::size_t longest_method = 32;
constexpr std::string_view any_version = "HTTP/1.1";

// The characters of a method and of a field's name (RFC 9110, section 5.6.2).
constexpr auto token_characters = [] {
    std::array<bool, 256> is_token{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
        is_token[static_cast<unsigned char>(c)] = true;
    }
    return is_token;
}();

bool is_token(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return token_characters[static_cast<unsigned char>(c)];
    });
}

bool is_control(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

// Is none of the eight a control character? The sums are those of "Bit Twiddling Hacks": a byte of
// the result has its highest bit set where one was below 0x20, or was 0x7F.
bool eight_are_clean(const char* eight)
{
    constexpr std::uint64_t each = 0x0101010101010101;
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, eight, sizeof(bytes));
    const std::uint64_t deleted = bytes ^ (each * 0x7F);
    return ((((bytes - each * 0x20) & ~bytes) | ((deleted - each) & ~deleted)) & each * 0x80) == 0;
}

// No control character but the tab: a bare CR and NUL are such. Every byte of a request comes here.
bool is_clean(std::string_view text)
{
    while (text.size() >= 8 && eight_are_clean(text.data())) {
        text.remove_prefix(8);
    }
    return std::ranges::none_of(text, [](char c) { return is_control(c) && c != '\t'; });
}

// The lines of a head, one after the other.
class Lines {
public:
    explicit Lines(std::string_view bytes) : rest_(bytes), total_(bytes.size()) {}

    // Without its line end, or nothing when that has not come.
    std::optional<std::string_view> next()
    {
        const std::size_t end = rest_.find('\n');
        if (end == std::string_view::npos) {
            return {};
        }
        const std::string_view line = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return line.ends_with('\r') ? line.substr(0, end - 1) : line;
    }

    [[nodiscard]] std::string_view rest() const { return rest_; }
    [[nodiscard]] std::size_t taken() const { return total_ - rest_.size(); }

private:
    std::string_view rest_;
    std::size_t total_;
};

bool is_one_word(std::string_view text)
{
    return !text.empty() &&
           std::ranges::none_of(text, [](char c) { return c == ' ' || is_control(c); });
}

Status check_version(std::string_view version, Request& request)
{
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (version.size() != any_version.size() || !version.starts_with("HTTP/") ||
        !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7])) {
        return Status::bad_request;
    }
    request.minor_version = version[7] - '0';
    request.keep_alive = request.minor_version > 0;
    return version[5] == '1' ? Status::ok : Status::version_not_supported;
}

// GET /index.html HTTP/1.1
Status read_request_line(std::string_view line, Request& request)
{
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return Status::bad_request;
    }
    request.method = line.substr(0, first);
    request.target = line.substr(first + 1, last - first - 1);
    if (!is_token(request.method) || !is_one_word(request.target)) {
        return Status::bad_request;
    }
    if (request.target.size() > longest_target) {
        return Status::uri_too_long;
    }
    return check_version(line.substr(last + 1), request);
}

// A request line that has only begun: can it still become one?
std::optional<Status> judge_beginning(std::string_view line)
{
    const std::string_view method = line.substr(0, line.find(' '));
    if ((!method.empty() && method != "\r" && !is_token(method)) ||
        method.size() > longest_target) {
        return Status::bad_request;
    }
    if (line.size() > longest_method + longest_target + any_version.size()) {
        return Status::uri_too_long;
    }
    return {};
}

// What has been seen once and must not come again.
struct Seen {
    bool host = false;
    bool length = false;
    bool close = false; // this may, and holds whatever else is said
};

Status read_length(std::string_view value, Request& request, Seen& seen)
{
    const auto length = whole_number(value);
    if (seen.length || value.empty() ||
        value.find_first_not_of("0123456789") != std::string_view::npos) {
        return Status::bad_request;
    }
    seen.length = true;
    request.body_length = length.value_or(longest_body + 1); // digits, but more than fit
    return request.body_length <= longest_body ? Status::ok : Status::content_too_large;
}

void read_connection(std::string_view value, Request& request, Seen& seen)
{
    seen.close |= lists(value, "close");
    if (seen.close) {
        request.keep_alive = false;
    } else if (request.minor_version == 0 && lists(value, "keep-alive")) {
        request.keep_alive = true;
    }
}

Status note_host(Seen& seen)
{
    return std::exchange(seen.host, true) ? Status::bad_request : Status::ok;
}

// Most fields are none of ours: their length alone tells.
Status read_known(std::string_view name, std::string_view value, Request& request, Seen& seen)
{
    switch (name.size()) {
    case 4:
        return same(name, "host") ? note_host(seen) : Status::ok;
    case 5:
        request.range = same(name, "range") ? value : request.range;
        break;
    case 6:
        request.expects_continue |= same(name, "expect");
        break;
    case 8:
        request.if_range = same(name, "if-range") ? value : request.if_range;
        break;
    case 10:
        if (same(name, "connection")) {
            read_connection(value, request, seen);
        }
        break;
    case 14:
        return same(name, "content-length") ? read_length(value, request, seen) : Status::ok;
    case 17:
        if (same(name, "if-modified-since")) {
            request.if_modified_since = value;
        }
        return same(name, "transfer-encoding") ? Status::not_implemented : Status::ok;
    default:
        break;
    }
    return Status::ok;
}

Status read_field(std::string_view line, Request& request, Seen& seen)
{
    const std::size_t colon = line.find(':');
    // A line that begins with a space goes on with the one before it: obsolete, and no token.
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return Status::bad_request;
    }
    const std::string_view value = trimmed(line.substr(colon + 1));
    return is_clean(value) ? read_known(line.substr(0, colon), value, request, seen)
                           : Status::bad_request;
}

std::optional<Status> read_fields(Lines& lines, Request& request)
{
    const std::size_t start = lines.taken();
    Seen seen;
    while (const auto line = lines.next()) {
        if (lines.taken() - start > longest_fields) {
            return Status::header_fields_too_large;
        }
        if (line->empty()) {
            request.head_length = lines.taken();
            return seen.host || request.minor_version == 0 ? Status::ok : Status::bad_request;
        }
        const Status status = read_field(*line, request, seen);
        if (status != Status::ok) {
            return status;
        }
    }
    if (lines.taken() - start + lines.rest().size() > longest_fields) {
        return Status::header_fields_too_large;
    }
    return {};
}

} // namespace

std::optional<Status> parse_request(std::string_view bytes, Request& request)
{
    request = {};
    Lines lines(bytes);
    auto line = lines.next();
    while (line && line->empty() && lines.taken() <= longest_fields) {
        line = lines.next();
    }
    if (!line) {
        return judge_beginning(lines.rest());
    }
    const Status status = read_request_line(*line, request);
    return status == Status::ok ? read_fields(lines, request) : status;
}

} // namespace lab::http
