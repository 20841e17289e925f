// --regrade: records from before it began are put aside, and so they are made anew. When it is
// interrupted, the same command goes on with it: what it has graded already is newer.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace grading {

class Regrade {
public:
    // Of all or of some, by their ids; of nobody: nothing is taken back.
    Regrade(const std::filesystem::path& out, bool all, const std::vector<std::string>& whom);

    // An earlier one of the same students had not come to its end.
    [[nodiscard]] bool going_on() const { return going_on_; }
    // The file whose time is that of its beginning.
    [[nodiscard]] const std::filesystem::path& beginning() const { return beginning_; }
    // Kept as RECORD.before, for a look at what was different.
    void take_back(const std::filesystem::path& record) const;
    void end() const;

private:
    std::filesystem::path beginning_;
    bool going_on_ = false;
    std::optional<std::filesystem::file_time_type> began_;
};

} // namespace grading
