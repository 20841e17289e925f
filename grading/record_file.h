// Where a record is kept while it grows.
#pragma once

#include "grading/record.h"

#include <filesystem>

namespace grading {

class RecordFile {
public:
    // `keep_earlier`: a record that is there already stays the one that is remembered until this
    // one is whole: an interrupt must not cost a student the marks of yesterday.
    // An empty name: nothing is kept.
    RecordFile(std::filesystem::path file, bool keep_earlier);

    void write(const Record& record); // makes the folder; atomically; throws std::system_error
    [[nodiscard]] bool has_earlier() const { return has_earlier_; }

private:
    std::filesystem::path file_;
    bool has_earlier_;
};

} // namespace grading
