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

// Attributes by which code asks not to be looked at, with __ around them or without; and how the
// names of functions begin that tell ThreadSanitizer what is not so.
constexpr std::array<std::string_view, 3> telling_attributes{"no_sanitize", "no_sanitize_thread",
                                                             "disable_sanitizer_instrumentation"};
constexpr std::array<std::string_view, 5> telling_beginnings{
    "__tsan_", "AnnotateIgnore", "AnnotateHappens", "AnnotateBenign", "AnnotateRWLock"};

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

// A whole identifier: what a longer one or a text has in it says nothing.
bool tells(std::string_view identifier)
{
    if (std::ranges::any_of(telling_beginnings,
                            [&](auto word) { return identifier.starts_with(word); })) {
        return true;
    }
    if (identifier.starts_with("__") && identifier.ends_with("__") && identifier.size() > 4) {
        identifier = identifier.substr(2, identifier.size() - 4);
    }
    return std::ranges::find(telling_attributes, identifier) != telling_attributes.end();
}

// Behind what begins there: a text, an identifier or number, a quotation mark as a character.
std::size_t past_token(std::string_view line, std::size_t at)
{
    constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    if (line[at] == '"') {
        return past_string(line, at);
    }
    if (line.substr(at).starts_with("'\"'")) {
        return at + 3;
    }
    return std::max(at + 1, std::min(line.find_first_not_of(letters, at), line.size()));
}

std::string told_by_a_word(const std::vector<Line>& lines)
{
    for (const Line& line : lines) {
        for (std::size_t at = 0; at < line.text.size();) {
            const std::size_t end = past_token(line.text, at);
            if (tells(line.text.substr(at, end - at))) {
                return told(line.number, line.text.substr(at, end - at));
            }
            at = end;
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
        options_.name = "preprocessed";
    }

    // What this command makes of it. Throws Trouble, though the submission has been compiled.
    std::string text(const std::string& command, std::string_view how_much)
    {
        options_.command = command.substr(0, command.find('\n')) + std::string(how_much);
        const Compiled made = compile(submission_, options_, interrupt_);
        if (made.outcome != Outcome::graded) {
            throw Trouble{made.sentence};
        }
        return contents_of(made.program);
    }

private:
    fs::path submission_;
    CompileOptions options_;
    Interrupt& interrupt_;
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

// Nothing where they cannot be made out: a condition by __COUNTER__, which is no less honest.
std::string difference_of_conditions(Preprocessor& preprocessor, const std::string& first,
                                     const std::string& sanitized)
{
    std::string one;
    std::string other;
    try {
        one = preprocessor.text(first, conditions);
        other = preprocessor.text(sanitized, conditions);
    } catch (const Trouble&) {
        return "";
    }
    return told_by_a_difference(own_lines(behind_predefined(one)),
                                own_lines(behind_predefined(other)),
                                "it is not the same without ThreadSanitizer");
}

std::string look_at(Preprocessor& preprocessor, const std::string& first,
                    const std::string& sanitized)
{
    const std::string with = preprocessor.text(sanitized, all_of_it);
    std::string found = told_by_a_word(own_lines(with));
    if (found.empty()) {
        const std::string without = preprocessor.text(without_flag(sanitized), all_of_it);
        found = told_by_a_difference(own_lines(with), own_lines(without),
                                     "it depends on " + std::string(flag));
    }
    return found.empty() ? difference_of_conditions(preprocessor, first, sanitized) : found;
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
