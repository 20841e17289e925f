// The formats that a record can be had in: one table, from which the flags, their help, make's
// FORMAT and the answer to a wrong name all come.
#pragma once

#include "grading/record.h"
#include "grading/rubric.h"

#include <string>
#include <string_view>
#include <vector>

namespace grading {

// Who may read it. What the rubric keeps from students stands in no format that is for them.
enum class Audience {
    student,    // only what a student may see
    platform,   // everything, and the platform is told what to keep back
    instructor, // everything
};

struct Format {
    std::string_view name;
    Audience audience;
    std::string_view purpose;
    std::string (*make)(const Record&, const Rubric&);
    // Variables that must be set, by the platform that the format is for.
    std::vector<std::string_view> environment{};
};

const std::vector<Format>& formats();

// Throw std::invalid_argument for a name that is none, with those that are, and (the second) for a
// variable of the environment that is missing.
const Format& format_named(std::string_view name);
const Format& usable_format(std::string_view name);

// "text, json, …", for a help text.
std::string format_names();
// A line for each: name, who may read it, what it is for.
std::string format_table();

} // namespace grading
