// A CSV file that somebody else wrote, read so that it can be given back byte for byte but for the
// cells that were filled in.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grading {

struct CsvCell {
    std::string raw;   // with its quotes, as it stood in the file
    std::string value; // what it means
};

struct CsvRow {
    std::vector<CsvCell> cells;
    std::string end; // "\n", "\r\n", "\r", or nothing at the end of the file
    int line = 0;
};

struct Csv {
    std::string mark; // the byte order mark, when it starts with one
    char delimiter = ',';
    std::vector<CsvRow> rows;
};

// Quotes as in RFC 4180; the delimiter (comma, semicolon or tab) is that of the first line. Throws
// std::invalid_argument "FILE:LINE: what is wrong, and what to do".
Csv parse_csv(std::string_view text, const std::filesystem::path& file);

// The file again.
std::string to_text(const Csv& csv);

// A new value for a cell: quoted when it was, or when it must be.
void fill(CsvCell& cell, const std::string& value, char delimiter);

// A value as a cell of a file of ours. What a spreadsheet would take for a formula gets an
// apostrophe in front: names and messages are written by strangers. So does what it would take for
// one if it parted cells at ; or tabs, wherever that stands: it would heed no quotes of ours then.
std::string csv_cell(std::string_view value);

// Column of that heading, leading and trailing blanks aside; nothing when there is none.
std::optional<std::size_t> column_named(const CsvRow& header, std::string_view name);

} // namespace grading
