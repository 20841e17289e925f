// The failure report that a student reads.

#include "tests/harness/report.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace harness {

namespace {

constexpr std::size_t page = 90;       // columns
constexpr std::size_t most_steps = 24; // lines of each part; what is longer loses its middle
constexpr std::size_t most_parts = 20;
constexpr std::size_t most_log_lines = 30;

// Columns that a text takes: characters, not bytes.
std::size_t columns(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80; }));
}

std::string repeated(std::string_view what, std::size_t times)
{
    std::string text;
    while (times-- > 0) {
        text += what;
    }
    return text;
}

std::string spaces(std::size_t count)
{
    return repeated(" ", count);
}

std::string padded(const std::string& text, std::size_t width)
{
    const std::size_t used = columns(text);
    return text + spaces(used < width ? width - used : 0);
}

// 4711 as "4,711".
std::string grouped(std::size_t number)
{
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3;) {
        digits.insert(at -= 3, ",");
    }
    return digits;
}

std::string counted(std::size_t number, const std::string& noun)
{
    return grouped(number) + " " + noun + (number == 1 ? "" : "s");
}

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

// The words of a line. One that is longer than a line comes in pieces.
std::vector<std::string> words_of(const std::string& line, std::size_t most)
{
    std::vector<std::string> words;
    for (const std::string& word : split(line, ' ')) {
        words.emplace_back();
        for (const char byte : word) {
            const bool starts_character = (static_cast<unsigned char>(byte) & 0xc0U) != 0x80;
            if (starts_character && columns(words.back()) == most) {
                words.emplace_back();
            }
            words.back() += byte;
        }
    }
    return words;
}

// `label` and beside it the text, whose lines are broken at spaces and start below each other.
std::string beside(const std::string& label, std::string_view text)
{
    const std::size_t margin = columns(label);
    std::string result = label;
    std::string next_line; // what comes before the first word of a line
    for (const std::string& line : split(text, '\n')) {
        std::size_t used = page;
        for (const std::string& word : words_of(line, page - margin)) {
            if (used + 1 + columns(word) <= page) {
                result += " " + word;
                used += 1 + columns(word);
            } else {
                result += next_line + word;
                used = margin + columns(word);
                next_line = "\n" + spaces(margin);
            }
        }
    }
    return result + "\n";
}

// A line that would be broken by the terminal ends in an ellipsis instead.
std::string cut(const std::string& line, std::size_t most)
{
    if (columns(line) <= most) {
        return line;
    }
    std::size_t end = 0;
    for (std::size_t used = 0; used < most; ++end) {
        used += columns(std::string_view(line).substr(end + 1, 1));
    }
    return line.substr(0, end) + "…";
}

// Indices of what is shown of `count` things: all, or the first and, more of them, the last ones.
struct Shown {
    std::size_t head;
    std::size_t tail_from;
};

Shown shown(std::size_t count, std::size_t most)
{
    return count <= most ? Shown{count, count} : Shown{most / 3, count - (most - most / 3 - 1)};
}

std::string left_out(const Shown& part, const std::string& noun)
{
    return "    … " + counted(part.tail_from - part.head, noun) + " left out …\n";
}

std::string heading(const Report& report)
{
    std::string word(to_string(report.verdict));
    std::ranges::transform(word, word.begin(),
                           [](char c) { return c == '_' ? ' ' : static_cast<char>(c & ~0x20); });
    std::array<char, 32> time{};
    std::snprintf(time.data(), time.size(), " %.1f s ──", report.seconds);
    const std::string start = "──── " + word + " ── " + printable(report.test) + " ";
    const std::size_t used = columns(start) + columns(time.data());
    return start + repeated("─", used < page ? page - used : 0) + time.data() + "\n";
}

std::string_view remark(Verdict verdict)
{
    switch (verdict) {
    case Verdict::unstable:
        return "It failed in one run and passed in another. This is the run that failed; "
               "there are points only for passing every time.\n";
    case Verdict::inconclusive:
        return "No verdict: what failed is the machine or the grader, not the server. No points "
               "are "
               "lost.\n";
    case Verdict::skipped:
        return "This machine lacks what the test needs. No points are lost.\n";
    default:
        return "";
    }
}

std::string steps_of(const Report& report)
{
    if (report.steps.empty()) {
        return "";
    }
    const bool ended_early = report.verdict != Verdict::pass;
    std::string text = "\nWhat was tried";
    text += ended_early ? "  (► is where it ended)\n" : "\n";
    const std::size_t count = report.steps.size();
    const Shown part = shown(count, most_steps);
    for (std::size_t i = 0; i < count; ++i) {
        if (i == part.head) {
            text += left_out(part, "step");
            i = part.tail_from;
        }
        const std::string mark = ended_early && i + 1 == count ? "  ► " : "    ";
        const std::string number = std::to_string(i + 1);
        const std::string label = (number.size() < 2 ? " " : "") + number + "  ";
        text += beside(mark + label, readable(report.steps[i], 400));
    }
    return text;
}

// What is shown of some bytes, on one line, and the column in it of the byte asked for.
struct Excerpt {
    std::string text;
    std::size_t caret = 0;
};

// As many bytes around the one at `focus` as fit into the columns; shows that there are more.
Excerpt excerpt_around(const WireBytes& part, std::size_t focus, std::size_t room)
{
    const std::string_view bytes = part.bytes;
    std::size_t first = std::min(focus, bytes.size());
    std::size_t last = first;
    constexpr std::size_t reserve = 10; // for quotes, ellipses and one more byte, escaped
    const auto fits_in = [&](std::size_t most) {
        return printable(bytes.substr(first, last - first)).size() + reserve <= most;
    };
    while (first > 0 && fits_in(room / 2)) {
        --first;
    }
    while (last < bytes.size() && fits_in(room)) {
        ++last;
    }
    while (first > 0 && fits_in(room)) {
        --first;
    }
    const std::string before = first + part.skipped > 0 ? "… \"" : "\"";
    const std::string after = last < bytes.size() || part.dropped > 0 ? "\" …" : "\"";
    return {before + printable(bytes.substr(first, last - first)) + after,
            columns(before) + printable(bytes.substr(first, focus - first)).size()};
}

std::size_t size_of(const WireBytes& part)
{
    return part.skipped + part.bytes.size() + part.dropped;
}

// The start, and the end when not everything fits.
std::string excerpt_of(const WireBytes& part, std::size_t room)
{
    if (size_of(part) <= room && printable(part.bytes).size() + 2 <= room) {
        return "\"" + printable(part.bytes) + "\"";
    }
    std::string result = excerpt_around(part, 0, room * 2 / 3).text;
    if (part.dropped > 0) {
        return result;
    }
    const Excerpt end = excerpt_around(part, part.bytes.size(), room / 3);
    return result + end.text.substr(std::string_view("…").size());
}

std::string wrong_byte(const WireBytes& part)
{
    if (*part.wrong_at >= part.bytes.size()) {
        return "^ it ends here, too early";
    }
    return "^ byte " + grouped(part.skipped + *part.wrong_at + 1) + " of " +
           grouped(size_of(part)) + " is the first wrong one";
}

std::string name_of(const WireBytes& part)
{
    return cut(printable(part.connection), 20);
}

std::string line_of(const WireBytes& part, std::size_t name_width)
{
    const std::string start =
        "    " + padded(name_of(part), name_width) + (part.sent ? " ──► " : " ◄── ");
    const std::string size = "  (" + counted(size_of(part), "byte") + ")";
    const std::size_t room = page - columns(start) - size.size();
    if (part.wrong_at) {
        const Excerpt excerpt = excerpt_around(part, *part.wrong_at, room);
        return start + excerpt.text + "\n" + spaces(columns(start) + excerpt.caret) +
               wrong_byte(part) + "\n";
    }
    if (part.bytes.empty()) {
        return start + "(no bytes)\n";
    }
    const std::string text = excerpt_of(part, room);
    const bool whole = text.find("…") == std::string::npos;
    return start + text + (whole ? "" : size) + "\n";
}

std::string wire_lines(const Report& report)
{
    std::size_t name_width = 0;
    for (const WireBytes& part : report.wire) {
        name_width = std::max(name_width, columns(name_of(part)));
    }
    std::string text;
    const std::size_t count = report.wire.size();
    const Shown part = shown(count, most_parts);
    for (std::size_t i = 0; i < count; ++i) {
        const bool hidden = i >= part.head && i < part.tail_from;
        if (i == part.head && i < part.tail_from) {
            text += left_out(part, "message");
        }
        if (!hidden || report.wire[i].wrong_at) {
            text += line_of(report.wire[i], name_width);
        }
    }
    return text;
}

// The text of a log line without its time of day and its digits: pids, ports, counters.
std::string gist(std::string_view line)
{
    std::string text(line);
    std::erase_if(text, [](char byte) { return byte >= '0' && byte <= '9'; });
    return text;
}

// A line that comes again and again but for its numbers stands once, and how often it came.
std::vector<std::string> folded(const std::vector<std::string>& lines)
{
    constexpr std::ptrdiff_t too_often = 4; // in a row
    std::vector<std::string> result;
    for (auto line = lines.begin(); line != lines.end();) {
        const auto end = std::find_if(line, lines.end(), [&](const std::string& other) {
            return gist(other) != gist(*line);
        });
        const auto shown_of_it = end - line > too_often ? line + 1 : end;
        result.insert(result.end(), line, shown_of_it);
        if (shown_of_it != end) {
            const auto more = static_cast<std::size_t>(end - shown_of_it);
            result.push_back("… and " + counted(more, "line") + " more like it");
        }
        line = end;
    }
    return result;
}

std::string log_lines(const Report& report)
{
    const auto lines = folded(split(readable(report.log, 65'536), '\n'));
    std::string text;
    const Shown part = shown(lines.size(), most_log_lines);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i == part.head) {
            text += left_out(part, "line");
            i = part.tail_from;
        }
        text += lines[i].empty() ? "    |\n" : "    | " + cut(lines[i], page - 7) + "\n";
    }
    return text;
}

std::string wire_of(const Report& report)
{
    return report.wire.empty() ? "" : "\nOn the wire\n" + wire_lines(report);
}

std::string log_of(const Report& report)
{
    if (report.log.empty()) {
        return report.steps.empty() ? "" : "\nThe server's log: it wrote nothing\n";
    }
    return "\nThe server's log\n" + log_lines(report);
}

std::string failure_of(const Report& report)
{
    if (!report.failure) {
        return "";
    }
    const auto labelled = [](const std::string& label, const std::string& text) {
        return text.empty() ? "" : beside(label, readable(text, 4096));
    };
    const Failure& failure = *report.failure;
    if (failure.expected.empty() && failure.cause.empty()) {
        return "\n" + labelled("Because   ", failure.got);
    }
    std::string text = "\n" + labelled("Expected  ", failure.expected);
    text += labelled("Got       ", failure.got);
    if (!failure.cause.empty()) {
        text += "\nLikely cause\n" + beside("    ", readable(failure.cause, 4096));
    }
    return text;
}

} // namespace

std::string render_wire(const Report& report)
{
    return wire_lines(report);
}

std::string render_log(const Report& report)
{
    return log_lines(report);
}

std::string render(const Report& report)
{
    std::string text = heading(report);
    text += remark(report.verdict);
    text += steps_of(report) + wire_of(report) + log_of(report) + failure_of(report);
    if (!report.reproduce.empty()) {
        text += "\nTo repeat exactly this test\n    " + readable(report.reproduce, 4096) + "\n";
    }
    return text;
}

} // namespace harness
