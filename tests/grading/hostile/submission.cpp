#include "tests/grading/hostile/submission.h"

#include "grading/files.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace hostile {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view prelude = "#include \"tests/grading/hostile/prelude.h\"\n";

std::vector<std::string> words_of(const std::string& text)
{
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
}

void replace_all(std::string& text, const std::string& from, const std::string& to)
{
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
        text.replace(at, from.size(), to);
    }
}

const std::map<std::string, std::function<void(Submission&, const std::string&)>>& header_fields()
{
    static const std::map<std::string, std::function<void(Submission&, const std::string&)>> fields{
        {"Tries", [](auto& one, const auto& value) { one.tries = value; }},
        {"Verdict",
         [](auto& one, const auto& value) {
             one.outcome =
                 value == "any" ? std::nullopt : std::optional(grading::outcome_from(value));
         }},
        {"Tests", [](auto& one, const auto& value) { one.tests = value; }},
        {"Only", [](auto& one, const auto& value) { one.only = words_of(value); }},
        {"Says", [](auto& one, const auto& value) { one.says.push_back(value); }},
        {"Never", [](auto& one, const auto& value) { one.never.push_back(value); }},
        {"Logs", [](auto& one, const auto& value) { one.logs = value; }},
        {"Tiers", [](auto& one, const auto& value) { one.tiers = value; }},
        {"Quick", [](auto& one, const auto& value) { one.quick = value == "yes"; }},
    };
    return fields;
}

// The line without the comment's mark; nothing at the header's end.
std::optional<std::string> header_line(std::istream& lines)
{
    std::string line;
    while (std::getline(lines, line) && line.starts_with("#!")) {
    }
    for (const std::string_view mark : {"// ", "# "}) {
        if (line.starts_with(mark)) {
            return line.substr(mark.size());
        }
    }
    return std::nullopt;
}

// "Key: value" each line; one that begins with blanks goes on where the last one stopped.
void read_header(Submission& one, const std::string& text)
{
    std::istringstream lines(text);
    std::vector<std::pair<std::string, std::string>> entries;
    for (auto line = header_line(lines); line; line = header_line(lines)) {
        const auto colon = line->find(": ");
        if (line->starts_with(' ') && !entries.empty()) {
            entries.back().second += line->substr(line->find_first_not_of(' ') - 1);
        } else if (colon != std::string::npos && header_fields().contains(line->substr(0, colon))) {
            entries.emplace_back(line->substr(0, colon), line->substr(colon + 2));
        } else {
            throw std::runtime_error(one.source.string() + ": what is the line \"" + *line + "\"?");
        }
    }
    for (const auto& [key, value] : entries) {
        header_fields().at(key)(one, value);
    }
    if (one.tries.empty()) {
        throw std::runtime_error(one.source.string() + ": its header has no line \"Tries: …\"");
    }
}

Submission load(const fs::path& source, Phase phase)
{
    Submission one;
    one.name = source.stem().string();
    one.phase = phase;
    one.source = source;
    one.logs = phase == Phase::run ? "attack: " : ""; // it has come to that
    one.only = {"AnswersTheThreeQuestions", "StopsWhenAsked"};
    one.never = {"attack: [^\n]*: DONE"};
    read_header(one,
                grading::contents_of(fs::is_directory(source) ? source / "server.cpp" : source));
    return one;
}

// What begins with an underscore is there to be imported.
bool is_submission(const fs::path& file)
{
    const std::string name = file.filename().string();
    return !name.starts_with('_') &&
           (fs::is_directory(file) || file.extension() == ".cpp" || file.extension() == ".py");
}

// The attack, then the solution, whose main is called when the attack has returned.
std::string compose(const std::string& attack, const std::string& solution)
{
    std::string server = solution;
    replace_all(server, "int main(int argc, char* argv[])", "int serve(int argc, char* argv[])");
    return attack + "\n" + server +
           "\nint main(int argc, char* argv[])\n{\n    attack(argc, argv);\n"
           "    return serve(argc, argv);\n}\n";
}

std::string with_places(std::string text, const Places& places)
{
    for (const auto& [name, value] : places) {
        replace_all(text, "@" + name + "@", value);
    }
    return text;
}

void write_source(const Submission& submission, const fs::path& solution, const Places& places,
                  const fs::path& folder)
{
    std::string text = grading::contents_of(submission.source);
    if (const auto at = text.find(prelude); at != std::string::npos) {
        const fs::path file = submission.source.parent_path().parent_path() / "prelude.h";
        text.replace(at, prelude.size(), grading::contents_of(file));
    }
    text = with_places(text, places);
    if (text.find("void attack(") != std::string::npos) {
        text = compose(text, grading::contents_of(solution));
    }
    harness::write_atomically(folder / "server.cpp", text);
}

} // namespace

std::vector<Submission> submissions_in(const fs::path& folder)
{
    std::vector<Submission> all;
    for (const auto& [name, phase] :
         {std::pair{"run", Phase::run}, {"compile", Phase::compile}, {"archive", Phase::archive}}) {
        const auto first = all.size();
        for (const auto& entry : fs::directory_iterator(folder / name)) {
            if (is_submission(entry.path())) {
                all.push_back(load(entry.path(), phase));
            }
        }
        std::sort(all.begin() + static_cast<std::ptrdiff_t>(first), all.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
    }
    return all;
}

void hand_in(const Submission& submission, const fs::path& solution, const Places& places,
             const fs::path& folder)
{
    fs::create_directories(folder);
    if (fs::is_directory(submission.source)) {
        fs::copy(submission.source, folder, fs::copy_options::recursive);
    } else if (submission.source.extension() == ".py") {
        // -B: no __pycache__ beside the source
        grading::output_of({"python3", "-B", submission.source.string(), folder.string(),
                            fs::absolute(solution).string()});
    } else {
        write_source(submission, solution, places, folder);
    }
}

} // namespace hostile
