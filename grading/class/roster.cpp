#include "grading/class/roster.h"

#include "common/joined.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

namespace grading {

namespace {

// As it is compared: without blanks around it, and no difference between Ada and ADA.
std::string normal(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool blank = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
        if (!blank) {
            result += byte < 0x80 ? static_cast<char>(std::tolower(byte)) : c;
        } else if (!result.empty() && result.back() != ' ') {
            result += ' ';
        }
    }
    return result.ends_with(' ') ? result.substr(0, result.size() - 1) : result;
}

// A name as Moodle writes it into that of a file: some signs are lost, and _ is a blank.
std::string bare(std::string_view name)
{
    constexpr std::string_view lost = "&<>\"`|':\\/";
    std::string text;
    for (const char c : name) {
        text += lost.find(c) != std::string_view::npos ? "" : std::string(1, c == '_' ? ' ' : c);
    }
    return normal(text);
}

// "Lovelace, Ada" as "Ada Lovelace".
std::string forenames_first(const std::string& name)
{
    const auto comma = name.find(',');
    return comma == std::string::npos || name.find(',', comma + 1) != std::string::npos
               ? bare(name)
               : bare(name.substr(comma + 1) + " " + name.substr(0, comma));
}

// The number in Moodle's "Participant 4711", in any language.
std::string number_at_end(const std::string& text)
{
    const auto start = text.find_last_not_of("0123456789");
    return start == std::string::npos ? "" : text.substr(start + 1);
}

std::string without_blanks(std::string text)
{
    std::erase(text, ' ');
    return text;
}

std::string value_at(const CsvRow& row, std::size_t column)
{
    return column < row.cells.size() ? row.cells[column].value : "";
}

// "Lovelace, Ada" of two columns.
std::string name_in(const CsvRow& row, const std::vector<std::size_t>& columns)
{
    return lab::joined(columns, ", ", [&](std::size_t column) { return value_at(row, column); });
}

// Who a row says it is of.
struct Identity {
    std::string identifier; // without blanks
    std::string name;       // forenames first
};

// By name; or as "Participant 11", which is how files are called with blind marking, even where the
// rows have names.
bool agrees(const Identity& row, const Student& student)
{
    return forenames_first(student.name) == row.name ||
           (!student.name.empty() &&
            row.identifier == without_blanks(bare(student.name + student.id)));
}

using Rows = std::vector<std::size_t>;

Rows either(Rows rows, const Rows& others)
{
    std::ranges::copy(others, std::back_inserter(rows));
    std::ranges::sort(rows);
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
}

// Surest first. An address is nobody else's, whatever name somebody goes by.
enum class Stage { address, group, id, name };

// Where what identifies a student stands.
class Index {
public:
    Index(const Csv& csv, std::size_t first, const RosterColumns& columns)
        : whole_names_(columns.whole_names)
    {
        for (std::size_t i = first; i < csv.rows.size(); ++i) {
            if (!normal(value_at(csv.rows[i], columns.required)).empty()) {
                note(csv.rows[i], i, columns);
            }
        }
    }
    [[nodiscard]] Rows rows_of(const Student& student, Stage stage) const
    {
        switch (stage) {
        case Stage::address:
            return either(at_address(student.email), at_address(student.id));
        case Stage::group:
            return at(by_name_, forenames_first(student.name)).empty()
                       ? at(by_group_, bare(student.name))
                       : Rows{};
        case Stage::id:
            return rows_by_id(student);
        case Stage::name:
            break;
        }
        return at(by_name_, forenames_first(student.name));
    }
    // Those that have the student's id, and the name of somebody else.
    [[nodiscard]] Rows rows_of_others(const Student& student) const
    {
        Rows rows = rows_with_id(student);
        std::erase_if(rows, [&](std::size_t row) { return !contradicts(row, student); });
        return rows;
    }

private:
    using Map = std::map<std::string, Rows>;
    static void note(Map& map, const std::string& key, std::size_t row)
    {
        if (!key.empty()) {
            map[key].push_back(row);
        }
    }
    static Rows at(const Map& map, const std::string& key)
    {
        const auto found = key.empty() ? map.end() : map.find(key);
        return found == map.end() ? Rows{} : found->second;
    }
    void note(const CsvRow& row, std::size_t i, const RosterColumns& columns)
    {
        const std::string required = value_at(row, columns.required);
        const std::string name = name_in(row, columns.name);
        rows_[i] = {without_blanks(bare(required)), forenames_first(name)};
        for (const std::size_t column : columns.keys) {
            note(by_key_, normal(value_at(row, column)), i);
        }
        note(by_number_, number_at_end(normal(required)), i);
        note(by_name_, rows_[i].name, i);
        note(by_group_, columns.group ? bare(value_at(row, *columns.group)) : "", i);
    }
    [[nodiscard]] Rows at_address(const std::string& text) const
    {
        return text.find('@') == std::string::npos ? Rows{} : at(by_key_, normal(text));
    }
    [[nodiscard]] Rows rows_with_id(const Student& student) const
    {
        return either(at(by_number_, normal(student.id)), at(by_key_, normal(student.id)));
    }
    // One number may mean two people, even in two columns of one file; a name tells them apart.
    [[nodiscard]] bool contradicts(std::size_t row, const Student& student) const
    {
        const std::string name = bare(student.name);
        const bool is_name =
            !name.empty() && (!whole_names_ || name.find(' ') != std::string::npos);
        return is_name && !rows_.at(row).name.empty() && !agrees(rows_.at(row), student);
    }
    // Of two that are not ruled out by their names the one that has the right name.
    [[nodiscard]] Rows rows_by_id(const Student& student) const
    {
        Rows rows = rows_with_id(student);
        std::erase_if(rows, [&](std::size_t row) { return contradicts(row, student); });
        Rows sure = rows;
        std::erase_if(sure, [&](std::size_t row) { return !agrees(rows_.at(row), student); });
        return sure.empty() ? rows : sure;
    }

    bool whole_names_;
    Map by_key_;
    Map by_number_;
    Map by_name_;
    Map by_group_;
    std::map<std::size_t, Identity> rows_;
};

class Matcher {
public:
    Matcher(const Csv& csv, const Index& index) : csv_(csv), index_(index) {}

    // Of these students those who are still to be placed after this stage.
    std::vector<const Student*> place(const std::vector<const Student*>& students, Stage stage)
    {
        std::vector<const Student*> left;
        std::map<std::size_t, std::vector<const Student*>> wanted;
        for (const Student* const student : students) {
            Rows rows = index_.rows_of(*student, stage);
            std::erase_if(rows, [&](std::size_t row) { return taken_.contains(row); });
            if (rows.empty()) {
                left.push_back(student);
            } else if (rows.size() > 1 && stage != Stage::group) {
                roster_.notes.push_back(told(*student) + " fits more than one row of the file");
            } else {
                for (const std::size_t row : rows) {
                    wanted[row].push_back(student);
                }
            }
        }
        for (const auto& [row, claimants] : wanted) {
            give(row, claimants);
        }
        return left;
    }
    Roster roster(const std::vector<const Student*>& left)
    {
        for (const Student* const student : left) {
            const Rows others = index_.rows_of_others(*student);
            const std::string why =
                others.empty() ? ""
                               : ": line " + line_of(others[0]) + " has that id, not that name";
            roster_.notes.push_back(told(*student) + " has no row in the file" + why);
        }
        if (roster_.student_of_row.empty() && left.size() > 1) {
            roster_.notes.emplace_back(
                "nobody has a row in the file: it is of another class, or these are groups, and no "
                "column says who is in which");
        }
        return std::move(roster_);
    }

private:
    [[nodiscard]] std::string line_of(std::size_t row) const
    {
        return std::to_string(csv_.rows[row].line);
    }
    void give(std::size_t row, const std::vector<const Student*>& claimants)
    {
        taken_.insert(row);
        if (claimants.size() == 1) {
            roster_.student_of_row[row] = claimants[0];
            return;
        }
        for (const Student* const student : claimants) {
            roster_.notes.push_back(told(*student) + " would share the row in line " +
                                    line_of(row) + " with somebody else");
        }
    }

    const Csv& csv_;
    const Index& index_;
    Roster roster_;
    std::set<std::size_t> taken_;
};

} // namespace

Roster match_rows(const Csv& csv, std::size_t first, const RosterColumns& columns,
                  const Gradebook& gradebook)
{
    const Index index(csv, first, columns);
    Matcher matcher(csv, index);
    std::vector<const Student*> left;
    for (const Student& student : gradebook.students) {
        left.push_back(&student);
    }
    for (const Stage stage : {Stage::address, Stage::group, Stage::id, Stage::name}) {
        left = matcher.place(left, stage);
    }
    return matcher.roster(left);
}

std::string told(const Student& student)
{
    const std::string& detail = student.email.empty() ? student.id : student.email;
    const std::string& name = student.name.empty() ? student.id : student.name;
    std::string text = harness::readable(name == detail ? name : name + " (" + detail + ")", 200);
    std::ranges::replace(text, '\n', ' ');
    return text;
}

std::string told(const LabOfClass& lab, const std::string& heading)
{
    return "lab " + lab.name + " goes into the column '" + harness::readable(heading, 200) + "'";
}

bool has_mark(const Student& student, const std::string& lab)
{
    const auto found = student.marks.find(lab);
    return found != student.marks.end() && std::isfinite(found->second.mark) &&
           !found->second.is_open();
}

} // namespace grading
