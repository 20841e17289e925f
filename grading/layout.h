// Where things are, as seen from the folder that the Makefile stands in.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace grading {

struct Layout {
    std::filesystem::path root = ".";
    std::filesystem::path build = "build/debug"; // of one MODE

    [[nodiscard]] std::filesystem::path rubric(const std::string& lab) const;
    [[nodiscard]] std::filesystem::path jail() const; // the program at the door of pods and jails
    [[nodiscard]] std::filesystem::path unpacker() const; // of archives
    [[nodiscard]] std::filesystem::path driver(const std::string& lab) const;
    // Where the student works: "labs/02-fork".
    [[nodiscard]] std::filesystem::path students_folder(const std::string& lab) const;
    [[nodiscard]] std::filesystem::path students_server(const std::string& lab) const;
    // How a submission for this lab is compiled, as make writes it.
    [[nodiscard]] std::filesystem::path compile_command(const std::string& lab) const;
    // The same of MODE=tsan, which make builds for the labs whose rubric says thread_sanitizer.
    [[nodiscard]] std::filesystem::path tsan_compile_command(const std::string& lab) const;
    [[nodiscard]] std::filesystem::path students_tsan_server(const std::string& lab) const;
    [[nodiscard]] std::filesystem::path scratch() const;
    [[nodiscard]] std::filesystem::path chaffs(const std::string& lab) const;
    // What is remembered of the student's own work, whatever the MODE.
    [[nodiscard]] std::filesystem::path record(const std::string& lab) const;
    [[nodiscard]] std::filesystem::path hints_shown(const std::string& lab) const;
};

// "02" of "02-fork": what a student types.
std::string short_name(const std::string& lab);
// Does "02" or "02-fork" mean this lab?
bool means(const std::string& word, const std::string& lab);
// "did you mean 02?" where a word that means no lab is nearly "02-fork": "2" or "fork"; else empty.
std::string nearest_lab(const std::string& word, const std::vector<std::string>& labs);

// Every lab that has a rubric, sorted. Throws std::runtime_error when there is none.
std::vector<std::string> labs_in(const Layout& layout);

// The lab meant by "02" or "02-fork". Throws std::invalid_argument with the list of the right ones.
std::string find_lab(const Layout& layout, const std::string& name);

} // namespace grading
