#include "grading/class/book.h"

#include "grading/class/csv.h"
#include "grading/class/store.h"
#include "grading/decimal.h"
#include "grading/files.h"
#include "grading/identity.h"
#include "tests/harness/report.h"

#include <fstream>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_told = 100;

// A large file, written piece by piece and there as a whole.
class WholeFile {
public:
    explicit WholeFile(fs::path file)
        : file_(std::move(file)), temporary_(file_.string() + ".tmp"),
          stream_(temporary_, std::ios::binary | std::ios::trunc)
    {
    }
    std::ofstream& stream() { return stream_; }
    void finish()
    {
        stream_.close();
        if (!stream_) {
            throw std::runtime_error(file_.string() + " cannot be written; is the disk full?");
        }
        fs::rename(temporary_, file_);
    }

private:
    fs::path file_;
    fs::path temporary_;
    std::ofstream stream_;
};

class Book {
public:
    Book(const BookOptions& options, Index& index)
        : options_(options), index_(index), json_(options.out / "gradebook.json"),
          csv_(options.out / "gradebook.csv"), writer_(json_.stream(), options.labs)
    {
    }
    BookResult write();

private:
    void write_csv_head();
    void add(const Person& person);
    void add_mark(Student& student, const LabOfClass& lab, const std::vector<Attempt>& attempts);
    void write_csv_row(const Student& student);
    Graded graded(const Attempt& attempt);
    std::optional<Summary> summary_of_record(const fs::path& record);
    void note_open(const Student& student, const std::string& lab, const Mark& mark);

    const BookOptions& options_;
    Index& index_;
    WholeFile json_;
    WholeFile csv_;
    GradebookWriter writer_;
    BookResult result_;
};

// A record that cannot be read is no record: it is put aside, and its unit graded again.
std::optional<Summary> Book::summary_of_record(const fs::path& record)
{
    struct stat status {};
    if (::stat(record.c_str(), &status) == -1) {
        return std::nullopt;
    }
    if (auto known = index_.known_summary(record, status)) {
        return known;
    }
    try {
        const Summary summary = summary_of(load_record(record));
        index_.remember(record, status, summary);
        return summary;
    } catch (const std::exception& error) {
        fs::rename(record, record.string() + ".damaged");
        ++result_.damaged;
        if (result_.damage.size() < most_told) {
            result_.damage.push_back(record.string() + ": " + error.what());
        }
        return std::nullopt;
    }
}

std::string first_line_of(const fs::path& file)
{
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    return line;
}

Graded Book::graded(const Attempt& attempt)
{
    Graded graded{attempt, std::nullopt, ""};
    if (attempt.hash.empty()) {
        return graded;
    }
    Hashes hashes = options_.hashes.at(attempt.lab);
    hashes.submission = attempt.hash;
    const std::string key = record_key(hashes);
    const fs::path record = record_file(options_.out, attempt.lab, key);
    graded.summary = summary_of_record(record);
    graded.record = record.lexically_relative(options_.out).string();
    if (!graded.summary) {
        const std::string why = first_line_of(trouble_file(options_.out, attempt.lab, key));
        graded.why_none = why.empty() ? "It is not graded yet." : why;
    } else if (graded.summary->hashes.submission != attempt.hash) {
        throw std::runtime_error(record.string() + " is of another submission; remove it");
    }
    return graded;
}

void Book::note_open(const Student& student, const std::string& lab, const Mark& mark)
{
    std::string why;
    if (mark.is_open()) {
        why = mark.sentence;
    } else if (!mark.inconclusive.empty()) {
        why = "inconclusive, counted neither way:";
        for (const std::string& test : mark.inconclusive) {
            why += " " + test;
        }
    }
    if (!why.empty() && ++result_.all_open <= most_told) {
        result_.open.push_back({student.id, lab, why});
    }
}

void Book::add_mark(Student& student, const LabOfClass& lab, const std::vector<Attempt>& attempts)
{
    std::vector<Graded> of_lab;
    for (const Attempt& attempt : attempts) {
        if (attempt.lab == lab.name) {
            of_lab.push_back(graded(attempt));
        }
    }
    if (of_lab.empty()) {
        if (!extra_of(options_.policy, student.id, lab.name)) {
            return;
        }
        of_lab.push_back({{student.id, lab.name, 0, "", "", "no_submission",
                           "Nothing was handed in; this is what the policy gives."},
                          std::nullopt,
                          ""});
    }
    const Mark mark = mark_of(of_lab, lab, options_.policy);
    const auto& counted = of_lab.at(static_cast<std::size_t>(mark.attempt) - 1).summary;
    result_.statistics.add(lab.name, mark, counted ? &*counted : nullptr);
    note_open(student, lab.name, mark);
    student.marks[lab.name] = mark;
}

void Book::write_csv_head()
{
    csv_.stream() << "id,name,email";
    for (const LabOfClass& lab : options_.labs) {
        for (const char* const column : {"", " of", " late days", " verdict"}) {
            csv_.stream() << "," << csv_cell(lab.name + column);
        }
    }
    csv_.stream() << "\r\n";
}

// A mark that is still open is an empty field, never a 0.
void Book::write_csv_row(const Student& student)
{
    csv_.stream() << csv_cell(student.id) << "," << csv_cell(student.name) << ","
                  << csv_cell(student.email);
    for (const LabOfClass& lab : options_.labs) {
        const auto found = student.marks.find(lab.name);
        if (found == student.marks.end()) {
            csv_.stream() << ",," << lab.max_score << ",,\"nothing handed in\"";
            continue;
        }
        const Mark& mark = found->second;
        csv_.stream() << "," << (mark.is_open() ? "" : decimal(mark.mark)) << "," << lab.max_score
                      << "," << decimal(mark.late_days) << "," << csv_cell(mark.outcome);
    }
    csv_.stream() << "\r\n";
}

void Book::add(const Person& person)
{
    Student student{person.id, person.name, person.email, person.folder, {}};
    const std::vector<Attempt> attempts = index_.attempts_of(person.id);
    for (const LabOfClass& lab : options_.labs) {
        add_mark(student, lab, attempts);
    }
    writer_.add(student);
    write_csv_row(student);
    ++result_.students;
}

BookResult Book::write()
{
    write_csv_head();
    index_.begin();
    index_.for_each_person([this](const Person& person) { add(person); });
    index_.commit();
    writer_.finish();
    json_.finish();
    csv_.finish();
    harness::write_atomically(options_.out / "tests.csv", result_.statistics.tests_csv());
    harness::write_atomically(options_.out / "bugs.csv", result_.statistics.bugs_csv());
    return std::move(result_);
}

} // namespace

BookResult write_book(const BookOptions& options, Index& index)
{
    return Book(options, index).write();
}

} // namespace grading
