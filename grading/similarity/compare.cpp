// sim_c++ sees files with numbers for names: what students call theirs is never parsed.

#include "grading/files.h"
#include "grading/similarity/similarity.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"

#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace grading {

namespace fs = std::filesystem;

namespace {

// A run that both have is no chance from this length on; one that the skeleton has as well is its,
// even when it is shorter: in doubt for the student.
constexpr const char* shortest_run = "24";
constexpr const char* shortest_of_skeleton = "12";
constexpr std::size_t least_own = 60; // tokens; of less any two could be alike
constexpr harness::Seconds longest{600};

struct Found {
    std::size_t file_a = 0;
    std::size_t file_b = 0;
    CommonRun run;
};

struct Findings {
    std::vector<Found> runs;
    std::map<std::size_t, std::size_t> tokens; // of each file
};

std::string file_name(std::size_t index)
{
    return std::to_string(index) + ".cpp";
}

// "3.cpp: line 26-127 |7.cpp: line 30-131 [462]" and "File 3.cpp: 462 tokens, …".
Findings parse(const std::string& output)
{
    Findings findings;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
        std::array<std::size_t, 7> n{};
        if (std::sscanf(line.c_str(), "%zu.cpp: line %zu-%zu |%zu.cpp: line %zu-%zu [%zu]", &n[0],
                        &n[1], &n[2], &n[3], &n[4], &n[5], &n[6]) == 7) {
            findings.runs.push_back({n[0], n[3], {{n[1], n[2]}, {n[4], n[5]}, n[6]}});
        } else if (std::sscanf(line.c_str(), "File %zu.cpp: %zu token", &n[0], &n[1]) == 2) {
            findings.tokens[n[0]] = n[1];
        }
    }
    return findings;
}

Findings run_sim(const fs::path& folder, const std::vector<std::string>& arguments)
{
    harness::Command command{.arguments = {"sim_c++", "-n", "-o", "findings"}, .directory = folder};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    const lab::UniqueFd errors = memory_file();
    command.errors = errors.get();
    try {
        command.arguments[0] = harness::find_program("sim_c++").string();
    } catch (const std::system_error&) {
        throw std::runtime_error(
            "sim_c++ is missing: install similarity-tester, or run grading/setup.sh");
    }
    harness::ChildProcess process = harness::spawn(command);
    const auto status = process.wait(longest);
    if (!status) {
        throw std::runtime_error("sim_c++ took longer than ten minutes: is there a file that "
                                 "repeats itself thousands of times?");
    }
    if (!status->success()) {
        throw std::runtime_error("sim_c++ " + to_string(*status) + ": " +
                                 harness::readable(contents_of(errors.get(), 2000), 2000));
    }
    return parse(contents_of(folder / "findings"));
}

// Its last line ends like all others, or sim calls it line 0.
std::string whole_lines(const std::string& text)
{
    return text.empty() || text.ends_with('\n') ? text : text + "\n";
}

void note_base(Source& source, const Lines& lines)
{
    for (std::size_t i = lines.first; i <= lines.last && i <= source.from_base.size(); ++i) {
        if (i > 0) {
            source.from_base[i - 1] = true;
        }
    }
}

// The text with nothing in the lines that come from the skeleton: those behind keep their numbers.
std::string own_text(const Source& source)
{
    std::string text;
    std::istringstream lines(source.text);
    std::size_t i = 0;
    for (std::string line; std::getline(lines, line); ++i) {
        text += (i < source.from_base.size() && source.from_base[i] ? "" : line) + "\n";
    }
    return text;
}

class Comparison {
public:
    Comparison(std::vector<Source>& sources, const fs::path& folder)
        : sources_(sources), folder_(folder)
    {
    }

    // Where a submission and the skeleton are the same.
    void find_base(const std::string& skeleton)
    {
        std::vector<std::string> arguments{"-S", "-r", shortest_of_skeleton};
        for (std::size_t i = 0; i < sources_.size(); ++i) {
            Source& source = sources_[i];
            if (!source.why_not.empty()) {
                continue;
            }
            source.from_base.assign(
                static_cast<std::size_t>(std::ranges::count(whole_lines(source.text), '\n')),
                false);
            harness::write_atomically(folder_ / file_name(i), whole_lines(source.text));
            arguments.push_back(file_name(i));
        }
        const std::size_t base = sources_.size();
        harness::write_atomically(folder_ / file_name(base), whole_lines(skeleton));
        arguments.insert(arguments.end(), {"/", file_name(base)});
        for (const Found& found : run_sim(folder_, arguments).runs) {
            note_base(sources_.at(found.file_a), found.run.a);
        }
    }

    // Every two of what is left, each pair for itself (-e).
    Findings find_common()
    {
        std::vector<std::string> arguments{"-s", "-e", "-r", shortest_run};
        for (std::size_t i = 0; i < sources_.size(); ++i) {
            if (sources_[i].why_not.empty()) {
                harness::write_atomically(folder_ / file_name(i), own_text(sources_[i]));
                arguments.push_back(file_name(i));
            }
        }
        Findings findings = run_sim(folder_, arguments);
        for (const auto& [file, tokens] : findings.tokens) {
            note_size(sources_.at(file), tokens);
        }
        return findings;
    }

private:
    static void note_size(Source& source, std::size_t tokens)
    {
        source.own_tokens = tokens;
        if (tokens < least_own) {
            source.why_not =
                "too little beside the skeleton (" + std::to_string(tokens) + " tokens)";
        }
    }

    std::vector<Source>& sources_;
    const fs::path& folder_;
};

int share(std::size_t part, std::size_t whole)
{
    return whole == 0 ? 0 : static_cast<int>(std::min<std::size_t>(100, 100 * part / whole));
}

// sim ends no run within a statement that it thinks of as cut off, as `return x;`: two files that
// are the same would lack some tokens of being so.
void count_ends(Resemblance& pair, const Source& a, const Source& b)
{
    constexpr std::size_t nearly = 90; // percent; of most pairs the texts need not be looked at
    if (100 * pair.tokens >= nearly * a.own_tokens && own_text(a) == own_text(b)) {
        pair.tokens = a.own_tokens;
    }
}

std::vector<Resemblance> pairs_of(const Findings& findings, const std::vector<Source>& sources)
{
    std::map<std::pair<std::size_t, std::size_t>, Resemblance> pairs;
    for (const Found& found : findings.runs) {
        const bool turned = found.file_a > found.file_b;
        const auto key = std::minmax(found.file_a, found.file_b);
        if (sources.at(key.first).student == sources.at(key.second).student) {
            continue;
        }
        if (!sources.at(key.first).why_not.empty() || !sources.at(key.second).why_not.empty()) {
            continue;
        }
        Resemblance& pair = pairs[key];
        pair.a = key.first;
        pair.b = key.second;
        pair.tokens += found.run.tokens;
        pair.runs.push_back(turned ? CommonRun{found.run.b, found.run.a, found.run.tokens}
                                   : found.run);
    }
    std::vector<Resemblance> result;
    for (auto& [key, pair] : pairs) {
        count_ends(pair, sources[pair.a], sources[pair.b]);
        pair.percent_of_a = share(pair.tokens, sources[pair.a].own_tokens);
        pair.percent_of_b = share(pair.tokens, sources[pair.b].own_tokens);
        result.push_back(std::move(pair));
    }
    return result;
}

// They are sorted: the first one of each two students stays.
void keep_one_of_each(std::vector<Resemblance>& pairs, const std::vector<Source>& sources)
{
    std::set<std::pair<std::string, std::string>> seen;
    std::erase_if(pairs, [&](const Resemblance& pair) {
        return !seen.emplace(sources[pair.a].student, sources[pair.b].student).second;
    });
}

} // namespace

std::vector<const Source*> left_out(const std::vector<Source>& sources)
{
    std::map<std::string, const Source*> last;
    for (const Source& source : sources) {
        const Source*& known = last[source.student];
        known = known == nullptr || !known->why_not.empty() ? &source : known;
    }
    std::vector<const Source*> result;
    for (const auto& [student, source] : last) {
        if (!source->why_not.empty()) {
            result.push_back(source);
        }
    }
    return result;
}

std::vector<Resemblance> compare(std::vector<Source>& sources, const std::string& skeleton,
                                 const fs::path& scratch)
{
    if (std::ranges::count_if(sources, [](const Source& s) { return s.why_not.empty(); }) < 2) {
        return {};
    }
    const TemporaryFolder folder(scratch);
    Comparison comparison(sources, folder.path());
    comparison.find_base(skeleton);
    std::vector<Resemblance> pairs = pairs_of(comparison.find_common(), sources);
    std::ranges::stable_sort(pairs, std::ranges::greater{}, [](const Resemblance& pair) {
        return std::pair(pair.percent(), pair.tokens);
    });
    keep_one_of_each(pairs, sources);
    for (Resemblance& pair : pairs) {
        std::ranges::sort(pair.runs, {}, [](const CommonRun& run) { return run.a.first; });
    }
    return pairs;
}

} // namespace grading
