#include "tests/harness/report.h"

#include "common/errors.h"
#include "common/unique_fd.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include <fcntl.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

namespace harness {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 6> verdict_words{"pass",         "fail",    "unstable",
                                                        "inconclusive", "skipped", "not_run"};

constexpr std::size_t most_text = 8'192; // of a step, of expected, got and cause
constexpr std::size_t most_wire = 4'096; // of what went at once
constexpr std::size_t most_log = 16'384;
// Of a test with a thousand clients, the beginning and the end.
constexpr std::size_t most_steps = 200;
constexpr std::size_t most_parts = 100; // of what went over the wire

// The byte that "x1b…" names.
std::optional<char> hex_byte(std::string_view escape)
{
    unsigned value = 0;
    const char* const first = escape.data() + 1;
    if (escape.size() < 3 || std::from_chars(first, first + 2, value, 16).ptr != first + 2) {
        return std::nullopt;
    }
    return static_cast<char>(value);
}

// The inverse of printable(). Throws std::runtime_error when it is none of its results.
std::string bytes_of(std::string_view escaped)
{
    static constexpr std::string_view names = "nrt\\";
    static constexpr std::string_view values = "\n\r\t\\";
    std::string bytes;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        if (escaped[i] != '\\') {
            bytes += escaped[i];
            continue;
        }
        const char kind = ++i < escaped.size() ? escaped[i] : '\0';
        if (const auto which = names.find(kind); which != std::string_view::npos) {
            bytes += values[which];
        } else if (const auto value = hex_byte(escaped.substr(i)); kind == 'x' && value) {
            bytes += *value;
            i += 2;
        } else {
            throw std::runtime_error("wire bytes with an unknown escape");
        }
    }
    return bytes;
}

// Of a great many bytes, those around the wrong one, or the first.
WireBytes kept_of(const WireBytes& part)
{
    const std::size_t wrong_at = std::min(part.wrong_at.value_or(0), part.bytes.size());
    const std::size_t start =
        wrong_at > most_wire / 2 && part.bytes.size() > most_wire ? wrong_at - most_wire / 2 : 0;
    WireBytes kept{part.connection, part.sent, part.bytes.substr(start, most_wire), part.wrong_at};
    if (kept.wrong_at) {
        *kept.wrong_at -= start;
    }
    kept.skipped = part.skipped + start;
    kept.dropped = part.dropped + part.bytes.size() - start - kept.bytes.size();
    return kept;
}

// Calls `keep` with the items that are kept of so many, and `leave_out` once with the number of
// those in their middle that are not.
template <typename Item, typename Keep, typename LeaveOut>
void bounded(const std::vector<Item>& items, std::size_t most, Keep keep, LeaveOut leave_out)
{
    // One less than `most`: with a word about the rest it is `most`, and stays so when read again.
    const std::size_t left_out = items.size() > most ? items.size() - (most - 1) : 0;
    const std::size_t first = left_out > 0 ? most / 4 : items.size();
    std::for_each_n(items.begin(), first, keep);
    if (left_out > 0) {
        leave_out(left_out);
        std::for_each(items.begin() + static_cast<std::ptrdiff_t>(first + left_out), items.end(),
                      keep);
    }
}

json to_object(const WireBytes& whole)
{
    const WireBytes part = kept_of(whole);
    return {{"connection", readable(part.connection, most_text)},
            {"direction", part.sent ? "sent" : "received"},
            {"bytes", printable(part.bytes)},
            {"wrong_at", part.wrong_at ? json(*part.wrong_at) : json()},
            {"skipped", part.skipped},
            {"dropped", part.dropped}};
}

json to_object(const Failure& failure)
{
    return {{"expected", readable(failure.expected, most_text)},
            {"got", readable(failure.got, most_text)},
            {"cause", readable(failure.cause, most_text)}};
}

WireBytes wire_from(const json& object)
{
    const auto direction = object.at("direction").get<std::string>();
    if (direction != "sent" && direction != "received") {
        throw std::runtime_error("wire direction '" + direction + "': neither sent nor received");
    }
    WireBytes part{object.at("connection").get<std::string>(), direction == "sent",
                   bytes_of(object.at("bytes").get<std::string>()), std::nullopt};
    if (const json& wrong_at = object.at("wrong_at"); !wrong_at.is_null()) {
        part.wrong_at = wrong_at.get<std::size_t>();
    }
    part.skipped = object.value("skipped", std::size_t{0});
    part.dropped = object.value("dropped", std::size_t{0});
    return part;
}

Failure failure_from(const json& object)
{
    return {object.at("expected").get<std::string>(), object.at("got").get<std::string>(),
            object.at("cause").get<std::string>()};
}

Report report_from(const json& object)
{
    Report report;
    report.test = object.at("test").get<std::string>();
    report.verdict = verdict_from(object.at("verdict").get<std::string>());
    report.seconds = object.at("seconds").get<double>();
    report.steps = object.at("steps").get<std::vector<std::string>>();
    for (const json& part : object.at("wire")) {
        report.wire.push_back(wire_from(part));
    }
    if (const json& failure = object.at("failure"); !failure.is_null()) {
        report.failure = failure_from(failure);
    }
    report.log = object.at("log").get<std::string>();
    report.reproduce = object.at("reproduce").get<std::string>();
    return report;
}

void write_all(int fd, std::string_view text, const std::string& name)
{
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count >= 0) {
            text.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            lab::fail("write " + name);
        }
    }
}

// /dev/stdout, a pipe, a symbolic link: things to write into, never to put a file in place of.
bool exists_and_is_no_file(const std::filesystem::path& path)
{
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

void write_in_place(const std::filesystem::path& file, std::string_view text)
{
    const lab::UniqueFd fd(::open(file.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    lab::check(fd.get(), "open " + file.string());
    write_all(fd.get(), text, file.string());
}

} // namespace

std::string_view to_string(Verdict verdict)
{
    return verdict_words.at(static_cast<std::size_t>(verdict));
}

Verdict verdict_from(std::string_view word)
{
    const auto* const found = std::ranges::find(verdict_words, word);
    if (found == verdict_words.end()) {
        throw std::invalid_argument("'" + readable(word, most_text) + "' is no verdict");
    }
    return static_cast<Verdict>(found - verdict_words.begin());
}

std::string to_json(const Report& report)
{
    json object = {{"test", readable(report.test, most_text)},
                   {"verdict", to_string(report.verdict)},
                   {"seconds", std::round(report.seconds * 1000) / 1000},
                   {"steps", json::array()},
                   {"wire", json::array()},
                   {"failure", report.failure ? to_object(*report.failure) : json()},
                   {"log", readable(report.log, most_log)},
                   {"reproduce", readable(report.reproduce, most_text)}};
    bounded(
        report.steps, most_steps,
        [&](const std::string& step) { object["steps"].push_back(readable(step, most_text)); },
        [&](std::size_t count) {
            object["steps"].push_back("(" + std::to_string(count) + " more steps)");
        });
    bounded(
        report.wire, most_parts,
        [&](const WireBytes& part) { object["wire"].push_back(to_object(part)); },
        [](std::size_t) {});
    return object.dump(2) + "\n";
}

Report from_json(std::string_view text)
{
    try {
        return report_from(json::parse(text));
    } catch (const std::exception& error) {
        throw std::runtime_error(std::string("not a report: ") + error.what());
    }
}

void write_atomically(const std::filesystem::path& file, std::string_view text)
{
    if (exists_and_is_no_file(file)) {
        return write_in_place(file, text);
    }
    static std::atomic<unsigned> count{0};
    const std::string temporary =
        file.string() + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(++count);
    try {
        const lab::UniqueFd fd(
            ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666));
        lab::check(fd.get(), "write " + file.string());
        write_all(fd.get(), text, temporary);
        lab::check(::fsync(fd.get()), "fsync " + temporary);
        lab::check(::rename(temporary.c_str(), file.c_str()), "rename to " + file.string());
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
}

} // namespace harness
