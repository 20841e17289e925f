// A rubric's file, read and checked. YAML stays in here.

#include "common/joined.h"
#include "grading/rubric.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include <yaml-cpp/yaml.h>

namespace grading {

namespace {

std::string quoted(const std::string& word)
{
    return "'" + word + "'";
}

int line_of(const YAML::Node& node)
{
    return node.Mark().line + 1;
}

// Reads one file, going on after an error so that an instructor sees them all at once.
class Reader {
public:
    explicit Reader(std::filesystem::path file) : file_(std::move(file)) {}

    Rubric read(const std::string& yaml);

private:
    using Setters = std::map<std::string, std::function<void(const YAML::Node&)>>;

    void problem(int line, const std::string& what)
    {
        problems_.emplace(line, file_.string() + ":" + std::to_string(line) + ": " + what);
    }
    // Calls the setter of each key; a key without a setter, or given twice, is a problem.
    void read_keys(const YAML::Node& map, const std::string& what, const Setters& setters,
                   const std::set<std::string>& required);
    void for_each_entry(const YAML::Node& list, const std::string& what,
                        const std::function<void(const YAML::Node&)>& read_one);
    RubricTest read_test(const YAML::Node& node);
    Task read_task(const YAML::Node& node);
    std::string text(const YAML::Node& node);
    int whole_number(const YAML::Node& node);
    bool truth(const YAML::Node& node);
    std::vector<std::string> words(const YAML::Node& node);
    std::array<std::string, 3> three_hints(const YAML::Node& node);
    void check(const Rubric& rubric);
    void check_test(const Rubric& rubric, const RubricTest& test);
    void throw_problems() const;

    std::filesystem::path file_;
    std::multimap<int, std::string> problems_; // by line
};

void Reader::read_keys(const YAML::Node& map, const std::string& what, const Setters& setters,
                       const std::set<std::string>& required)
{
    if (!map.IsMap()) {
        return problem(line_of(map), what + " must be written as 'key: value' lines");
    }
    std::set<std::string> seen;
    for (const auto& entry : map) {
        const auto key = entry.first.as<std::string>("");
        const auto setter = setters.find(key);
        if (setter == setters.end()) {
            problem(line_of(entry.first),
                    quoted(key).append(" is no key of ").append(what) + "; the keys are: " +
                        lab::joined(setters, ", ", &Setters::value_type::first));
        } else if (!seen.insert(key).second) {
            problem(line_of(entry.first), quoted(key) + " stands twice; delete one");
        } else {
            setter->second(entry.second);
        }
    }
    for (const std::string& key : required) {
        if (!seen.contains(key)) {
            problem(line_of(map), what + " lacks " + quoted(key) + "; add it");
        }
    }
}

void Reader::for_each_entry(const YAML::Node& list, const std::string& what,
                            const std::function<void(const YAML::Node&)>& read_one)
{
    if (!list.IsSequence()) {
        return problem(line_of(list), "'" + what + "' must be a list: each entry starts with '-'");
    }
    for (const YAML::Node& node : list) {
        read_one(node);
    }
}

std::string Reader::text(const YAML::Node& node)
{
    if (!node.IsScalar() || node.Scalar().empty()) {
        problem(line_of(node), "a text is wanted here; write one, in quotes if it has a colon");
        return "";
    }
    return node.Scalar();
}

int Reader::whole_number(const YAML::Node& node)
{
    const int number = node.IsScalar() ? node.as<int>(-1) : -1;
    if (number < 0 || number > 1'000'000) {
        problem(line_of(node), "a whole number is wanted here, 0 or more; correct it");
        return 0;
    }
    return number;
}

bool Reader::truth(const YAML::Node& node)
{
    bool value = false;
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, value)) {
        problem(line_of(node), "'true' or 'false' is wanted here; write one of them");
    }
    return value;
}

std::vector<std::string> Reader::words(const YAML::Node& node)
{
    std::vector<std::string> list;
    if (!node.IsSequence()) {
        problem(line_of(node), "a list is wanted here: write [First, Second]");
        return list;
    }
    for (const YAML::Node& word : node) {
        list.push_back(text(word));
    }
    return list;
}

std::array<std::string, 3> Reader::three_hints(const YAML::Node& node)
{
    std::array<std::string, 3> hints;
    const auto list = words(node);
    if (list.size() != hints.size()) {
        problem(line_of(node), "a task has exactly three hints, not " +
                                   std::to_string(list.size()) + "; rewrite them");
        return hints;
    }
    std::ranges::copy(list, hints.begin());
    return hints;
}

RubricTest Reader::read_test(const YAML::Node& node)
{
    RubricTest test;
    test.line = line_of(node);
    const auto one_of = [this](const YAML::Node& value, auto& field, auto from) {
        try {
            field = from(text(value));
        } catch (const std::invalid_argument& error) {
            problem(line_of(value), error.what());
        }
    };
    read_keys(
        node, "a test",
        {{"test", [&](const YAML::Node& value) { test.name = text(value); }},
         {"points", [&](const YAML::Node& value) { test.points = whole_number(value); }},
         {"task", [&](const YAML::Node& value) { test.task = whole_number(value); }},
         {"title", [&](const YAML::Node& value) { test.title = text(value); }},
         {"depends_on", [&](const YAML::Node& value) { test.depends_on = words(value); }},
         {"free", [&](const YAML::Node& value) { test.free = truth(value); }},
         {"visibility",
          [&](const YAML::Node& value) { one_of(value, test.visibility, visibility_from); }},
         {"detail", [&](const YAML::Node& value) { one_of(value, test.detail, detail_from); }}},
        {"test", "points", "task", "title"});
    return test;
}

Task Reader::read_task(const YAML::Node& node)
{
    Task task;
    task.line = line_of(node);
    read_keys(node, "a task",
              {{"task", [&](const YAML::Node& value) { task.number = whole_number(value); }},
               {"title", [&](const YAML::Node& value) { task.title = text(value); }},
               {"hints", [&](const YAML::Node& value) { task.hints = three_hints(value); }}},
              {"task", "title", "hints"});
    return task;
}

// Every way from a test to what it depends on must end.
bool depends_on_itself(const Rubric& rubric, const RubricTest& start)
{
    std::set<std::string> reached;
    std::vector<std::string> to_visit = start.depends_on;
    while (!to_visit.empty()) {
        const RubricTest* const test = rubric.find(to_visit.back());
        to_visit.pop_back();
        if (test != nullptr && reached.insert(test->name).second) {
            to_visit.insert(to_visit.end(), test->depends_on.begin(), test->depends_on.end());
        }
    }
    return reached.contains(start.name);
}

void Reader::check_test(const Rubric& rubric, const RubricTest& test)
{
    if (rubric.find(test.name) != &test) {
        problem(test.line, "test '" + test.name + "' stands twice; delete one");
    }
    if (test.task != 0 && rubric.find_task(test.task) == nullptr) {
        problem(test.line, "test '" + test.name + "' is of task " + std::to_string(test.task) +
                               ", which is not under 'tasks'; add it there, or write 0");
    }
    for (const std::string& ground : test.depends_on) {
        if (rubric.find(ground) == nullptr) {
            problem(test.line, "test '" + test.name + "' depends on '" + ground +
                                   "', which is no test of this file; correct the name");
        }
    }
    if (depends_on_itself(rubric, test)) {
        problem(test.line, "test '" + test.name + "' depends on itself; break the circle");
    }
}

void Reader::check(const Rubric& rubric)
{
    for (const RubricTest& test : rubric.tests) {
        check_test(rubric, test);
    }
    for (const Task& task : rubric.tasks) {
        if (rubric.find_task(task.number) != &task) {
            problem(task.line, "task " + std::to_string(task.number) + " stands twice; delete one");
        }
    }
}

void Reader::throw_problems() const
{
    if (!problems_.empty()) {
        using Problem = decltype(problems_)::value_type;
        throw RubricError(lab::joined(problems_, "\n", &Problem::second));
    }
}

Rubric Reader::read(const std::string& yaml)
{
    Rubric rubric;
    rubric.file = file_;
    try {
        const auto add_test = [&](const YAML::Node& node) {
            rubric.tests.push_back(read_test(node));
        };
        const auto add_task = [&](const YAML::Node& node) {
            rubric.tasks.push_back(read_task(node));
        };
        read_keys(YAML::Load(yaml), "a rubric",
                  {{"title", [&](const YAML::Node& value) { rubric.title = text(value); }},
                   {"thread_sanitizer",
                    [&](const YAML::Node& value) { rubric.thread_sanitizer = truth(value); }},
                   {"tests", [&](const auto& list) { for_each_entry(list, "tests", add_test); }},
                   {"tasks", [&](const auto& list) { for_each_entry(list, "tasks", add_task); }}},
                  {"title", "tests", "tasks"});
    } catch (const YAML::Exception& error) {
        problem(error.mark.line + 1, "no YAML: " + error.msg + "; correct the line");
        throw_problems();
    }
    check(rubric);
    throw_problems();
    return rubric;
}

} // namespace

Rubric load_rubric(const std::filesystem::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) {
        throw RubricError(file.string() + ":1: cannot be read; is it there?");
    }
    return parse_rubric(text.str(), file);
}

Rubric parse_rubric(const std::string& yaml, const std::filesystem::path& file)
{
    return Reader(file).read(yaml);
}

} // namespace grading
