#include "grading/class/summary.h"

#include <stdexcept>

#include <nlohmann/json.hpp>

namespace grading {

namespace {

using nlohmann::json;

Summary summary_from(const json& object)
{
    Summary summary;
    summary.outcome = object.at("outcome").get<std::string>();
    summary.sentence = object.at("sentence").get<std::string>();
    summary.tier = object.at("tier").get<std::string>();
    summary.score = object.at("score").get<int>();
    summary.max_score = object.at("max_score").get<int>();
    summary.chaff = object.at("chaff").get<std::string>();
    summary.chaff_sentence = object.at("chaff_sentence").get<std::string>();
    summary.seconds = object.at("seconds").get<double>();
    const json& hashes = object.at("hashes");
    summary.hashes = {hashes.at(0).get<std::string>(), hashes.at(1).get<std::string>(),
                      hashes.at(2).get<std::string>()};
    for (const json& test : object.at("tests")) {
        summary.tests.push_back({test.at(0).get<std::string>(),
                                 harness::verdict_from(test.at(1).get<std::string>()),
                                 test.at(2).get<double>()});
    }
    return summary;
}

} // namespace

std::vector<std::string> Summary::inconclusive() const
{
    std::vector<std::string> names;
    for (const TestSummary& test : tests) {
        if (test.verdict == harness::Verdict::inconclusive) {
            names.push_back(test.name);
        }
    }
    return names;
}

Summary summary_of(const Record& record)
{
    Summary summary{.outcome = std::string(to_string(record.outcome)),
                    .sentence = record.sentence,
                    .tier = record.tier,
                    .score = record.score,
                    .max_score = record.max_score,
                    .chaff = record.chaff ? record.chaff->name : "",
                    .chaff_sentence = record.chaff ? record.chaff->sentence : "",
                    .seconds = record.seconds,
                    .hashes = record.hashes,
                    .tests = {}};
    for (const TestResult& test : record.tests) {
        summary.tests.push_back({test.report.test, test.report.verdict, test.report.seconds});
    }
    return summary;
}

std::string to_json(const Summary& summary)
{
    json tests = json::array();
    for (const TestSummary& test : summary.tests) {
        tests.push_back({test.name, to_string(test.verdict), test.seconds});
    }
    const Hashes& hashes = summary.hashes;
    return json{{"outcome", summary.outcome},
                {"sentence", summary.sentence},
                {"tier", summary.tier},
                {"score", summary.score},
                {"max_score", summary.max_score},
                {"chaff", summary.chaff},
                {"chaff_sentence", summary.chaff_sentence},
                {"seconds", summary.seconds},
                {"hashes", {hashes.submission, hashes.suite, hashes.toolchain}},
                {"tests", tests}}
        .dump();
}

Summary summary_from_json(std::string_view text)
{
    try {
        return summary_from(json::parse(text));
    } catch (const std::exception& error) {
        throw std::runtime_error(std::string("no summary of a record: ") + error.what());
    }
}

} // namespace grading
