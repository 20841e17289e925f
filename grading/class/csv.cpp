#include "grading/class/csv.h"

#include "tests/harness/report.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

// The most frequent of the three in the first line, outside quotes.
char delimiter_of(std::string_view text)
{
    constexpr std::array<char, 3> choices{',', ';', '\t'};
    std::array<std::size_t, 3> counts{};
    bool quoted = false;
    for (const char c : text) {
        quoted = c == '"' ? !quoted : quoted;
        if (!quoted && (c == '\n' || c == '\r')) {
            break;
        }
        for (std::size_t i = 0; i < choices.size(); ++i) {
            counts.at(i) += !quoted && c == choices.at(i) ? 1U : 0U;
        }
    }
    const auto* const most = std::ranges::max_element(counts);
    return choices.at(static_cast<std::size_t>(most - counts.begin()));
}

class Parser {
public:
    Parser(std::string_view text, char delimiter, fs::path file)
        : rest_(text), delimiter_(delimiter), file_(std::move(file))
    {
    }
    std::vector<CsvRow> rows()
    {
        std::vector<CsvRow> rows;
        while (!rest_.empty()) {
            rows.push_back(row());
        }
        return rows;
    }

private:
    [[noreturn]] void refuse(int line, const std::string& what) const
    {
        throw std::invalid_argument(file_.string() + ":" + std::to_string(line) + ": " + what);
    }
    void take(std::string& to)
    {
        line_ += rest_.front() == '\n' ? 1 : 0;
        to += rest_.front();
        rest_.remove_prefix(1);
    }
    [[nodiscard]] bool at(char c) const { return !rest_.empty() && rest_.front() == c; }
    [[nodiscard]] bool at_end_of_cell() const
    {
        return rest_.empty() || at(delimiter_) || at('\n') || at('\r');
    }

    CsvRow row()
    {
        CsvRow row;
        row.line = line_;
        row.cells.push_back(cell());
        while (at(delimiter_)) {
            rest_.remove_prefix(1);
            row.cells.push_back(cell());
        }
        if (at('\r')) {
            take(row.end);
        }
        if (at('\n')) {
            take(row.end);
        }
        return row;
    }
    CsvCell cell()
    {
        CsvCell cell;
        if (at('"')) {
            quoted(cell);
        }
        while (!at_end_of_cell()) {
            cell.value += rest_.front();
            take(cell.raw);
        }
        return cell;
    }
    void quoted(CsvCell& cell)
    {
        const int start = line_;
        take(cell.raw);
        for (;;) {
            if (rest_.empty()) {
                refuse(start, "the quote that opens here is never closed; close it");
            }
            if (at('"')) {
                take(cell.raw);
                if (!at('"')) {
                    return;
                }
            }
            cell.value += rest_.front();
            take(cell.raw);
        }
    }

    std::string_view rest_;
    char delimiter_;
    fs::path file_;
    int line_ = 1;
};

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos
               ? std::string_view()
               : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string in_quotes(std::string_view value)
{
    std::string text = "\"";
    for (const char c : value) {
        text += c == '"' ? "\"\"" : std::string(1, c);
    }
    return text + "\"";
}

bool needs_quotes(std::string_view value, std::string_view delimiters)
{
    return value.find_first_of("\"\r\n") != std::string_view::npos ||
           value.find_first_of(delimiters) != std::string_view::npos;
}

// Blanks or quotes first would not keep a spreadsheet from a formula.
std::string without_formulas(std::string_view text)
{
    std::string result;
    bool at_start = true;
    for (const char c : text) {
        if (at_start && std::string_view("=+-@").find(c) != std::string_view::npos) {
            result += '\'';
        }
        result += c;
        const bool parts = std::string_view(";\t\r\n").find(c) != std::string_view::npos;
        at_start = parts || (at_start && (c == ' ' || c == '"'));
    }
    return result;
}

} // namespace

Csv parse_csv(std::string_view text, const fs::path& file)
{
    if (text.find('\0') != std::string_view::npos) {
        throw std::invalid_argument(file.string() +
                                    ": holds NUL bytes, so it is no CSV in UTF-8; download it "
                                    "again, or save it as \"CSV UTF-8\"");
    }
    Csv csv;
    if (text.starts_with(byte_order_mark)) {
        csv.mark = byte_order_mark;
        text.remove_prefix(byte_order_mark.size());
    }
    csv.delimiter = delimiter_of(text);
    csv.rows = Parser(text, csv.delimiter, file).rows();
    if (csv.rows.empty()) {
        throw std::invalid_argument(file.string() + ": is empty; download it from the platform");
    }
    return csv;
}

std::string to_text(const Csv& csv)
{
    std::string text = csv.mark;
    for (const CsvRow& row : csv.rows) {
        for (std::size_t i = 0; i < row.cells.size(); ++i) {
            text += (i == 0 ? "" : std::string(1, csv.delimiter)) + row.cells[i].raw;
        }
        text += row.end;
    }
    return text;
}

void fill(CsvCell& cell, const std::string& value, char delimiter)
{
    const bool quotes = cell.raw.starts_with('"') || needs_quotes(value, {&delimiter, 1});
    cell.value = value;
    cell.raw = quotes ? in_quotes(value) : value;
}

std::string csv_cell(std::string_view value)
{
    const std::string text = without_formulas(harness::readable(value, 4'096));
    return needs_quotes(text, ",;\t") || text != trimmed(text) ? in_quotes(text) : text;
}

std::optional<std::size_t> column_named(const CsvRow& header, std::string_view name)
{
    for (std::size_t i = 0; i < header.cells.size(); ++i) {
        if (trimmed(header.cells[i].value) == trimmed(name)) {
            return i;
        }
    }
    return std::nullopt;
}

} // namespace grading
