// A stranger's archive: what of it may be looked at, kept in a folder of our own.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace grading {

struct UnpackOptions {
    std::filesystem::path program; // grading/unpack.cpp's
    double seconds = 20;
};

struct Unpacked {
    std::filesystem::path folder; // with nothing but folders and server.cpps; else …
    std::string rejected;         // … why there is none: a sentence
};

// Into FOLDER, which is there whole or not at all; an archive that is known is not read again. The
// program that reads it is confined: no file to write, no network, little time and memory.
Unpacked unpack(const std::filesystem::path& archive, const std::filesystem::path& folder,
                const UnpackOptions& options);

} // namespace grading
