// The units as job arrays of Slurm. A node that is lost has its tasks requeued, a task that is lost
// otherwise is submitted again: what has a record is skipped by whoever meets it.

#include "common/joined.h"
#include "grading/engines/chunks.h"
#include "grading/files.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

std::string trimmed(std::string text)
{
    text.erase(text.find_last_not_of(" \n") + 1);
    return text;
}

std::size_t number_from(const std::string& text, std::size_t otherwise)
{
    std::size_t number = 0;
    const char* const end = text.data() + text.size();
    return std::from_chars(text.data(), end, number).ec == std::errc{} ? number : otherwise;
}

// "0,3-5" of sorted numbers.
std::string ranges_of(const std::vector<std::size_t>& numbers)
{
    std::string text;
    for (std::size_t at = 0; at < numbers.size();) {
        std::size_t end = at;
        while (end + 1 < numbers.size() && numbers[end + 1] == numbers[end] + 1) {
            ++end;
        }
        text += (text.empty() ? "" : ",") + std::to_string(numbers[at]);
        text += end > at ? "-" + std::to_string(numbers[end]) : "";
        at = end + 1;
    }
    return text;
}

class SlurmEngine : public ChunkedEngine {
public:
    explicit SlurmEngine(const EngineRequest& request) : ChunkedEngine(request)
    {
        try {
            output_of({"sinfo", "--version"});
        } catch (const std::exception& error) {
            throw std::invalid_argument(std::string("--engine slurm: no Slurm answers here: ") +
                                        error.what());
        }
    }

protected:
    // All processors of the partition; of "allocated/idle/other/total".
    std::size_t slots() override
    {
        const std::string counts = trimmed(output_of({"sinfo", "-h", "-o", "%C"}));
        return std::max<std::size_t>(1, number_from(counts.substr(counts.rfind('/') + 1), 1));
    }

    // Numbers in an array are below MaxArraySize, so there may have to be several arrays.
    void start(const std::vector<Chunk>& chunks) override
    {
        write_script();
        jobs_.clear();
        answered_ = Clock::now();
        const std::size_t most = max_array_size();
        const std::size_t step = chunks.at(0).last - chunks.at(0).first;
        for (std::size_t at = 0; at < chunks.size();) {
            const std::size_t base = chunks[at].first / step / most * most;
            std::vector<std::size_t> numbers;
            for (; at < chunks.size() && chunks[at].first / step < base + most; ++at) {
                numbers.push_back(chunks[at].first / step - base);
            }
            submit(ranges_of(numbers), base, step);
        }
    }

    bool is_busy() override
    {
        try {
            const std::string jobs = lab::joined(jobs_, ",");
            const bool some = !trimmed(output_of({"squeue", "-h", "-o", "%i", "-j", jobs})).empty();
            answered_ = Clock::now();
            return some;
        } catch (const std::runtime_error& error) {
            return may_still_run(error);
        }
    }

    void stop() override
    {
        for (const std::string& job : jobs_) {
            try {
                output_of({"scancel", job});
            } catch (const std::exception&) {
                continue; // it has ended
            }
        }
    }

private:
    using Clock = std::chrono::steady_clock;

    // A controller that is away for a while is no reason to give up; a job that it has forgotten
    // is. One that stays away is told: what is graded is kept, and the same command goes on.
    [[nodiscard]] bool may_still_run(const std::runtime_error& error) const
    {
        constexpr std::chrono::minutes patience{15};
        if (std::string(error.what()).find("Invalid job id") != std::string::npos) {
            return false;
        }
        if (Clock::now() - answered_ > patience) {
            throw std::runtime_error("Slurm has not answered for 15 minutes: " +
                                     std::string(error.what()));
        }
        return true;
    }

    static std::size_t max_array_size()
    {
        std::istringstream lines(output_of({"scontrol", "show", "config"}));
        constexpr std::size_t slurms_own = 1001;
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("MaxArraySize")) {
                return number_from(trimmed(line.substr(line.find('=') + 2)), slurms_own);
            }
        }
        return slurms_own;
    }

    void write_script() const
    {
        fs::create_directories(folder());
        harness::write_atomically(
            folder() / "task.sh",
            "#!/bin/sh\n# One chunk: BASE STEP; exec, so that Slurm's signals reach it.\n"
            "export PATH=/usr/local/bin:/usr/bin:/bin\n"
            "first=$((($1 + SLURM_ARRAY_TASK_ID) * $2))\nexec " +
                shell_quoted(request().program.string()) + " work " +
                shell_quoted(request().out.string()) + " $first $((first + $2)) --jobs 1\n");
    }

    void submit(const std::string& array, std::size_t base, std::size_t step)
    {
        // NONE would have each task wait for its user's login shell: nothing is there to be
        // exported.
        std::vector<std::string> command{"env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin"};
        if (const char* const configuration = std::getenv("SLURM_CONF")) {
            command.push_back(std::string("SLURM_CONF=") + configuration);
        }
        command.insert(command.end(),
                       {"sbatch", "--parsable", "--requeue", "--open-mode=append", "--export=ALL",
                        "--job-name=grade-class", "--cpus-per-task=1",
                        "--output=" + (folder() / "slurm-%A.log").string(), "--array=" + array});
        for (const std::string& word : harness::split_command(request().options)) {
            command.push_back(word);
        }
        command.insert(command.end(), {(folder() / "task.sh").string(), std::to_string(base),
                                       std::to_string(step)});
        const std::string job = trimmed(output_of(command));
        jobs_.push_back(job.substr(0, job.find(';')));
    }

    [[nodiscard]] fs::path folder() const { return request().out / "engine"; }

    std::vector<std::string> jobs_;
    Clock::time_point answered_ = Clock::now(); // the last time that Slurm did
};

} // namespace

std::unique_ptr<Engine> make_slurm_engine(const EngineRequest& request)
{
    return std::make_unique<SlurmEngine>(request);
}

} // namespace grading
