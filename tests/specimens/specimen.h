// Wrong servers and unusual right ones, from their files to programs that can be started.
#pragma once

#include "grading/chaff.h"
#include "grading/interrupt.h"
#include "grading/layout.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace specimens {

struct Specimen {
    std::string name;
    std::optional<grading::KnownChaff> chaff; // nothing: it is a wheat
    std::filesystem::path source;             // C++, or Python
    std::filesystem::path folder;             // where its program is kept
    std::string trouble{};                    // why there is no server
    std::string tsan_server{};                // the command of its second build; empty: it has none

    [[nodiscard]] std::string title() const { return (chaff ? "chaff " : "wheat ") + name; }
    [[nodiscard]] bool is_compiled() const { return source.extension() == ".cpp"; }
    // The command that starts it.
    [[nodiscard]] std::string server() const;
};

// By name; none when there is no folder.
std::vector<Specimen> wheats_of(const grading::Layout& layout, const std::string& lab);
// The solution with each chaff's bug in it, as a file to be compiled.
std::vector<Specimen> chaffs_of(const grading::Layout& layout, const std::string& lab,
                                grading::Interrupt& interrupt);
// Compiles those that have changed since they were compiled last; notes the trouble of those that
// cannot be. Where the lab's rubric asks for it, and this machine can: with ThreadSanitizer, too.
void compile_all(std::vector<Specimen>& specimens, const grading::Layout& layout,
                 const std::string& lab, grading::Interrupt& interrupt);

} // namespace specimens
