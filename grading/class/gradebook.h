// The gradebook of a class: who has how many marks, and by which record. Written by grade-class,
// read by everything that carries marks elsewhere or shows them.
//
//   OUT/gradebook.json   this, canonical: the same records give the same bytes
//   OUT/records/LAB/KEY.json   the records; KEY is made of the three hashes
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace grading {

// One student's mark in one lab, and how it came about.
struct Mark {
    double mark = 0;   // what counts: after penalty, extra credit and cap
    int score = 0;     // of the record
    int max_score = 0; // of the lab
    double late_days = 0;
    double penalty = 0; // marks taken off, not negative
    double extra = 0;   // marks put on
    int attempt = 1;    // the one that counts, from 1
    int attempts = 1;
    std::string outcome; // the word of to_string(Outcome)
    std::string sentence;
    std::string tier;                      // the sandbox it was graded in: "A" … "D"
    std::vector<std::string> inconclusive; // tests that count neither way
    std::filesystem::path record;          // from OUT; empty when there is none yet

    // The grader failed: what the mark is nobody knows yet.
    [[nodiscard]] bool is_open() const;
};

struct Student {
    std::string id; // unique; the platform's when there is one, else the folder's name
    std::string name;
    std::string email;
    std::filesystem::path folder;      // as found under SUBMISSIONS
    std::map<std::string, Mark> marks; // by lab: "02-fork"; no entry: nothing was handed in
};

struct LabOfClass {
    std::string name; // "02-fork"
    std::string title;
    int max_score = 0;
};

struct Gradebook {
    std::vector<LabOfClass> labs;
    std::vector<Student> students; // sorted by id
};

// Canonical JSON: sorted keys, two blanks of indentation, valid UTF-8; schema "gradebook/v1".
std::string to_json(const Gradebook& gradebook);
// The same bytes, written a student at a time: a class may be larger than memory.
class GradebookWriter {
public:
    // Borrows the stream.
    GradebookWriter(std::ostream& out, const std::vector<LabOfClass>& labs);
    void add(const Student& student); // in the order of their ids
    void finish();

private:
    std::ostream& out_;
    bool first_ = true;
};
// Throws std::runtime_error that says what is wrong.
Gradebook gradebook_from_json(std::string_view json);
Gradebook load_gradebook(const std::filesystem::path& file); // names the file besides
// The same, a student at a time, in the file's order. Returns the labs.
std::vector<LabOfClass> read_gradebook(const std::filesystem::path& file,
                                       const std::function<void(const Student&)>& each);

} // namespace grading
