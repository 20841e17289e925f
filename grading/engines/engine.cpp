#include "grading/engines/engine.h"

#include "grading/engines/chunks.h"
#include "tests/harness/report.h"

#include <stdexcept>

namespace grading {

namespace {

// Processes on this machine.
class LocalEngine : public Engine {
public:
    explicit LocalEngine(const EngineRequest& request)
    {
        options_.out = request.out;
        options_.jobs = request.jobs;
    }
    void run(Interrupt& interrupt, const UnitObserver& observer) override
    {
        work(options_, interrupt, observer);
    }

private:
    WorkOptions options_;
};

} // namespace

std::unique_ptr<Engine> make_engine(const std::string& name, const EngineRequest& request)
{
    if (name == "local") {
        return std::make_unique<LocalEngine>(request);
    }
    if (name == "slurm") {
        return make_slurm_engine(request);
    }
    if (name == "parallel") {
        return make_parallel_engine(request);
    }
    throw std::invalid_argument("--engine: '" + harness::printable(name) +
                                "' is none of: local slurm parallel");
}

} // namespace grading
