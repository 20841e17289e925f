#include "tests/grading/hostile/judge.h"

#include "grading/class/gradebook.h"
#include "grading/files.h"

#include <algorithm>
#include <regex>

namespace hostile {

namespace fs = std::filesystem;
using grading::Outcome;
using grading::Record;
using grading::TestResult;
using harness::Verdict;

namespace {

std::string text_of(const fs::path& file)
{
    return fs::exists(file) ? grading::contents_of(file) : "";
}

// The first match, or nothing.
std::string match(const std::string& text, const std::string& pattern)
{
    std::smatch found;
    return std::regex_search(text, found, std::regex(pattern)) ? found.str() : "";
}

std::string in_short(const Record& record)
{
    if (record.outcome != Outcome::graded) {
        return std::string(to_string(record.outcome));
    }
    const auto passed = std::ranges::count_if(
        record.tests, [](const auto& test) { return test.report.verdict == Verdict::pass; });
    return std::to_string(passed) + " of " + std::to_string(record.tests.size()) + " pass";
}

bool is_as_promised(const std::string& promise, Verdict verdict)
{
    const bool passed = verdict == Verdict::pass;
    const bool failed = verdict == Verdict::fail || verdict == Verdict::unstable;
    return (passed && promise != "fail") || (failed && promise != "pass");
}

void judge_tests(const Submission& submission, const Record& record, Judgement& judgement)
{
    for (const auto& test : record.tests) {
        const harness::Report& report = test.report;
        if (!is_as_promised(submission.tests, report.verdict)) {
            const std::string got =
                report.failure ? ": " + harness::readable(report.failure->got, 200) : "";
            judgement.problems.push_back(report.test + " is " +
                                         std::string(to_string(report.verdict)) + ", not " +
                                         submission.tests + got);
        }
    }
}

void judge_record(const Submission& submission, const Record& record, Judgement& judgement)
{
    judgement.verdict = in_short(record);
    if (submission.outcome && record.outcome != *submission.outcome) {
        judgement.problems.push_back("the verdict is " + std::string(to_string(record.outcome)) +
                                     ", not " + std::string(to_string(*submission.outcome)) + ": " +
                                     harness::readable(record.sentence, 300));
    } else if (record.outcome == Outcome::graded) {
        judge_tests(submission, record, judgement);
    }
    const auto logs = [&](const TestResult& test) {
        return !match(test.report.log, submission.logs).empty();
    };
    if (!submission.logs.empty() && std::ranges::none_of(record.tests, logs)) {
        judgement.problems.push_back("no server's log has /" + submission.logs + "/");
    }
}

// As they were, and not as JSON has them.
std::string texts_of(const Record& record)
{
    std::string all = record.sentence + "\n" + record.compiler_output + "\n";
    for (const TestResult& test : record.tests) {
        all += test.report.log + "\n";
    }
    return all;
}

void judge_report(const Submission& submission, const std::string& report, const std::string& all,
                  Judgement& judgement)
{
    for (const std::string& sentence : submission.says) {
        if (match(report, sentence).empty()) {
            judgement.problems.push_back("the report does not say /" + sentence + "/");
        }
    }
    if (all.find(secret) != std::string::npos) {
        judgement.escapes.emplace_back("the secret, which stands in the report");
    }
    for (const std::string& pattern : submission.never) {
        if (const std::string found = match(all, pattern); !found.empty()) {
            judgement.escapes.push_back("what the report must not have: " +
                                        harness::readable(found, 160));
        }
    }
}

Judgement begin(const Caged& caged)
{
    Judgement judgement;
    if (!caged.observations) {
        judgement.escapes.push_back("the cage had to end it: " +
                                    harness::readable(caged.ended, 300));
    } else {
        judgement.seconds = caged.observations->seconds;
        judgement.escapes = caged.observations->left_over;
    }
    return judgement;
}

std::string printed_in(const fs::path& out)
{
    return text_of(out / "stdout") + text_of(out / "stderr");
}

// A record's worth of what the gradebook says of one who is not honest.
Record record_of(const grading::Student& student, const fs::path& out)
{
    const grading::Mark& mark = student.marks.at("01-iterative");
    if (!mark.record.empty()) {
        return grading::load_record(out / mark.record);
    }
    Record record;
    record.outcome = grading::outcome_from(mark.outcome);
    record.sentence = mark.sentence;
    return record;
}

// Returns all that is said of the hostile one.
std::string judge_gradebook(const Submission& submission, const fs::path& out, Judgement& judgement)
{
    const auto book = grading::load_gradebook(out / "gradebook.json");
    std::string texts;
    for (const grading::Student& student : book.students) {
        if (student.id != honest) {
            const Record record = record_of(student, out);
            judge_record(submission, record, judgement);
            texts += texts_of(record);
        } else if (const auto& mark = student.marks.at("01-iterative");
                   mark.score != mark.max_score || mark.max_score == 0) {
            judgement.escapes.push_back("the honest student's mark: " + std::to_string(mark.score));
        }
    }
    if (book.students.size() != 2) {
        judgement.problems.push_back("the gradebook has " + std::to_string(book.students.size()) +
                                     " students, not 2");
    }
    return texts;
}

} // namespace

Judgement judge(const Submission& submission, const Caged& caged, const fs::path& out)
{
    Judgement judgement = begin(caged);
    if (!caged.observations) {
        return judgement;
    }
    const std::string report = text_of(out / "report.txt");
    std::string all = report + printed_in(out);
    try {
        const Record record = grading::load_record(out / "record.json");
        judge_record(submission, record, judgement);
        all += texts_of(record);
    } catch (const std::exception& error) {
        judgement.problems.push_back(std::string("there is no record: ") + error.what() + ": " +
                                     harness::readable(printed_in(out), 300));
    }
    judge_report(submission, report, all, judgement);
    return judgement;
}

Judgement judge_class(const Submission& submission, const Caged& caged, const fs::path& out)
{
    Judgement judgement = begin(caged);
    if (!caged.observations) {
        return judgement;
    }
    std::string texts = printed_in(out) + text_of(out / "notes.txt");
    try {
        texts += judge_gradebook(submission, out, judgement);
    } catch (const std::exception& error) {
        judgement.problems.push_back(std::string("there is no gradebook: ") + error.what() + ": " +
                                     harness::readable(texts, 300));
    }
    judge_report(submission, texts, texts, judgement);
    return judgement;
}

} // namespace hostile
