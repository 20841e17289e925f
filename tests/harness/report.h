// What a test saw: the one record from which the terminal, the gradebook and every export are made.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

enum class Verdict { pass, fail, unstable, inconclusive, skipped, not_run };

// "pass", "fail", "unstable", "inconclusive", "skipped", "not_run".
std::string_view to_string(Verdict verdict);
// Throws std::invalid_argument for any other word.
Verdict verdict_from(std::string_view word);

// Bytes that went over one connection, one way, at once.
struct WireBytes {
    std::string connection;              // "alice"
    bool sent = false;                   // by the test; else received from the server
    std::string bytes;                   // as they were
    std::optional<std::size_t> wrong_at; // offset of the first byte that is not what was expected
    std::size_t skipped = 0;             // bytes before these that to_json() did not keep, …
    std::size_t dropped = 0;             // … and after them
};

// Why a test did not pass.
struct Failure {
    std::string expected;
    std::string got;
    std::string cause; // the likely one, as a tutor would say it; may be empty
};

// One run of one test.
struct Report {
    std::string test;
    Verdict verdict = Verdict::not_run;
    std::vector<std::string> steps; // what was tried, in order; the last one is where it ended
    std::vector<WireBytes> wire;
    std::optional<Failure> failure; // of a fail; for inconclusive and skipped, `got` says why
    std::string log;                // of the server, both output streams, as it was
    std::string reproduce;          // the command that repeats exactly this test
    double seconds = 0;
};

// Printable ASCII as it is, everything else as C escapes: "Ugly.\r\n\x80".
std::string printable(std::string_view bytes);

// Valid UTF-8 without control characters but newline and tab; the others become \x1b and so on. Of
// what is longer than `most` bytes, head and tail with a line between them that says what is left
// out.
std::string readable(std::string_view text, std::size_t most);

// The failure report that a student reads: steps, wire with a caret at the first wrong byte, the
// server's log, expected and got, likely cause, how to repeat. Several lines, no colour.
std::string render(const Report& report);
// Two parts of it without their headings; empty when there is nothing to show.
std::string render_wire(const Report& report);
std::string render_log(const Report& report);

// One JSON object in UTF-8: test, verdict, seconds, steps[], wire[] {connection, direction
// "sent"|"received", bytes (printable; of many, some kilobytes around the wrong one), wrong_at,
// skipped, dropped}, failure {expected, got, cause} or null, log
// (readable), reproduce. from_json throws std::runtime_error that says what is wrong.
std::string to_json(const Report& report);
Report from_json(std::string_view json);

// Replaces the file atomically: whoever reads it sees the old text or the new one, whole.
// Throws std::system_error.
void write_atomically(const std::filesystem::path& file, std::string_view text);

} // namespace harness
