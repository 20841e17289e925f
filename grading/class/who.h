// Who is meant by a word in a policy or after --regrade: an id, or the e-mail address of exactly
// one student.
#pragma once

#include "grading/class/index.h"
#include "grading/class/policy.h"

#include <optional>
#include <string>
#include <vector>

namespace grading {

// Nothing when it means nobody, or cannot be told.
std::optional<std::string> id_of(Index& index, const std::string& word);
// Why that is so, and who may be meant: "nobody has the id or e-mail address 'alcie'; did you …".
std::string why_nobody(Index& index, const std::string& word);

// Puts ids in the place of addresses, and returns a line for each word that means nobody. Throws
// std::invalid_argument when somebody has two things for one lab, by id and by address.
std::vector<std::string> use_ids(Policy& policy, Index& index);

// Of the words of --regrade; all of them named in std::invalid_argument that are nobody's.
std::vector<std::string> ids_to_regrade(Index& index, const std::vector<std::string>& words);

} // namespace grading
