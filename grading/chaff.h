// Known wrong servers, and whether a submission fails as one of them does.
#pragma once

#include "grading/record.h"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace grading {

// The header of tests/specimens/NN-topic/chaffs/NAME.patch.
struct KnownChaff {
    std::string name;
    std::string sentence;
    std::set<std::string> caught_by; // tests that fail on it
    std::set<std::string> may_fail;  // tests that fail at times
};

// Of every patch in the folder, by name; none when there is no folder.
std::vector<KnownChaff> load_chaffs(const std::filesystem::path& folder);
KnownChaff parse_chaff(const std::string& name, const std::string& patch);

// The chaff whose failures are these: all tests that catch it failed, and no others but those that
// may. Of several, the one that foresees these failures most exactly; of equals, all of them in
// one.
std::optional<Chaff> match(const std::set<std::string>& failed,
                           const std::vector<KnownChaff>& chaffs);

// Finds the chaff that the record's failures match, and notes it there and at each test that
// failed.
void note_chaff(Record& record, const std::vector<KnownChaff>& chaffs);

} // namespace grading
