#include "grading/record_file.h"

#include "tests/harness/report.h"

#include <utility>

namespace grading {

namespace fs = std::filesystem;

RecordFile::RecordFile(fs::path file, bool keep_earlier)
    : file_(std::move(file)), has_earlier_(keep_earlier && fs::exists(file_))
{
}

void RecordFile::write(const Record& record)
{
    if (file_.empty()) {
        return;
    }
    fs::create_directories(fs::absolute(file_).parent_path());
    const fs::path unfinished = file_.string() + ".part";
    if (has_earlier_ && !record.complete) {
        harness::write_atomically(unfinished, to_json(record));
    } else {
        harness::write_atomically(file_, to_json(record));
        fs::remove(unfinished);
    }
}

} // namespace grading
