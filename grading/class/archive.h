// A stranger's archive: what of it may be looked at, kept in a folder of our own.
#pragma once

#include "grading/layout.h"

#include <filesystem>
#include <string>
#include <vector>

namespace grading {

struct UnpackOptions {
    Layout layout;                   // where the jail is
    std::filesystem::path program{}; // grading/unpack.cpp's; empty: where make has built it
    double seconds = 20;             // that it may take on an idle machine
};

struct Unpacked {
    std::filesystem::path folder; // with nothing but folders and server.cpps; else …
    std::string rejected;         // … why there is none: a sentence
    std::vector<std::filesystem::path> others{}; // what else it holds, when it holds no server.cpp
};

// Into FOLDER, which is there whole or not at all; an archive that is known is not read again. The
// program that reads it is in a jail of its own where there can be one (tiers A and B): no file of
// ours, no network, little time and memory.
Unpacked unpack(const std::filesystem::path& archive, const std::filesystem::path& folder,
                const UnpackOptions& options);

} // namespace grading
