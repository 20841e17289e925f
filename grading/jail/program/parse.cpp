#include "grading/jail/program/door.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace jail {

namespace {

constexpr std::array<std::pair<std::string_view, __rlimit_resource>, 10> resources{
    {{"as", RLIMIT_AS},
     {"core", RLIMIT_CORE},
     {"cpu", RLIMIT_CPU},
     {"fsize", RLIMIT_FSIZE},
     {"memlock", RLIMIT_MEMLOCK},
     {"msgqueue", RLIMIT_MSGQUEUE},
     {"nofile", RLIMIT_NOFILE},
     {"nproc", RLIMIT_NPROC},
     {"sigpending", RLIMIT_SIGPENDING},
     {"stack", RLIMIT_STACK}}};

template <typename Number> Number number_from(std::string_view text)
{
    Number number = 0;
    const char* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, number);
    if (result.ec != std::errc() || result.ptr != end) {
        throw std::invalid_argument("'" + std::string(text) + "' is no number");
    }
    return number;
}

// "nproc=64:128"
Limit limit_from(std::string_view text)
{
    const auto equals = text.find('=');
    const auto colon = text.find(':');
    const auto* const found = std::find_if(resources.begin(), resources.end(), [&](const auto& r) {
        return r.first == text.substr(0, equals);
    });
    if (found == resources.end() || equals > colon || colon == std::string_view::npos) {
        throw std::invalid_argument("--limit '" + std::string(text) + "' is not NAME=SOFT:HARD");
    }
    return {found->second,
            {number_from<rlim_t>(text.substr(equals + 1, colon - equals - 1)),
             number_from<rlim_t>(text.substr(colon + 1))}};
}

void take(Request& request, const std::string& flag, const std::string& value)
{
    if (flag == "--scratch") {
        request.scratch = value;
    } else if (flag == "--report") {
        request.report = number_from<int>(value);
    } else if (flag == "--setenv") {
        request.environment.push_back(value);
    } else if (flag == "--show") {
        request.shown.push_back(value);
    } else if (flag == "--limit") {
        request.limits.push_back(limit_from(value));
    } else {
        throw std::invalid_argument("unknown flag " + flag);
    }
}

} // namespace

Request parse(const std::vector<std::string>& arguments)
{
    Request request;
    const auto end = std::find(arguments.begin(), arguments.end(), "--");
    auto at = arguments.begin();
    if (at != end && !at->starts_with("--")) {
        request.jail = *at++;
    }
    for (; at != end; at += 2) {
        if (at + 1 == end) {
            throw std::invalid_argument(*at + " needs a value");
        }
        take(request, *at, at[1]);
    }
    if (end == arguments.end() || end + 1 == arguments.end()) {
        throw std::invalid_argument("no command after --");
    }
    request.command.assign(end + 1, arguments.end());
    return request;
}

} // namespace jail
