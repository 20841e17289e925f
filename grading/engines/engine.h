// Who runs the units of a manifest. An engine only starts the one command that grades a range of
// them: `grade-class work OUT FIRST LAST`. What it says of itself is never believed: records are.
#pragma once

#include "grading/class/work.h"
#include "grading/interrupt.h"

#include <filesystem>
#include <memory>
#include <string>

namespace grading {

struct EngineRequest {
    std::filesystem::path out;
    std::filesystem::path program; // grade-class
    std::size_t units = 0;         // of the manifest
    unsigned jobs = 0;             // units at a time, of the local one; 0: one a core
    std::string options;
};

class Engine {
public:
    Engine() = default;
    virtual ~Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Returns when there is no more that it can do. Tells of units as they end. Throws Interrupted.
    virtual void run(Interrupt& interrupt, const UnitObserver& observer) = 0;
};

// "local", "slurm" or "parallel"; throws std::invalid_argument that lists them for any other, and
// when the engine is not there.
std::unique_ptr<Engine> make_engine(const std::string& name, const EngineRequest& request);

} // namespace grading
