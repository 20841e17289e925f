#include "grading/hidden_code.h"

#include "grading/files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view flag = "-fsanitize=thread";
constexpr std::string_view blanks("\t\v\f\r \0", 6);
// All of the preprocessor's work, or only its conditions: with their macros left as they are,
// honest lines do not differ where a header's macros do. A time in the text would make two of one.
constexpr std::string_view all_of_it = " -E -U__DATE__ -U__TIME__ -U__TIMESTAMP__";
constexpr std::string_view conditions = " -E -fdirectives-only";

// By which code asks not to be looked at, or tells what is not so.
constexpr std::array<std::string_view, 8> telling_words{
    "no_sanitize",    "disable_sanitizer_instrumentation",
    "__tsan_",        "TSAN_OPTIONS",
    "AnnotateIgnore", "AnnotateHappens",
    "AnnotateBenign", "AnnotateRWLock"};

std::string told(long line, std::string_view what)
{
    return "line " + std::to_string(line) +
           " hides code from ThreadSanitizer: " + std::string(what);
}

// `# 12 "name" 1 3`: what follows is line 12 of that file, which begins here (1), goes on after
// another one (2), is the system's (3).
struct Marker {
    long line = 0;
    std::string_view name;
    std::string_view flags;

    [[nodiscard]] bool has(char one) const { return flags.find(one) != std::string_view::npos; }
};

// Behind the string literal that begins there.
std::size_t past_string(std::string_view text, std::size_t at)
{
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        at += text[at] == '\\' ? 1 : 0;
    }
    return std::min(at + 1, text.size());
}

std::optional<Marker> marker_in(std::string_view line)
{
    Marker marker;
    const auto name = line.find('"');
    if (!line.starts_with("# ") || name == std::string_view::npos ||
        std::from_chars(line.data() + 2, line.data() + name, marker.line).ec != std::errc()) {
        return std::nullopt;
    }
    const std::size_t end = past_string(line, name);
    marker.name = line.substr(name + 1, end - name - 2);
    marker.flags = line.substr(end);
    return marker.flags.find_first_not_of(" 1234") == std::string_view::npos ? std::optional(marker)
                                                                             : std::nullopt;
}

struct Line {
    long number;
    std::string_view text;
};

bool is_blank(std::string_view text)
{
    return text.find_first_not_of(blanks) == std::string_view::npos;
}

// Which lines are the student's own, of all that the preprocessor put out. What they have become is
// theirs as well where a header's macro stands in them: it is the file they stand in that counts.
// So is server.cpp when it includes itself, even as a file of the system's (#pragma system_header).
std::vector<Line> own_lines(std::string_view text)
{
    std::vector<Line> lines;
    std::vector<bool> is_own{true}; // of the files that are open, the innermost last
    long number = 1;
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view line = text.substr(at, text.find('\n', at) - at);
        at += line.size() + 1;
        if (const auto marker = marker_in(line)) {
            number = marker->line;
            if (marker->has('1')) {
                is_own.push_back(!marker->has('3') || marker->name.ends_with("server.cpp"));
            } else if (marker->has('2') && is_own.size() > 1) {
                is_own.pop_back();
            }
            continue;
        }
        if (is_own.back() && !is_blank(line)) {
            lines.push_back({number, line});
        }
        ++number;
    }
    return lines;
}

std::string told_by_a_word(const std::vector<Line>& lines)
{
    for (const Line& line : lines) {
        for (const std::string_view word : telling_words) {
            if (line.text.find(word) != std::string_view::npos) {
                return told(line.number, word);
            }
        }
    }
    return "";
}

std::string told_by_a_difference(const std::vector<Line>& one, const std::vector<Line>& other,
                                 std::string_view what)
{
    const auto at = std::ranges::mismatch(one, other, {}, &Line::text, &Line::text);
    if (at.in1 == one.end() && at.in2 == other.end()) {
        return "";
    }
    constexpr long none = std::numeric_limits<long>::max();
    return told(std::min(at.in1 == one.end() ? none : at.in1->number,
                         at.in2 == other.end() ? none : at.in2->number),
                what);
}

// Past blanks and comments.
std::size_t past_gap(std::string_view text, std::size_t at)
{
    while ((at = text.find_first_not_of(blanks, at)) != std::string_view::npos &&
           text.substr(at, 2) == "/*") {
        at = std::min(text.find("*/", at + 2), text.size() - 2) + 2;
    }
    return std::min(at, text.size());
}

// Nothing but blanks is before it in its line, or a comment.
bool begins_a_line(std::string_view text, std::size_t at)
{
    const auto before = text.substr(0, at).find_last_not_of(blanks);
    return before == std::string_view::npos || text[before] == '\n' ||
           (before > 0 && text.substr(before - 1, 2) == "*/");
}

// Behind its `#`: 1 "file" 1.
bool is_marker(std::string_view text, std::size_t at)
{
    const std::size_t number = past_gap(text, at);
    const auto behind = std::min(text.find_first_not_of("0123456789", number), text.size());
    const std::size_t name = past_gap(text, behind);
    if (behind == number || name == text.size()) {
        return false;
    }
    const auto flags = text[name] == '"' ? past_gap(text, past_string(text, name)) : text.size();
    return text.substr(name, 2) == "R\"" ||
           (flags < text.size() && text[flags] >= '1' && text[flags] <= '4');
}

// Who writes a marker himself passes his own lines off as another file's: where, or 0. The compiler
// takes it for one, and so do we, even in a string of several lines.
long forged_marker(std::string_view source)
{
    for (std::size_t at = 0; (at = source.find_first_of("#%", at)) != std::string_view::npos;
         ++at) {
        const bool digraph = source.substr(at, 2) == "%:";
        if ((source[at] == '#' || digraph) && begins_a_line(source, at) &&
            is_marker(source, at + (digraph ? 2 : 1))) {
            return 1 + std::ranges::count(source.substr(0, at), '\n');
        }
    }
    return 0;
}

// As the compiler reads it: a line whose last character is a backslash goes on in the next one.
std::string with_lines_joined(std::string_view source)
{
    std::string joined;
    for (const char c : source) {
        const auto last = c == '\n' ? joined.find_last_not_of(blanks) : std::string::npos;
        if (last != std::string::npos && joined[last] == '\\') {
            joined.resize(last);
        } else {
            joined += c;
        }
    }
    return joined;
}

std::string told_by_a_marker(std::string_view source)
{
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    source.remove_prefix(source.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
    long line = forged_marker(source);
    if (line == 0) {
        line = forged_marker(with_lines_joined(source));
    }
    return line == 0
               ? ""
               : told(line,
                      "it has the form # 1 \"file\" 1, as if the next ones were another file's");
}

std::string without_flag(std::string command)
{
    const auto at = command.find(flag);
    return at == std::string::npos ? command : command.erase(at, flag.size());
}

struct Trouble {
    std::string sentence;
};

// A submission, as the preprocessor sees it.
class Preprocessor {
public:
    Preprocessor(fs::path submission, CompileOptions options, Interrupt& interrupt)
        : submission_(std::move(submission)), options_(std::move(options)), interrupt_(interrupt)
    {
        options_.scratch /= "preprocessed";
        fs::create_directories(options_.scratch);
    }

    // What this command makes of it. Throws Trouble, though the submission has been compiled.
    std::string text(const std::string& command, std::string_view how_much)
    {
        options_.command = command.substr(0, command.find('\n')) + std::string(how_much);
        const Compiled made = compile(submission_, options_, interrupt_);
        if (made.outcome != Outcome::graded) {
            throw Trouble{made.sentence};
        }
        source_ = contents_of(made.source);
        return contents_of(made.program);
    }
    [[nodiscard]] const std::string& source() const { return source_; }

private:
    fs::path submission_;
    CompileOptions options_;
    Interrupt& interrupt_;
    std::string source_;
};

// The predefined macros, which -fdirectives-only puts before all else, are nobody's own.
std::string_view behind_predefined(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view line = text.substr(at, text.find('\n', at) - at);
        const auto marker = marker_in(line);
        if (marker && marker->line == 1 && marker->name.ends_with("server.cpp")) {
            return text.substr(at);
        }
        at += line.size() + 1;
    }
    return text;
}

std::string difference_of_conditions(const std::string& one, const std::string& other)
{
    return told_by_a_difference(own_lines(behind_predefined(one)),
                                own_lines(behind_predefined(other)),
                                "it is not the same without ThreadSanitizer");
}

std::string look_at(Preprocessor& preprocessor, const std::string& first,
                    const std::string& sanitized)
{
    const std::string with = preprocessor.text(sanitized, all_of_it);
    std::string found = told_by_a_marker(preprocessor.source());
    if (found.empty()) {
        found = told_by_a_word(own_lines(with));
    }
    if (found.empty()) {
        const std::string without = preprocessor.text(without_flag(sanitized), all_of_it);
        found = told_by_a_difference(own_lines(with), own_lines(without),
                                     "it depends on " + std::string(flag));
    }
    if (found.empty()) {
        found = difference_of_conditions(preprocessor.text(first, conditions),
                                         preprocessor.text(sanitized, conditions));
    }
    return found;
}

} // namespace

std::string hidden_code(const fs::path& submission, const CompileOptions& options,
                        const std::string& first_command, Interrupt& interrupt)
{
    Preprocessor preprocessor(submission, options, interrupt);
    try {
        return look_at(preprocessor, first_command, options.command);
    } catch (const Trouble& trouble) {
        return "server.cpp hides code from ThreadSanitizer: nobody can see what the preprocessor "
               "makes of it. " +
               trouble.sentence;
    }
}

} // namespace grading
