#include "grading/record.h"

#include "grading/decimal.h"
#include "grading/files.h"
#include "grading/layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <numeric>

#include <nlohmann/json.hpp>

namespace grading {

namespace {

using harness::Verdict;
using nlohmann::json;

constexpr int schema = 1;
constexpr std::size_t most_text = 65'536;
constexpr std::array<std::string_view, 5> outcome_words{
    "graded", "did_not_compile", "no_submission", "rejected", "infrastructure_error"};

std::string clean(std::string_view text)
{
    return harness::readable(text, most_text);
}

json to_object(const std::optional<Chaff>& chaff)
{
    return chaff ? json{{"name", clean(chaff->name)},
                        {"sentence", clean(chaff->sentence)},
                        {"test", clean(chaff->test)}}
                 : json();
}

std::optional<Chaff> chaff_from(const json& object)
{
    if (object.is_null()) {
        return std::nullopt;
    }
    return Chaff{object.at("name").get<std::string>(), object.at("sentence").get<std::string>(),
                 object.at("test").get<std::string>()};
}

// The driver's report, with what the rubric adds.
json to_object(const TestResult& result)
{
    json object = json::parse(harness::to_json(result.report));
    object["name"] = object["test"];
    object.erase("test");
    object["title"] = clean(result.title);
    object["task"] = result.task;
    object["points"] = result.points;
    object["max_points"] = result.max_points;
    object["chaff"] = to_object(result.chaff);
    object["visibility"] = to_string(result.visibility);
    object["detail"] = to_string(result.detail);
    return object;
}

TestResult result_from(json object)
{
    object["test"] = object.at("name");
    TestResult result;
    result.report = harness::from_json(object.dump());
    result.title = object.at("title").get<std::string>();
    result.task = object.at("task").get<int>();
    result.points = object.at("points").get<int>();
    result.max_points = object.at("max_points").get<int>();
    result.chaff = chaff_from(object.at("chaff"));
    result.visibility = visibility_from(object.at("visibility").get<std::string>());
    result.detail = detail_from(object.at("detail").get<std::string>());
    return result;
}

Record record_from(const json& object)
{
    if (const int version = object.at("schema").get<int>(); version != schema) {
        throw std::runtime_error("schema " + std::to_string(version) + " is not known here");
    }
    Record record;
    record.lab = object.at("lab").get<std::string>();
    record.title = object.at("title").get<std::string>();
    record.submission = object.at("submission").get<std::string>();
    record.outcome = outcome_from(object.at("verdict").get<std::string>());
    record.sentence = object.at("sentence").get<std::string>();
    record.complete = object.at("complete").get<bool>();
    record.tier = object.at("tier").get<std::string>();
    record.tier_why = object.value("tier_why", "");
    record.started = object.at("started").get<std::string>();
    record.finished = object.at("finished").get<std::string>();
    record.seconds = object.at("seconds").get<double>();
    record.hashes = {object.at("hashes").at("submission").get<std::string>(),
                     object.at("hashes").at("suite").get<std::string>(),
                     object.at("hashes").at("toolchain").get<std::string>()};
    record.compiler_output = object.at("compiler_output").get<std::string>();
    record.chaff = chaff_from(object.at("chaff"));
    for (const json& test : object.at("tests")) {
        record.tests.push_back(result_from(test));
    }
    record.score = object.at("score").get<int>();
    record.max_score = object.at("max_score").get<int>();
    return record;
}

} // namespace

std::string_view to_string(Outcome outcome)
{
    return outcome_words.at(static_cast<std::size_t>(outcome));
}

Outcome outcome_from(std::string_view word)
{
    const auto* const found = std::ranges::find(outcome_words, word);
    if (found == outcome_words.end()) {
        throw std::invalid_argument("'" + clean(word) + "' is no verdict on a submission");
    }
    return static_cast<Outcome>(found - outcome_words.begin());
}

Record blank_record(const std::string& lab, const Rubric& rubric)
{
    Record record;
    record.lab = lab;
    record.title = rubric.title;
    record.started = now_utc();
    for (const RubricTest& row : rubric.tests) {
        TestResult& result = record.tests.emplace_back();
        result.report.test = row.name;
        result.title = row.title;
        result.task = row.task;
        result.max_points = row.points;
        result.visibility = row.visibility;
        result.detail = row.detail;
    }
    add_up(record);
    return record;
}

bool counts_not(Verdict verdict)
{
    return verdict == Verdict::skipped || verdict == Verdict::inconclusive;
}

void add_up(Record& record)
{
    record.score = 0;
    record.max_score = 0;
    for (TestResult& test : record.tests) {
        test.points = test.report.verdict == Verdict::pass ? test.max_points : 0;
        record.score += test.points;
        record.max_score += counts_not(test.report.verdict) ? 0 : test.max_points;
    }
}

int full_points(const Record& record)
{
    return std::accumulate(
        record.tests.begin(), record.tests.end(), 0,
        [](int points, const TestResult& test) { return points + test.max_points; });
}

double scaled(int score, int max_score, int full)
{
    return max_score == 0 ? 0 : static_cast<double>(score) * full / max_score;
}

double scaled_score(const Record& record)
{
    return to_cents(scaled(record.score, record.max_score, full_points(record)));
}

bool is_open(const TestResult& test)
{
    return test.report.verdict != harness::Verdict::pass && !counts_not(test.report.verdict);
}

namespace {

// The n of "TODO(n) is still to be written", which a skeleton's server says as it ends.
std::optional<int> unwritten_step(const TestResult& test)
{
    constexpr std::string_view words = "TODO(";
    const std::string& log = test.report.log;
    const auto at = log.find(words);
    const int step = at == std::string::npos ? 0 : std::atoi(log.c_str() + at + words.size());
    return step > 0 ? std::optional(step) : std::nullopt;
}

} // namespace

std::optional<int> next_task(const Record& record)
{
    std::optional<int> unwritten;
    std::optional<int> caught;
    std::optional<int> first;
    for (const TestResult& test : record.tests) {
        if (!is_open(test)) {
            continue;
        }
        if (const auto step = unwritten_step(test)) {
            unwritten = std::min(*step, unwritten.value_or(*step));
        }
        if (record.chaff && record.chaff->test == test.report.test && test.task > 0) {
            caught = test.task;
        }
        if (!first || *first == 0 || (test.task > 0 && test.task < *first)) {
            first = test.task;
        }
    }
    return unwritten ? unwritten : caught ? caught : first;
}

std::string next_command(const Record& record)
{
    const auto task = next_task(record);
    if (!task || record.outcome == Outcome::infrastructure_error) {
        return "";
    }
    const std::string lab = "LAB=" + short_name(record.lab);
    if (*task > 0) {
        return "make hint " + lab + " TASK=" + std::to_string(*task);
    }
    const auto first = std::ranges::find_if(record.tests, is_open); // there is one: its task is 0
    return "make test " + lab + " ONLY=" + first->report.test;
}

// A record that is not complete is no zero, whoever reads it after its grader has been killed.
Outcome verdict_of(const Record& record)
{
    return record.outcome == Outcome::graded && !record.complete ? Outcome::infrastructure_error
                                                                 : record.outcome;
}

std::string to_json(const Record& record)
{
    json tests = json::array();
    for (const TestResult& test : record.tests) {
        tests.push_back(to_object(test));
    }
    const json object = {{"schema", schema},
                         {"lab", clean(record.lab)},
                         {"title", clean(record.title)},
                         {"submission", clean(record.submission)},
                         {"verdict", to_string(verdict_of(record))},
                         {"sentence", clean(record.sentence)},
                         {"complete", record.complete},
                         {"tier", clean(record.tier)},
                         {"tier_why", clean(record.tier_why)},
                         {"started", clean(record.started)},
                         {"finished", clean(record.finished)},
                         {"seconds", std::round(record.seconds * 1000) / 1000},
                         {"hashes",
                          {{"submission", record.hashes.submission},
                           {"suite", record.hashes.suite},
                           {"toolchain", record.hashes.toolchain}}},
                         {"compiler_output", clean(record.compiler_output)},
                         {"chaff", to_object(record.chaff)},
                         {"tests", std::move(tests)},
                         {"score", record.score},
                         {"max_score", record.max_score}};
    return object.dump(2) + "\n";
}

Record record_from_json(std::string_view text)
{
    try {
        return record_from(json::parse(text));
    } catch (const json::parse_error& error) {
        throw std::runtime_error("not a record: no JSON, from byte " + std::to_string(error.byte) +
                                 " on");
    } catch (const std::exception& error) {
        throw std::runtime_error(std::string("not a record: ") + error.what());
    }
}

Record load_record(const std::filesystem::path& file)
{
    const std::string text = contents_of(file);
    try {
        return record_from_json(text);
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(file.string() + ": " + error.what());
    }
}

std::string now_utc()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

} // namespace grading
