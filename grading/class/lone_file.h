// A file that was handed in as it is, in no folder and no archive: of which lab it is the server.
#pragma once

#include "grading/class/layouts/layouts.h"

#include <string>
#include <vector>

namespace grading {

// Of the only lab of this class, or of the one that the file is named for.
bool is_server_of(const std::string& lab, const HandedIn& file, bool only_lab);

// Why it is nobody's server.cpp, and what to do.
std::string told_lone_file(const HandedIn& file, const std::vector<std::string>& labs);

} // namespace grading
