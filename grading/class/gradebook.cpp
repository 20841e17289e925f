#include "grading/class/gradebook.h"

#include "common/errors.h"
#include "grading/record.h"
#include "tests/harness/report.h"

#include <fstream>
#include <ostream>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace grading {

namespace {

using nlohmann::json;

constexpr const char* schema = "gradebook/v1";
constexpr std::size_t most_text = 4'096;

std::string clean(std::string_view text)
{
    return harness::readable(text, most_text);
}

// Of JSON, whose strings have no line end in them as such.
std::string indented(const std::string& text, const std::string& by)
{
    std::string result;
    for (const char c : text) {
        result += c;
        if (c == '\n') {
            result += by;
        }
    }
    return result;
}

json to_object(const Mark& mark)
{
    json inconclusive = json::array();
    for (const std::string& test : mark.inconclusive) {
        inconclusive.push_back(clean(test));
    }
    return {{"mark", mark.mark},
            {"score", mark.score},
            {"max_score", mark.max_score},
            {"late_days", mark.late_days},
            {"penalty", mark.penalty},
            {"extra", mark.extra},
            {"attempt", mark.attempt},
            {"attempts", mark.attempts},
            {"outcome", clean(mark.outcome)},
            {"sentence", clean(mark.sentence)},
            {"tier", clean(mark.tier)},
            {"inconclusive", inconclusive},
            {"record", clean(mark.record.string())}};
}

Mark mark_from(const json& object)
{
    Mark mark;
    mark.mark = object.at("mark").get<double>();
    mark.score = object.at("score").get<int>();
    mark.max_score = object.at("max_score").get<int>();
    mark.late_days = object.at("late_days").get<double>();
    mark.penalty = object.at("penalty").get<double>();
    mark.extra = object.at("extra").get<double>();
    mark.attempt = object.at("attempt").get<int>();
    mark.attempts = object.at("attempts").get<int>();
    mark.outcome = object.at("outcome").get<std::string>();
    mark.sentence = object.at("sentence").get<std::string>();
    mark.tier = object.at("tier").get<std::string>();
    mark.inconclusive = object.at("inconclusive").get<std::vector<std::string>>();
    mark.record = object.at("record").get<std::string>();
    return mark;
}

json to_object(const Student& student)
{
    json marks = json::object();
    for (const auto& [lab, mark] : student.marks) {
        marks[lab] = to_object(mark);
    }
    return {{"id", clean(student.id)},
            {"name", clean(student.name)},
            {"email", clean(student.email)},
            {"folder", clean(student.folder.string())},
            {"marks", marks}};
}

Student student_from(const json& object)
{
    Student student;
    student.id = object.at("id").get<std::string>();
    student.name = object.at("name").get<std::string>();
    student.email = object.at("email").get<std::string>();
    student.folder = object.at("folder").get<std::string>();
    for (const auto& [lab, mark] : object.at("marks").items()) {
        student.marks[lab] = mark_from(mark);
    }
    return student;
}

std::vector<LabOfClass> labs_from(const json& object, const std::string& where)
{
    if (const std::string found = object.at("schema").get<std::string>(); found != schema) {
        throw std::runtime_error(where + "schema " + clean(found) + " is not known here");
    }
    std::vector<LabOfClass> labs;
    for (const json& lab : object.at("labs")) {
        labs.push_back({lab.at("name").get<std::string>(), lab.at("title").get<std::string>(),
                        lab.at("max_score").get<int>()});
    }
    if (!object.at("students").empty()) { // whoever is one has been taken out
        throw std::runtime_error(where + "no gradebook: not everyone in \"students\" is an object");
    }
    return labs;
}

// A student is dropped from the JSON as soon as it is handed on: a class may be larger than memory.
// `where` begins what is said of the gradebook; what `each` throws is none of that.
std::vector<LabOfClass> read_students(std::istream& in, const std::string& where,
                                      const std::function<void(const Student&)>& each)
{
    std::string member; // of the outermost object
    const auto take = [&](int depth, json::parse_event_t event, json& parsed) {
        if (depth == 1 && event == json::parse_event_t::key) {
            member = parsed.get<std::string>();
        }
        if (depth == 2 && member == "students" && event == json::parse_event_t::object_end) {
            each(student_from(parsed));
            return false;
        }
        return true;
    };
    try {
        return labs_from(json::parse(in, take), where);
    } catch (const json::parse_error& error) {
        throw std::runtime_error(where + "no gradebook: no JSON, from byte " +
                                 std::to_string(error.byte) + " on");
    } catch (const json::exception& error) {
        throw std::runtime_error(where + "no gradebook: " + error.what());
    }
}

} // namespace

GradebookWriter::GradebookWriter(std::ostream& out, const std::vector<LabOfClass>& labs) : out_(out)
{
    json list = json::array();
    for (const LabOfClass& lab : labs) {
        list.push_back(
            {{"name", clean(lab.name)}, {"title", clean(lab.title)}, {"max_score", lab.max_score}});
    }
    out_ << "{\n  \"labs\": " << indented(list.dump(2), "  ") << ",\n  \"schema\": \"" << schema
         << "\",\n  \"students\": [";
}

void GradebookWriter::add(const Student& student)
{
    out_ << (first_ ? "\n    " : ",\n    ") << indented(to_object(student).dump(2), "    ");
    first_ = false;
}

void GradebookWriter::finish()
{
    out_ << (first_ ? "]\n}\n" : "\n  ]\n}\n");
}

std::string to_json(const Gradebook& gradebook)
{
    std::ostringstream text;
    GradebookWriter writer(text, gradebook.labs);
    for (const Student& student : gradebook.students) {
        writer.add(student);
    }
    writer.finish();
    return text.str();
}

bool Mark::is_open() const
{
    return outcome == to_string(Outcome::infrastructure_error);
}

Gradebook gradebook_from_json(std::string_view text)
{
    Gradebook gradebook;
    std::istringstream in{std::string(text)};
    gradebook.labs = read_students(
        in, "", [&](const Student& student) { gradebook.students.push_back(student); });
    return gradebook;
}

Gradebook load_gradebook(const std::filesystem::path& file)
{
    Gradebook gradebook;
    gradebook.labs = read_gradebook(
        file, [&](const Student& student) { gradebook.students.push_back(student); });
    return gradebook;
}

std::vector<LabOfClass> read_gradebook(const std::filesystem::path& file,
                                       const std::function<void(const Student&)>& each)
{
    std::ifstream in(file, std::ios::binary);
    lab::check(in ? 0 : -1, "open " + file.string());
    return read_students(in, file.string() + ": ", each);
}

} // namespace grading
