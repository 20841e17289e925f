#include "grading/class/roster.h"

#include "grading/record.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
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

// "Lovelace, Ada" as "Ada Lovelace".
std::string forenames_first(const std::string& name)
{
    const auto comma = name.find(',');
    return comma == std::string::npos || name.find(',', comma + 1) != std::string::npos
               ? normal(name)
               : normal(name.substr(comma + 1) + " " + name.substr(0, comma));
}

// The number in Moodle's "Participant 4711", in any language.
std::string number_at_end(const std::string& text)
{
    const auto start = text.find_last_not_of("0123456789");
    return start == std::string::npos ? "" : text.substr(start + 1);
}

std::string value_at(const CsvRow& row, std::size_t column)
{
    return column < row.cells.size() ? row.cells[column].value : "";
}

using Rows = std::vector<std::size_t>;

// Where what identifies a student stands, surest first.
class Index {
public:
    static constexpr int stages = 3;

    Index(const Csv& csv, std::size_t first, const RosterColumns& columns)
    {
        for (std::size_t i = first; i < csv.rows.size(); ++i) {
            const CsvRow& row = csv.rows[i];
            const std::string required = normal(value_at(row, columns.required));
            if (required.empty()) {
                continue;
            }
            for (const std::size_t column : columns.keys) {
                note(by_key_, normal(value_at(row, column)), i);
            }
            names_[i] = forenames_first(value_at(row, columns.name));
            note(by_number_, number_at_end(required), i);
            note(by_name_, names_[i], i);
        }
    }
    [[nodiscard]] Rows rows_of(const Student& student, int stage) const
    {
        switch (stage) {
        case 0: {
            Rows rows = at(by_key_, normal(student.id));
            std::ranges::copy(at(by_key_, normal(student.email)), std::back_inserter(rows));
            std::ranges::sort(rows);
            rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
            return rows;
        }
        case 1: {
            Rows rows = at(by_number_, normal(student.id));
            std::erase_if(rows, [&](std::size_t row) { return contradicts(student, row); });
            return rows;
        }
        default:
            return at(by_name_, forenames_first(student.name));
        }
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
    // One number may mean two people on two platforms; a name tells them apart.
    [[nodiscard]] bool contradicts(const Student& student, std::size_t row) const
    {
        const std::string name = forenames_first(student.name);
        const std::string& other = names_.at(row);
        return !name.empty() && !other.empty() && name != other;
    }

    Map by_key_;
    Map by_number_;
    Map by_name_;
    std::map<std::size_t, std::string> names_;
};

class Matcher {
public:
    Matcher(const Csv& csv, const Index& index) : csv_(csv), index_(index) {}

    // Of these students those who are still to be placed after this stage.
    std::vector<const Student*> place(const std::vector<const Student*>& students, int stage)
    {
        std::vector<const Student*> left;
        std::map<std::size_t, std::vector<const Student*>> wanted;
        for (const Student* const student : students) {
            Rows rows = index_.rows_of(*student, stage);
            std::erase_if(rows, [&](std::size_t row) { return taken_.contains(row); });
            if (rows.empty()) {
                left.push_back(student);
            } else if (rows.size() == 1) {
                wanted[rows[0]].push_back(student);
            } else {
                roster_.notes.push_back(told(*student) + " fits more than one row of the file");
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
            roster_.notes.push_back(told(*student) + " has no row in the file");
        }
        return std::move(roster_);
    }

private:
    void give(std::size_t row, const std::vector<const Student*>& claimants)
    {
        taken_.insert(row);
        if (claimants.size() == 1) {
            roster_.student_of_row[row] = claimants[0];
            return;
        }
        for (const Student* const student : claimants) {
            roster_.notes.push_back(told(*student) + " would share the row in line " +
                                    std::to_string(csv_.rows[row].line) + " with somebody else");
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
    for (int stage = 0; stage < Index::stages; ++stage) {
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

bool has_mark(const Student& student, const std::string& lab)
{
    const auto found = student.marks.find(lab);
    return found != student.marks.end() && std::isfinite(found->second.mark) &&
           !found->second.is_open();
}

} // namespace grading
